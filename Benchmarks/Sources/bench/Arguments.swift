import Foundation

/// The command line is not one that this program knows.
struct UsageError: Error, CustomStringConvertible {
    let description: String
}

/// What the command line asks for.
struct Arguments {
    var isQuick = false
    var json: URL?
    var baseline: URL?
    var writesBaseline = false
    var wantsHelp = false

    static let help = """
        usage: bench [--quick] [--json FILE] [--baseline FILE] [--write-baseline]

        Measures operations and models against their floor: the larger of arithmetic at the
        machine's measured GEMM rate and compulsory memory traffic at its measured copy rate.

          --quick           fewer repetitions; below 30 seconds on a quiet machine
          --json FILE       also write everything measured to FILE
          --baseline FILE   compare with the ratios in FILE; 'make bench' gives the committed one
          --write-baseline  write this run's ratios to the baseline; needs a run without --quick
        """

    init(_ words: [String]) throws(UsageError) {
        var rest = words[...]
        while let word = rest.popFirst() {
            switch word {
            case "--quick": isQuick = true
            case "--json": json = try Self.file(of: word, &rest)
            case "--baseline": baseline = try Self.file(of: word, &rest)
            case "--write-baseline": writesBaseline = true
            case "--help", "-h": wantsHelp = true
            default: throw UsageError(description: "unknown option \(word); try --help")
            }
        }
        guard writesBaseline else { return }
        if isQuick { throw UsageError(description: "--write-baseline needs a run without --quick") }
        if baseline == nil { throw UsageError(description: "--write-baseline needs --baseline") }
    }

    private static func file(
        of option: String, _ rest: inout ArraySlice<String>
    ) throws(UsageError) -> URL {
        guard let path = rest.popFirst(), !path.isEmpty, !path.hasPrefix("--") else {
            throw UsageError(description: "\(option): expected a file")
        }
        return URL(fileURLWithPath: path)
    }
}
