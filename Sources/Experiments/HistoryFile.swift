internal import Files
internal import Foundation
internal import Recommenders
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

/// Means of an epoch's losses over its examples: those of a short last batch count as all others.
///
/// What a batch has as a whole, such as a penalty, is a mean over batches.
struct LossTotals {
    private struct Total {
        let name: String
        let weight: Double
        var sum = 0.0
        var count = 0

        var mean: Double { count == 0 ? 0 : sum / Double(count) }
    }

    /// Tokens, ratings or users so far.
    private(set) var examples = 0
    /// In the order of their first coming: sums of other orders differ in the last digit.
    private var totals: [Total] = []

    mutating func add(_ loss: Loss, examples: Int) {
        self.examples += examples
        for term in loss.terms {
            let known = totals.firstIndex { $0.name == term.name }
            if known == nil { totals.append(Total(name: term.name, weight: term.weight)) }
            let place = known ?? totals.count - 1
            totals[place].sum += term.sum.item()
            totals[place].count += term.count
        }
    }

    /// What is minimised: the weighted sum of the means.
    var mean: Double { totals.reduce(0) { $0 + $1.weight * $1.mean } }

    /// The mean of each term, where there are several.
    var partMeans: [String: Double] {
        guard totals.count > 1 else { return [:] }
        return Dictionary(uniqueKeysWithValues: totals.map { ($0.name, $0.mean) })
    }
}
