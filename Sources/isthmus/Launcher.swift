import ArgumentParser
import Foundation
import Interactions

/// Parses the arguments, runs the command and turns what happens into an exit code.
enum Launcher {
    private static let failure: Int32 = 1
    private static let usage: Int32 = 2

    /// What the arguments ask for.
    enum Request {
        /// A command with its options.
        case command(any ParsableCommand)
        /// Text on standard output: a help screen or the version.
        case text(String)
        /// Text on standard error: what is wrong with the arguments.
        case misuse(String)
    }

    /// Runs the tool and returns its exit code; what could not be shown is a failure too.
    static func run(_ arguments: [String]) -> Int32 {
        let code = code(of: arguments)
        guard code == 0, let reason = Console.failure else { return code }
        Console.error(
            "standard output could not be written: \(reason); what was to be shown is lost from there on, files "
                + "that the command makes are whole")
        return failure
    }

    private static func code(of arguments: [String]) -> Int32 {
        if let problem = unreadableArgument() { return answer(.misuse("isthmus: \(problem)")) }
        switch parse(arguments) {
        case .command(var command):
            do {
                try command.run()
                return 0
            } catch {
                // A command without a body, such as the tool alone, asks for its help screen.
                guard isHelpRequest(error) else {
                    Console.error(Message.line(of: error))
                    return failure
                }
                return answer(request(for: error))
            }
        case let other: return answer(other)
        }
    }

    /// Parses the arguments without running anything.
    static func parse(_ arguments: [String]) -> Request {
        if let problem = unknownCommand(arguments) { return .misuse("isthmus: \(problem)") }
        do {
            return .command(try CommandLineTool.parseAsRoot(arguments.flatMap(parted)))
        } catch {
            return request(for: error)
        }
    }

    private static func request(for error: any Error) -> Request {
        let text = CommandLineTool.fullMessage(for: error)
        return isHelpRequest(error) ? .text(text) : .misuse(text)
    }

    private static func answer(_ request: Request) -> Int32 {
        switch request {
        case .command: return 0
        case .text(let text):
            Console.line(text)
            return 0
        case .misuse(let text):
            Console.errorText(text)
            return usage
        }
    }

    private static func isHelpRequest(_ error: any Error) -> Bool {
        CommandLineTool.exitCode(for: error).isSuccess
    }

    /// Two arguments of `--option=value` whose value begins with a mark, which joins the sign before it.
    ///
    /// The parser looks for the sign among characters and would not see it.
    private static func parted(_ argument: String) -> [String] {
        let scalars = argument.unicodeScalars
        guard argument.utf8.starts(with: "--".utf8), let sign = scalars.firstIndex(of: "="),
            argument.firstIndex(of: "=") != sign
        else { return [argument] }
        return [
            String(scalars[..<sign]), String(scalars[scalars.index(after: sign)...]),
        ]
    }

    /// What is wrong with an argument of bytes that are no text; the parser would get other characters in their place.
    private static func unreadableArgument() -> String? {
        for (index, argument) in CommandLine.arguments.enumerated().dropFirst() {
            guard let bytes = CommandLine.unsafeArgv[index],
                String(validatingCString: bytes) == nil
            else { continue }
            return
                "argument \(index) is not UTF-8: \(argument); ids, names and paths are UTF-8 text"
        }
        return nil
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
