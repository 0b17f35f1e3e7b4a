import Foundation
import Torch

/// The readings of one process: copies of one kind of file, one after the other.
struct Reading {
    /// A reading that takes longer hangs.
    static let secondsOfOne: UInt32 = 20
    /// What only the language or its libraries say.
    static let foreignWords = [
        "Error Domain", "NSCocoa", "NSPOSIX", "UserInfo", "DecodingError", "CodingKey", "Swift.",
        "Foundation", "typeMismatch", "keyNotFound", "dataCorrupted", "Optional(", "UInt64",
        "Int64", "Int32", "expected unknown", "could not be completed", "couldn’t be", "isn’t",
        "fatalError", "Index 0", "RunError", "YamlError", "c10::", "at::", ".cpp",
    ]

    private let options: Options
    private let kind: Kind
    private let corpus: Corpus
    private let work: Corpus
    private let original: [UInt8]

    init(_ options: Options, kind: Int, corpus: String) throws {
        self.options = options
        self.kind = Kind.all()[kind]
        self.corpus = Corpus(folder: URL(fileURLWithPath: corpus))
        work = Corpus(folder: URL(fileURLWithPath: "\(corpus)-\(getpid())"))
        original = [UInt8](try Data(contentsOf: self.corpus.path(self.kind.file)))
        Engine.threads = 1
    }

    /// Prints a line for each copy that is begun, and one for each error that is a bad one.
    func run(_ copies: Range<Int>) throws {
        try FileManager.default.copyItem(at: corpus.folder, to: work.folder)
        for copy in copies {
            try restore()
            var mutation = Mutation(numbers: numbers(of: copy))
            let bytes = mutation.apply(original, form: kind.form)
            try Data(bytes).write(to: work.path(kind.file))
            try? kind.reseal?(work)
            say("begin \(copy)")
            alarm(Self.secondsOfOne)
            do {
                try kind.read(work)
                alarm(0)
            } catch {
                alarm(0)
                if let problem = Self.problem(with: "\(error)") {
                    say(
                        "bad \(copy) \(problem): \("\(error)".prefix(400).replacing("\n", with: "⏎"))"
                    )
                }
            }
        }
        say("end")
        try? FileManager.default.removeItem(at: work.folder)
    }

    /// The numbers of a copy follow from the seed, the kind and its place alone.
    private func numbers(of copy: Int) -> SeededNumbers {
        let name = kind.name.utf8.reduce(UInt64(7)) { $0 &* 31 &+ UInt64($1) }
        return SeededNumbers(options.seed &* 1_000_003 &+ name &+ UInt64(copy) &* 7919)
    }

    private func restore() throws {
        guard let folder = kind.restored else { return }
        try? FileManager.default.removeItem(at: work.path(folder))
        try FileManager.default.copyItem(at: corpus.path(folder), to: work.path(folder))
    }

    static func problem(with text: String) -> String? {
        if text.contains(where: \.isNewline) { return "several lines" }
        if text.utf8.count > 700 { return "a very long line" }
        return foreignWords.first(where: text.contains).map { "says \($0)" }
    }

    private func say(_ line: String) {
        FileHandle.standardOutput.write(Data((line + "\n").utf8))
    }
}
