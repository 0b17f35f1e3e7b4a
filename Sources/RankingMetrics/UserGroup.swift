/// The groups of users for which results are reported apart.
public enum UserGroup: String, Codable, Sendable, CaseIterable {
    /// Every case.
    case all

    /// Users with training events in the domain of the case.
    case warm

    /// Users without training events in the domain of the case.
    case cold

    /// Users with training events in more than one domain.
    case overlapping

    /// Warm users with few training events in the domain of the case.
    case few

    /// Warm users with more than few.
    case many
}
