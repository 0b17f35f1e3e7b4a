internal import Foundation
internal import Torch

/// The history of a run, one JSON line an epoch.
struct HistoryFile {
    private let url: URL

    /// Opens the file and cuts off what a killed run wrote after its last checkpoint.
    init(_ url: URL, bytes: UInt64) throws {
        self.url = url
        if !FileManager.default.fileExists(atPath: url.path) {
            try Data().write(to: url)
        }
        let handle = try FileHandle(forUpdating: url)
        defer { try? handle.close() }
        try handle.truncate(atOffset: bytes)
    }

    /// Appends a line and returns the length of the file.
    func append(_ entry: HistoryEntry) throws -> UInt64 {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let handle = try FileHandle(forWritingTo: url)
        defer { try? handle.close() }
        try handle.seekToEnd()
        try handle.write(contentsOf: encoder.encode(entry) + Data("\n".utf8))
        return try handle.offset()
    }
}

extension RunDirectory {
    /// The history of the run, one entry an epoch.
    public func historyEntries() throws -> [HistoryEntry] {
        guard let text = try? String(contentsOf: history, encoding: .utf8) else { return [] }
        return try text.split(separator: "\n").map {
            try JSONDecoder().decode(HistoryEntry.self, from: Data($0.utf8))
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
