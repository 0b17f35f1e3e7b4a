import ArgumentParser
import Foundation
import Interactions

/// Parses the arguments, runs the command and turns what happens into an exit code.
enum Launcher {
    private static let failure: Int32 = 1
    private static let usage: Int32 = 2

    /// Runs the tool and returns its exit code.
    static func run(_ arguments: [String]) -> Int32 {
        if let problem = unknownCommand(arguments) {
            Console.error(problem)
            return usage
        }
        var command: any ParsableCommand
        do {
            command = try CommandLineTool.parseAsRoot(arguments)
        } catch {
            return finish(error)
        }
        do {
            try command.run()
            return 0
        } catch {
            // A command without a body, such as the tool alone, asks for its help screen.
            if error is CleanExit || error is ValidationError || isHelpRequest(error) {
                return finish(error)
            }
            Console.error(Message.line(of: error))
            return failure
        }
    }

    /// Shows a help screen, the version, or what is wrong with the arguments.
    private static func finish(_ error: any Error) -> Int32 {
        let text = CommandLineTool.fullMessage(for: error)
        guard CommandLineTool.exitCode(for: error).isSuccess else {
            Console.errorText(text)
            return usage
        }
        Console.line(text)
        return 0
    }

    private static func isHelpRequest(_ error: any Error) -> Bool {
        CommandLineTool.exitCode(for: error).isSuccess
    }

    /// The parser takes an unknown command for a superfluous argument and suggests nothing.
    private static func unknownCommand(_ arguments: [String]) -> String? {
        guard let name = arguments.first, !name.hasPrefix("-") else { return nil }
        let known =
            CommandLineTool.configuration.subcommands.compactMap { $0.configuration.commandName }
            + ["help"]
        guard !known.contains(name) else { return nil }
        let hint =
            nearestName(to: name, in: known).map { "did you mean \($0)?" }
            ?? "known commands: \(known.joined(separator: ", "))"
        return "unknown command \(name); \(hint)"
    }
}
