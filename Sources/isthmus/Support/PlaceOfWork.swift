import Files
import Foundation

/// The name that work gives to what it makes, when all of it is there.
///
/// A signal can come after that and before the work's end; what is said then is read off the name.
struct PlaceOfWork: Sendable {
    private let url: URL
    /// The number that the file system gives to what had the name before.
    private let before: Int?

    /// To be made before the work begins.
    init(_ url: URL) {
        self.url = url
        before = Self.number(of: url)
    }

    /// Removes what is half made, and says what there is instead; `nothing` where that is nothing.
    func end(_ nothing: String) -> String {
        Unfinished.removeLeftovers(
            of: url.lastPathComponent, in: url.deletingLastPathComponent())
        guard let now = Self.number(of: url) else { return nothing }
        return now == before
            ? "\(nothing); what was there before is untouched" : "\(url.path) is whole"
    }

    private static func number(of url: URL) -> Int? {
        let attributes = try? FileManager.default.attributesOfItem(atPath: url.path)
        return (attributes?[.systemFileNumber] as? NSNumber)?.intValue
    }
}
