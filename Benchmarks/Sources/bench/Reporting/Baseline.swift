import Foundation

/// A baseline file cannot be used.
struct BaselineError: Error, CustomStringConvertible {
    let path: String
    let reason: String

    var description: String { "\(path): \(reason)" }
}

/// The ratios to the floor of an earlier run, by benchmark, and where it ran.
struct Baseline: Codable {
    let machine: String
    let threads: Int
    let libtorch: String
    let ratios: [String: Double]

    init(_ outcome: Outcome) {
        machine = outcome.machine
        threads = outcome.threads
        libtorch = outcome.libtorch
        // Two decimals are more than a repeated run keeps.
        ratios = Dictionary(
            uniqueKeysWithValues: outcome.rows.map { ($0.name, ($0.ratio * 100).rounded() / 100) })
    }

    /// Reads a file; nil if there is none yet.
    static func read(_ url: URL) throws(BaselineError) -> Baseline? {
        guard FileManager.default.fileExists(atPath: url.path) else { return nil }
        do {
            return try JSONDecoder().decode(Baseline.self, from: Data(contentsOf: url))
        } catch {
            throw BaselineError(path: url.path, reason: "no baseline: \(error)")
        }
    }
}
