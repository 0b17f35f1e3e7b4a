/// The groups of users for which results are reported apart.
public enum UserGroup: String, Codable, Sendable, CaseIterable {
    /// Every case.
    case all

    /// Users with earlier events in the domain of the case.
    case warm

    /// Users without earlier events in the domain of the case.
    case cold

    /// Users with earlier events in the domain of the case and in another.
    case overlapping

    /// Warm users with few earlier events in the domain of the case.
    case few

    /// Warm users with more than few.
    case many

    /// Users whose history does not hold the item of the case.
    case new

    /// Users whose history holds it already.
    case repeated = "repeat"
}
