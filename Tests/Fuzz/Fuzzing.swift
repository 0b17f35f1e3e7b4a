import Foundation

/// Divides the copies among kinds and processes and counts what went wrong.
final class Fuzzing {
    /// Copies of one process: enough that starting it costs little, few enough that a crash loses few.
    private static let part = 400

    private struct Count {
        var copies = 0
        var crashes = 0
        var hangs = 0
        var errors = 0
        var examples: [String] = []
    }

    private let options: Options
    /// Everything that is written, which goes at the end.
    private let folder: URL
    private let corpus: Corpus
    private let kinds: [(number: Int, kind: Kind)]
    private var counts: [String: Count] = [:]
    private var waiting: [(kind: Int, copies: Range<Int>)] = []

    init(_ options: Options) throws {
        self.options = options
        let memory = "/dev/shm"
        let place =
            FileManager.default.isWritableFile(atPath: memory)
            ? memory : FileManager.default.temporaryDirectory.path
        folder = URL(fileURLWithPath: "\(place)/isthmus-fuzz-\(getpid())")
        corpus = Corpus(folder: folder.appendingPathComponent("corpus"))
        let all = Kind.all()
        let names = Dictionary(grouping: all, by: \.name).filter { $0.value.count > 1 }.keys
        precondition(names.isEmpty, "fuzz: two kinds are called \(names.sorted())")
        kinds = all.enumerated().filter { $0.element.name.hasPrefix(options.kind) }
            .map { ($0.offset, $0.element) }
    }

    /// Whether nothing went wrong.
    func run() throws -> Bool {
        defer { try? FileManager.default.removeItem(at: folder) }
        try corpus.make()
        let unread = corpus.unread(by: Kind.all())
        guard unread.isEmpty else {
            print("fuzz: no kind reads \(unread.joined(separator: ", "))")
            return false
        }
        let each = max(options.copies / max(kinds.count, 1), 1)
        for first in stride(from: 0, to: each, by: Self.part) {
            for (number, kind) in kinds {
                counts[kind.name] = counts[kind.name] ?? Count()
                waiting.append((number, first..<min(first + Self.part, each)))
            }
        }
        let begin = Date()
        var running: [Child] = []
        while !waiting.isEmpty || !running.isEmpty {
            while running.count < options.jobs, let next = waiting.popLast() {
                running.append(try Child(options, next.kind, next.copies, corpus))
            }
            Thread.sleep(forTimeInterval: 0.02)
            for child in running where !child.process.isRunning { take(child) }
            running.removeAll { !$0.process.isRunning && $0.isTaken }
        }
        return report(seconds: Date().timeIntervalSince(begin))
    }

    /// Counts what a process said and lets the copies after the one it did not survive be read by another.
    private func take(_ child: Child) {
        let kind = Kind.all()[child.kind]
        var last: Int?
        var isEnded = false
        for line in child.lines() {
            let words = line.split(separator: " ", maxSplits: 2).map(String.init)
            switch words.first {
            case "begin":
                last = words.count > 1 ? Int(words[1]) : nil
                counts[kind.name]?.copies += 1
            case "bad":
                counts[kind.name]?.errors += 1
                keep(kind, "error, copy " + words.dropFirst().joined(separator: " "))
            case "end": isEnded = true
            default: break
            }
        }
        child.isTaken = true
        guard !isEnded else { return }
        let signal = child.process.terminationStatus
        let isHang = child.process.terminationReason == .uncaughtSignal && signal == SIGALRM
        if isHang { counts[kind.name]?.hangs += 1 } else { counts[kind.name]?.crashes += 1 }
        let copy = last ?? child.copies.lowerBound
        keep(
            kind,
            "\(isHang ? "hang" : "crash by \(signal)"), copy \(copy): \(child.lastError().prefix(300))"
        )
        if copy + 1 < child.copies.upperBound {
            waiting.append((child.kind, copy + 1..<child.copies.upperBound))
        }
    }

    private func keep(_ kind: Kind, _ example: String) {
        if let count = counts[kind.name]?.examples.count, count < 5 {
            counts[kind.name]?.examples.append(example)
        }
    }

    private func report(seconds: Double) -> Bool {
        var total = Count()
        for (_, kind) in kinds {
            guard let count = counts[kind.name] else { continue }
            print(
                "\(kind.name): \(count.copies) copies, \(count.crashes) crashes, \(count.hangs) hangs, "
                    + "\(count.errors) bad errors")
            for example in count.examples { print("    \(example)") }
            total.copies += count.copies
            total.crashes += count.crashes
            total.hangs += count.hangs
            total.errors += count.errors
        }
        print(
            "fuzz: \(total.copies) copies of \(kinds.count) kinds with seed \(options.seed) in "
                + "\(Int(seconds)) s: \(total.crashes) crashes, \(total.hangs) hangs, "
                + "\(total.errors) errors over one line or in foreign words")
        return total.copies > 0 && total.crashes + total.hangs + total.errors == 0
    }

}

/// A process that reads a part.
final class Child {
    let kind: Int
    let copies: Range<Int>
    let process = Process()
    var isTaken = false
    private let output: URL
    private let errors: URL

    init(_ options: Options, _ kind: Int, _ copies: Range<Int>, _ corpus: Corpus) throws {
        self.kind = kind
        self.copies = copies
        let stem = corpus.folder.path + "-\(kind)-\(copies.lowerBound)"
        output = URL(fileURLWithPath: stem + ".out")
        errors = URL(fileURLWithPath: stem + ".err")
        try Data().write(to: output)
        try Data().write(to: errors)
        // A reading that wants more than 12 GB does not get it.
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = [
            "-c", "ulimit -c 0; ulimit -v 12000000; exec \"$0\" \"$@\"",
            URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path, "--seed",
            "\(options.seed)", "--child", "\(kind)", "\(copies.lowerBound)",
            "\(copies.count)", corpus.folder.path,
        ]
        var environment = ProcessInfo.processInfo.environment
        environment["SWIFT_BACKTRACE"] = "enable=no"
        environment["OMP_NUM_THREADS"] = "1"
        process.environment = environment
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
    }

    func lines() -> [Substring] {
        String(decoding: (try? Data(contentsOf: output)) ?? Data(), as: UTF8.self)
            .split(separator: "\n")
    }

    func lastError() -> Substring {
        String(decoding: (try? Data(contentsOf: errors)) ?? Data(), as: UTF8.self)
            .split(separator: "\n").last ?? ""
    }
}
