import ArgumentParser
import Foundation

/// A path given on the command line.
struct FilePath: ExpressibleByArgument {
    /// The file or directory.
    let url: URL

    init?(argument: String) {
        guard !argument.isEmpty else { return nil }
        url = URL(fileURLWithPath: argument)
    }

    static var defaultCompletionKind: CompletionKind { .file() }
}
