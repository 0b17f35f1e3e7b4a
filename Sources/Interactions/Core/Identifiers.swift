/// A person, numbered from 0 in the order of the dataset's user table.
public struct UserID: RawRepresentable, Hashable, Comparable, Codable, Sendable {
    /// The position in the dataset's user table.
    public let rawValue: Int32

    /// Wraps a position in the user table.
    public init(rawValue: Int32) { self.rawValue = rawValue }

    /// Orders users by position.
    public static func < (left: UserID, right: UserID) -> Bool { left.rawValue < right.rawValue }
}

/// An item, numbered from 1 over the items of all domains; each domain's items are contiguous.
public struct ItemID: RawRepresentable, Hashable, Comparable, Codable, Sendable {
    /// The id that stands for "no item".
    public static let padding = ItemID(rawValue: 0)

    /// The global number, 0 for padding.
    public let rawValue: Int32

    /// Wraps a global item number.
    public init(rawValue: Int32) { self.rawValue = rawValue }

    /// Orders items by global number.
    public static func < (left: ItemID, right: ItemID) -> Bool { left.rawValue < right.rawValue }
}

/// A domain, numbered from 0 in the order of the dataset's catalogs.
public struct DomainID: RawRepresentable, Hashable, Comparable, Codable, Sendable {
    /// The position among the dataset's catalogs.
    public let rawValue: Int

    /// Wraps a position among the catalogs.
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// Orders domains by position.
    public static func < (left: DomainID, right: DomainID) -> Bool {
        left.rawValue < right.rawValue
    }
}
