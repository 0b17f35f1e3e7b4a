internal import Files
public import Foundation

/// What is true of a made-up dataset: the latent vectors of its users and items.
///
/// It lies in the dataset's folder `truth`, as raw little-endian numbers: `user-tastes.f32` (user,
/// domain, number) at the start of the time range, `user-tastes-last.f32` at its end where tastes
/// drift, `item-vectors.f32` (item, number) and `item-clusters.i32`, with the options in `truth.json`.
/// No model sees it.
public struct SimulationTruth: Sendable {
    static let folder = "truth"
    static let optionsFile = "truth.json"
    static let firstTastesFile = "user-tastes.f32"
    static let lastTastesFile = "user-tastes-last.f32"
    static let itemsFile = "item-vectors.f32"
    static let clustersFile = "item-clusters.i32"

    /// How the dataset was made.
    public let options: SimulationOptions
    private let firstTastes: Column<Float>
    private let lastTastes: Column<Float>?
    private let items: Column<Float>
    private let clusters: Column<Int32>

    /// Opens the truth of a dataset that ``Simulator`` made.
    public static func open(_ dataset: URL) throws(DatasetError) -> SimulationTruth {
        let folder = dataset.appendingPathComponent(Self.folder)
        let path = folder.appendingPathComponent(optionsFile).path
        guard FileManager.default.fileExists(atPath: path) else {
            throw .unreadable(path: path, reason: "no such file; only generated data has a truth")
        }
        let options: SimulationOptions
        do {
            options = try JSONFile.read(
                SimulationOptions.self, from: URL(fileURLWithPath: path))
        } catch {
            throw .invalid(path: path, reason: error.reason)
        }
        do {
            try options.check()
        } catch {
            throw .invalid(path: path, reason: error.description)
        }
        let file = DatasetDirectory(directory: folder)
        let size = options.tasteSize
        let tastes = options.users * options.domains.count * size
        return SimulationTruth(
            options: options, firstTastes: try file.column(firstTastesFile, count: tastes),
            lastTastes: options.drift > 0
                ? try file.column(lastTastesFile, count: tastes) : nil,
            items: try file.column(itemsFile, count: options.itemCount * size),
            clusters: try file.column(clustersFile, count: options.itemCount))
    }

    static func write(_ options: SimulationOptions, to folder: URL) throws(ImportError) {
        do {
            try JSONFile.write(options, to: folder.appendingPathComponent(optionsFile))
        } catch {
            throw .unwritable(path: error.path, reason: error.reason)
        }
    }

    /// A user's taste in a domain at a share of the time range, 0 for its start and 1 for its end.
    public func taste(of user: UserID, in domain: DomainID, at share: Double = 0) -> [Float] {
        let size = options.tasteSize
        let start = (Int(user.rawValue) * options.domains.count + domain.rawValue) * size
        let first = Array(firstTastes[start..<start + size])
        guard let lastTastes, share > 0 else { return first }
        // The taste at the end is a mixture too; the other taste in it follows from that.
        let (keptAtEnd, newAtEnd) = UserGenerator.mixture(options.drift)
        let (kept, new) = UserGenerator.mixture(options.drift * share)
        return zip(first, lastTastes[start..<start + size]).map { first, last in
            kept * first + new * (last - keptAtEnd * first) / newAtEnd
        }
    }

    /// An item's latent vector, of length 1.
    public func vector(of item: ItemID) -> [Float] {
        let start = Int(item.rawValue - 1) * options.tasteSize
        return Array(items[start..<start + options.tasteSize])
    }

    /// The group of similar items that an item is in, the same number in every domain.
    public func cluster(of item: ItemID) -> Int { Int(clusters[Int(item.rawValue - 1)]) }

    /// How much a user likes an item of a domain: the inner product of taste and latent vector.
    public func affinity(
        of user: UserID, to item: ItemID, in domain: DomainID, at share: Double = 0
    ) -> Float {
        zip(taste(of: user, in: domain, at: share), vector(of: item)).reduce(0) {
            $0 + $1.0 * $1.1
        }
    }
}
