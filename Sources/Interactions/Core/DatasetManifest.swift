/// What `dataset.json` says: how the dataset came about and what is in it.
///
/// It holds no time, machine or absolute path, so that the same sources and options give the same
/// bytes and the same checksum everywhere.
public struct DatasetManifest: Codable, Sendable, Equatable {
    /// The version of the directory's layout that this library writes and reads.
    public static let currentFormatVersion = 2

    /// The version of the directory's layout.
    public var formatVersion: Int
    /// The reader that made the dataset, such as `amazon-ratings`.
    public var reader: String
    /// The domains in the order of their item ids.
    public var domains: [DomainCounts]
    /// The number of users.
    public var users: Int
    /// The number of items over all domains.
    public var items: Int
    /// The number of events.
    public var events: Int
    /// Whether the source has times; without them ``tieOrder`` alone orders a user's events.
    public var hasTimes: Bool
    /// Whether any event has a rating.
    public var hasRatings: Bool
    /// Whether any event has a behaviour.
    public var hasBehaviours: Bool
    /// The users whose events did not stand in time order within a source.
    public var reorderedUsers: Int
    /// How events of one user and one time are ordered.
    public var tieOrder: TieOrder
    /// The files that were read.
    public var sources: [SourceFile]
    /// The filters in the order in which they were applied.
    public var filters: [FilterStep]
    /// The data files of the dataset.
    public var files: [StoredFile]
    /// The checksum over all data files.
    public var checksum: String
    /// The sets of precomputed item vectors; nil in a dataset without any.
    public var vectors: [VectorSet]?
    /// What the import has to say beside the counts; what is of one file stands with the file.
    public var notes: [Note] = []

    /// How events of one user and one time (all of a user where there are no times) are ordered.
    public enum TieOrder: String, Codable, Sendable {
        /// As whoever made the dataset gave them.
        case given
        /// Events of one file in the order of its lines. Which file comes first is drawn for each user and time by a
        /// hash of the user's id, the time and the file's key: its domain's name where it is of one domain, else
        /// its name. So neither the order of the files nor any domain is preferred.
        case linesThenHash = "lines-then-hash"
    }

    /// Something that was assumed or left out, in words with its count.
    public struct Note: Codable, Sendable, Equatable {
        /// A short name that does not change between versions.
        public var code: String
        /// One sentence.
        public var text: String

        /// The code that says that, without times, which file comes first was drawn for each user.
        static let drawnFiles = "drawn-files"
    }

    /// Counts of one domain.
    public struct DomainCounts: Codable, Sendable, Equatable {
        /// The domain's name.
        public var name: String
        /// The number of items.
        public var items: Int
        /// The number of users with at least one event.
        public var users: Int
        /// The number of events.
        public var events: Int
    }

    /// A file that the import read.
    public struct SourceFile: Codable, Sendable, Equatable {
        /// The file's name without its folder.
        public var name: String
        /// The file's size.
        public var bytes: Int
        /// The checksum of its bytes.
        public var checksum: String
        /// The events (or items) taken from it.
        public var rows: Int
        /// The lines that were malformed and skipped.
        public var skippedLines: Int
        /// The events whose item is in none of the domains.
        public var rowsOutsideDomains: Int
        /// How the file's times are written, such as `milliseconds`; nil for a file without times.
        public var timeFormat: String?
        /// The first of the skipped lines.
        public var skippedExamples: [SkippedLine] = []
        /// What was assumed or left out.
        public var notes: [Note] = []
    }

    /// A line that was malformed and skipped.
    public struct SkippedLine: Codable, Sendable, Equatable {
        /// Its number, from 1.
        public var line: Int
        /// What is wrong with it.
        public var reason: String
    }

    /// A filter and what was left after it.
    public struct FilterStep: Codable, Sendable, Equatable {
        /// The filter.
        public var filter: Filter
        /// The events left.
        public var events: Int
        /// The users left that have an event.
        public var users: Int
        /// The items left that have an event.
        public var items: Int
    }

    /// Precomputed vectors of one domain's items.
    public struct VectorSet: Codable, Sendable, Equatable {
        /// The set's name, such as `image`.
        public var name: String
        /// The domain's name.
        public var domain: String
        /// The numbers in a vector.
        public var width: Int
        /// The items that have a vector.
        public var vectors: Int
        /// The file with a row of float32 for each item; nil in a dataset in memory.
        public var rowsFile: String?
        /// The file with a byte for each item, 1 where it has a vector; nil in a dataset in memory.
        public var presenceFile: String?
    }

    /// A data file of the dataset.
    public struct StoredFile: Codable, Sendable, Equatable {
        /// The file's name in the dataset's directory.
        public var name: String
        /// The file's size.
        public var bytes: Int
        /// The checksum of its bytes.
        public var checksum: String
    }

    /// The checksum over all data files as the manifest lists them.
    package var totalChecksum: String { Self.totalChecksum(of: files) }

    /// The checksum over a list of data files: of their names, sizes and checksums, in order.
    static func totalChecksum(of files: [StoredFile]) -> String {
        var sum = Checksum()
        for file in files { sum.update("\(file.name) \(file.bytes) \(file.checksum)\n") }
        return sum.text
    }
}
