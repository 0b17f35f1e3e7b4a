internal import Files
internal import Foundation
internal import Torch

/// The history of a run, one JSON line an epoch: a copy, for people and programs, of what the checkpoint knows.
struct HistoryFile {
    private let url: URL

    /// Writes the file anew where it is not what a checkpoint knows; what a killed run wrote more is cut off.
    init(_ url: URL, _ entries: [HistoryEntry]) throws(RunError) {
        self.url = url
        var known = Data()
        for entry in entries { known += try Self.line(entry) }
        if (try? FileReading.data(url)) != known { try RunFile.write(known, to: url) }
    }

    /// How many of the entries the file lacks or has damaged.
    ///
    /// The last line may lack: a run can be killed between the checkpoint and the line.
    static func lost(_ url: URL, of entries: [HistoryEntry]) -> Int {
        let lines = ((try? FileReading.data(url)) ?? Data()).split(separator: UInt8(ascii: "\n"))
        let whole = entries.enumerated().count { place, entry in
            lines.indices.contains(place) && (try? line(entry).dropLast()) == Data(lines[place])
        }
        let lost = entries.count - whole
        return lost == 1 && lines.count == entries.count - 1 ? 0 : lost
    }

    /// Appends a line.
    func append(_ entry: HistoryEntry) throws(RunError) {
        do {
            let handle = try FileHandle(forWritingTo: url)
            defer { try? handle.close() }
            try handle.seekToEnd()
            try handle.write(contentsOf: Self.line(entry))
        } catch {
            throw .unwritable(path: url.path, reason: SystemError.reason(of: error))
        }
    }

    /// The lines of a file that can be read.
    static func entries(_ url: URL) -> [HistoryEntry] { read(url).entries }

    /// Whether the file is there and each of its lines can be read.
    static func isWhole(_ url: URL) -> Bool { read(url).isWhole }

    private static func read(_ url: URL) -> (entries: [HistoryEntry], isWhole: Bool) {
        guard let data = try? FileReading.data(url) else { return ([], false) }
        let lines = data.split(separator: UInt8(ascii: "\n"))
        let entries = lines.compactMap { (line) -> HistoryEntry? in
            let entry = try? JSONFile.decoder().decode(HistoryEntry.self, from: Data(line))
            guard let entry, RunManifest.possibleSeconds.contains(entry.seconds),
                RunManifest.possibleSeconds.contains(entry.validationSeconds)
            else { return nil }
            return entry
        }
        return (entries, entries.count == lines.count)
    }

    private static func line(_ entry: HistoryEntry) throws(RunError) -> Data {
        do {
            return try JSONFile.encoder().encode(entry) + Data("\n".utf8)
        } catch {
            throw .unwritable(path: "history.jsonl", reason: "an epoch cannot be made JSON")
        }
    }
}

/// Means of an epoch's losses over its examples: a step weighs as many as it had, so that a short last batch weighs
/// less than a whole one.
///
/// Examples are what a loss is a mean over: predicted tokens of sequences, ratings, or users. Where a model averages by
/// row or by domain first, the mean is over batches that weigh as many tokens as they have.
struct LossTotals {
    private(set) var examples = 0
    private var sum = 0.0
    private var parts: [String: (sum: Double, examples: Int)] = [:]

    mutating func add(
        _ value: Double, _ parts: [(name: String, value: Tensor)], examples: Int
    ) {
        self.examples += examples
        sum += value * Double(examples)
        for part in parts {
            let before = self.parts[part.name] ?? (0, 0)
            self.parts[part.name] = (
                before.sum + part.value.item() * Double(examples), before.examples + examples
            )
        }
    }

    var mean: Double { examples == 0 ? 0 : sum / Double(examples) }
    /// Of the steps that have the part.
    var partMeans: [String: Double] { parts.mapValues { $0.sum / Double($0.examples) } }
}
