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

extension UserGroup {
    /// Who or what is in a group, in words; nothing for a name that is none.
    public static func meaning(of name: String) -> String {
        switch UserGroup(rawValue: name) {
        case .all: "every case"
        case .warm: "people with earlier events in the domain"
        case .cold: "people who are new to the domain"
        case .overlapping: "people with earlier events in the domain and in another"
        case .few: "people with few earlier events in the domain"
        case .many: "people with more than few earlier events in the domain"
        case .new: "targets that the person did not have before"
        case .repeated: "targets that the person had before"
        case nil: ""
        }
    }
}
