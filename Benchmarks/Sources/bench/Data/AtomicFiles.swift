import Foundation
import Interactions

/// Writes a dataset in the layouts that other programs read.
enum AtomicFiles {
    /// `sequences.txt`, `items.json` and `users.json`, as ABXI's authors publish theirs.
    static func writeSequences(_ dataset: Dataset, to folder: URL) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        var items: [String: [Int]] = [:]
        for (domain, catalog) in dataset.catalogs.enumerated() {
            for item in catalog.itemRange {
                let id = ItemID(rawValue: item)
                items[catalog.externalID(of: id)] = [Int(item), domain]
            }
        }
        var users: [String: Int] = [:]
        var lines: [String] = []
        for user in 0..<dataset.userCount {
            users[dataset.users.externalID(of: UserID(rawValue: Int32(user)))] = user
            let events = dataset.events(of: UserID(rawValue: Int32(user)))
            let pairs = events.map { "\(dataset.items[$0])|\(dataset.times[$0])" }
            lines.append("\(user) " + pairs.joined(separator: " ") + "\n")
        }
        try write(json: items, to: folder.appendingPathComponent("items.json"))
        try write(json: users, to: folder.appendingPathComponent("users.json"))
        try Data(lines.joined().utf8).write(to: folder.appendingPathComponent("sequences.txt"))
    }

    /// RecBole's `NAME/NAME.inter` with the latest events of each user; the time is the place in the history.
    ///
    /// Equal times would let the order of events differ between programs.
    static func writeInteractions(
        _ dataset: Dataset, latest: Int, name: String, in folder: URL
    ) throws {
        let home = folder.appendingPathComponent(name)
        try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
        var lines = ["user_id:token\titem_id:token\ttimestamp:float\n"]
        for user in 0..<Int32(dataset.userCount) {
            let events = dataset.events(of: UserID(rawValue: user)).suffix(latest)
            for (place, event) in events.enumerated() {
                lines.append("u\(user)\ti\(dataset.items[event])\t\(place)\n")
            }
        }
        try Data(lines.joined().utf8).write(to: home.appendingPathComponent("\(name).inter"))
    }
}
