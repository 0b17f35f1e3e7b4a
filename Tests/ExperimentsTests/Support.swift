import Experiments
import Foundation
import Interactions
import Recommenders
import Testing
import Torch
import TorchNN

/// A folder that is removed when the test is over.
final class TemporaryFolder: Sendable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory
            .appendingPathComponent("isthmus-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: url)
    }

    func run(_ name: String) -> RunDirectory { RunDirectory(url.appendingPathComponent(name)) }
}

/// Two domains whose items follow one another in cycles, so that there is something to learn.
///
/// Every user walks through both domains; ratings are 1 to 5 by item and user.
func cyclicDataset(users: Int = 40, length: Int = 12, itemsPerDomain: Int = 15) throws -> Dataset {
    let catalogs = ["books", "films"].enumerated().map { index, name in
        Catalog(
            name: name, firstItem: ItemID(rawValue: Int32(index * itemsPerDomain + 1)),
            externalIDs: (0..<itemsPerDomain).map { String(format: "\(name)-%02d", $0) },
            titles: (0..<itemsPerDomain).map { "The \(name) number \($0)" })
    }
    var stream = RandomStream(seed: 7, name: "cyclic")
    var events: [Event] = []
    for user in 0..<users {
        var places = (0..<2).map { _ in stream.uniform(below: itemsPerDomain) }
        for step in 0..<length + stream.uniform(below: 5) {
            let domain = stream.uniform(below: 2)
            places[domain] = (places[domain] + 1 + domain) % itemsPerDomain
            events.append(
                Event(
                    user: UserID(rawValue: Int32(user)),
                    item: ItemID(rawValue: Int32(domain * itemsPerDomain + places[domain] + 1)),
                    time: Int64(step) * Dataset.ticksPerSecond,
                    rating: Float(1 + (user + places[domain]) % 5)))
        }
    }
    return try Dataset(catalogs: catalogs, users: (0..<users).map { "user-\($0)" }, events: events)
}

/// A dataset of each user's items in order of time; the domains share the items' numbers out from 1 on.
func dataset(
    of rows: [[Int32]], domains: [(name: String, items: Int)],
    time: (_ user: Int, _ step: Int) -> Int64 = { Int64($1) },
    rating: (_ user: Int, _ step: Int) -> Float? = { _, _ in nil }
) throws -> Dataset {
    var catalogs: [Catalog] = []
    for (name, items) in domains {
        let before = catalogs.reduce(0) { $0 + $1.count }
        catalogs.append(
            Catalog(
                name: name, firstItem: ItemID(rawValue: Int32(before + 1)),
                externalIDs: (0..<items).map { "\(name)\($0)" }))
    }
    let events = rows.enumerated().flatMap { user, items in
        items.enumerated().map { step, item in
            Event(
                user: UserID(rawValue: Int32(user)), item: ItemID(rawValue: item),
                time: time(user, step), rating: rating(user, step))
        }
    }
    return try Dataset(catalogs: catalogs, users: rows.indices.map { "u\($0)" }, events: events)
}

let tinySASRec = """
    model: sasrec
    parameters: {embeddingSize: 8, layers: 1, heads: 2, innerSize: 16, hiddenDropout: 0.2}
    training: {epochs: 4, batchSize: 16, optimizer: {learningRate: 0.01}}
    seed: 3
    """

/// The optimizer has state of each row, and batches do not use every row.
let tinyRowSparse = """
    model: abxi
    parameters:
      {embeddingSize: 8, innerSize: 12, domainRank: 2, invariantRank: 2, softmax: shared, negatives: 3}
    training:
      epochs: 3
      batchSize: 4
      optimizer: {learningRate: 0.01, weightDecay: 0.1, rowSparse: true}
    seed: 6
    """

/// Phases of one epoch before those that are validated.
let tinyTriCDR = """
    model: tri-cdr
    parameters: {embeddingSize: 8, blocks: 1, attentionSize: 6, attentionInnerSize: 4, pretrainingEpochs: 1}
    training:
      epochs: 2
      batchSize: 16
      optimizer: {learningRate: 0.01}
      schedule: {kind: exponential, factor: 0.9}
    seed: 8
    """

let tinyABXI = """
    model: abxi
    parameters:
      embeddingSize: 8
      innerSize: 12
      domainRank: 2
      invariantRank: 2
      negatives: 4
      dropout: 0.3
      gca: {stages: [0, 2]}
    training:
      epochs: 5
      batchSize: 16
      optimizer: {learningRate: 0.01, weightDecay: 0.1}
      schedule: {kind: plateau, warmupEpochs: 2, patience: 1}
      clipNorm: 1
    evaluation: {preset: custom, candidates: "sampled:4"}
    seed: 5
    """
