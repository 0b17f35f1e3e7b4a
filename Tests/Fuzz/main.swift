import Foundation

// Reads mutated copies of every kind of file that Isthmus reads and counts crashes, hangs and errors that nobody could
// act on. The readings happen in processes of their own, in parts: one that ends by a signal ends its part alone, and what
// it read last is known.
//
//     fuzz [--copies 100000] [--seed 1] [--jobs 2] [--kind BEGINNING-OF-A-NAME]

struct Options {
    var copies = 100_000
    var seed: UInt64 = 1
    var jobs = 2
    var kind = ""
    /// For a process that reads: its kind's number, its copies and its corpus.
    var child: (kind: Int, copies: Range<Int>, corpus: String)?

    init(_ arguments: [String]) {
        var rest = arguments[...]
        func number(_ text: String?) -> Int { text.flatMap { Int($0) } ?? 0 }
        while let option = rest.popFirst() {
            let value = rest.popFirst()
            switch option {
            case "--copies": copies = number(value)
            case "--seed": seed = UInt64(number(value))
            case "--jobs": jobs = max(number(value), 1)
            case "--kind": kind = value ?? ""
            case "--child":
                let first = number(rest.popFirst())
                let count = number(rest.popFirst())
                child = (number(value), first..<first + count, rest.popFirst() ?? "")
            default:
                FileHandle.standardError.write(Data("fuzz: unknown option \(option)\n".utf8))
                exit(2)
            }
        }
    }
}

let options = Options(Array(CommandLine.arguments.dropFirst()))
do {
    if let child = options.child {
        try Reading(options, kind: child.kind, corpus: child.corpus).run(child.copies)
    } else {
        exit(try Fuzzing(options).run() ? 0 : 1)
    }
} catch {
    FileHandle.standardError.write(Data("fuzz: \(error)\n".utf8))
    exit(2)
}
