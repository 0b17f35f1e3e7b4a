import Foundation

/// The command line is not one that this program knows.
struct UsageError: Error, CustomStringConvertible {
    let description: String
}

/// What the command line asks for.
struct Arguments {
    var isQuick = false
    var isLarge = false
    var measuresWholeEpochs = false
    var measuresOnlyPeers = false
    var writesBaseline = false
    var wantsHelp = false
    /// A part of the names of the rows that are measured; empty measures all.
    var only = ""
    private var files: [String: String] = [:]

    /// The options that take a file or folder.
    private static let fileOptions = [
        "--json", "--baseline", "--experiments", "--food-kitchen", "--movielens", "--peer-python",
        "--peer-abxi", "--peer-recbole", "--peer-drivers",
    ]

    static let help = """
        usage: bench [--quick] [--large] [--json FILE] [--baseline FILE] [--write-baseline]
                     [--experiments FOLDER] [--food-kitchen FOLDER] [--movielens FOLDER]
                     [--peer-python FILE [--peer-abxi FOLDER] [--peer-recbole FOLDER|installed]]
                     [--peer-drivers FOLDER] [--whole-epochs] [--only-peers] [--only TEXT]

        Measures operations and models against their floor: the larger of arithmetic at the
        machine's measured GEMM rate and compulsory memory traffic at its measured copy rate.

          --quick              fewer repetitions, parts of epochs, 1,000 cases
          --large              also import 20 million ratings: 1 GB of disk
          --json FILE          also write everything measured to FILE
          --baseline FILE      compare with the ratios in FILE; 'make bench' gives the committed one
          --write-baseline     write this run's ratios to the baseline; needs a run without --quick
          --experiments FOLDER the experiments that are measured; by default ./experiments
          --food-kitchen FOLDER  Food-Kitchen's sequences.txt, items.json and users.json
          --movielens FOLDER   MovieLens-1M's ml-1m.inter; synthetic data of the same size without
          --peer-python FILE   a Python with torch; with polars beside it, --large times polars too
          --peer-abxi FOLDER   the ABXI authors' code, timed in turn with ours
          --peer-recbole FOLDER  RecBole's code, or 'installed'; its SASRec is timed in turn with ours
          --peer-drivers FOLDER  the scripts that drive them; by default ./tools/peers
          --whole-epochs       time whole epochs of the peers, not 5 steps after 3 others
          --only-peers         leave out everything but peers, and the import with --large
          --only TEXT          measure only rows whose names contain TEXT
        """

    init(_ words: [String]) throws(UsageError) {
        var rest = words[...]
        while let word = rest.popFirst() {
            switch word {
            case "--quick": isQuick = true
            case "--large": isLarge = true
            case "--whole-epochs": measuresWholeEpochs = true
            case "--only-peers": measuresOnlyPeers = true
            case "--write-baseline": writesBaseline = true
            case "--help", "-h": wantsHelp = true
            case "--only":
                guard let text = rest.popFirst() else {
                    throw UsageError(description: "--only: expected a part of a row's name")
                }
                only = text
            case _ where Self.fileOptions.contains(word):
                guard let path = rest.popFirst(), !path.isEmpty, !path.hasPrefix("--") else {
                    throw UsageError(description: "\(word): expected a file or folder")
                }
                files[word] = path
            default: throw UsageError(description: "unknown option \(word); try --help")
            }
        }
        let needsPython = file("--peer-abxi") != nil || files["--peer-recbole"] != nil
        if needsPython && file("--peer-python") == nil {
            throw UsageError(description: "peers need --peer-python")
        }
        guard writesBaseline else { return }
        if measuresOnlyPeers {
            throw UsageError(description: "--write-baseline needs a run without --only-peers")
        }
        if isQuick { throw UsageError(description: "--write-baseline needs a run without --quick") }
        if !only.isEmpty {
            throw UsageError(description: "--write-baseline needs a run without --only")
        }
        if baseline == nil { throw UsageError(description: "--write-baseline needs --baseline") }
    }

    /// Whether a row is asked for.
    func measures(_ benchmark: Benchmark) -> Bool {
        only.isEmpty || benchmark.name.contains(only)
    }

    private func file(_ option: String) -> URL? {
        files[option].map { URL(fileURLWithPath: $0) }
    }

    var json: URL? { file("--json") }
    var baseline: URL? { file("--baseline") }
    var experiments: URL { file("--experiments") ?? URL(fileURLWithPath: "experiments") }
    var foodKitchen: URL? { file("--food-kitchen") }
    var movieLens: URL? { file("--movielens") }

    var peers: Peers {
        let recBole = files["--peer-recbole"]
        return Peers(
            python: file("--peer-python"), abxi: file("--peer-abxi"),
            recBole: recBole == "installed" ? nil : file("--peer-recbole"),
            hasRecBole: recBole != nil,
            drivers: file("--peer-drivers") ?? URL(fileURLWithPath: "tools/peers"),
            extent: EpochExtent(
                warmup: measuresWholeEpochs ? 0 : 3, timed: measuresWholeEpochs ? nil : 5))
    }
}
