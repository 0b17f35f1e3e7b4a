public import ArgumentParser
public import Interactions

/// The name of an import format.
struct FormatName: ExpressibleByArgument {
    let name: String

    init?(argument: String) {
        guard ImportFormat.names.contains(argument) else { return nil }
        name = argument
    }

    static var allValueStrings: [String] { ImportFormat.names }

    /// The format, with the layout of delimited text where it needs one.
    func format(_ delimited: DelimitedOptions) -> ImportFormat {
        let fixed: [ImportFormat] = [.sequences, .amazonRatings, .movieLens, .recBole]
        return fixed.first { $0.name == name } ?? .delimited(delimited.format)
    }
}

/// `fail`, or `skip:N` for at most N malformed lines.
struct BadLines: ExpressibleByArgument, CustomStringConvertible {
    let policy: ImportOptions.BadLinePolicy

    static let fail = BadLines(policy: .fail)

    private init(policy: ImportOptions.BadLinePolicy) { self.policy = policy }

    init?(argument: String) {
        if argument == "fail" {
            policy = .fail
        } else if argument.hasPrefix("skip:"), let limit = Int(argument.dropFirst(5)), limit >= 0 {
            policy = .skip(limit: limit)
        } else {
            return nil
        }
    }

    var description: String {
        switch policy {
        case .fail: "fail"
        case .skip(let limit): "skip:\(limit)"
        }
    }
}

/// A domain and the genres that make an item one of its: `action=Action|Sci-Fi`, or `rest=*`.
struct GenreRule: ExpressibleByArgument {
    let domain: String
    let genres: [String]

    init?(argument: String) {
        let sides = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard sides.count == 2, !sides[0].isEmpty else { return nil }
        domain = String(sides[0])
        genres = sides[1].split(separator: "|").map(String.init)
        guard !genres.isEmpty else { return nil }
    }

    /// The rule that several of these make; nil without any.
    static func rule(
        _ rules: [GenreRule], several: CategoryRule.Several
    ) throws(ValidationError) -> CategoryRule? {
        guard !rules.isEmpty else { return nil }
        let rest = rules.filter { $0.genres == ["*"] }
        guard rest.count <= 1, Set(rules.map(\.domain)).count == rules.count else {
            throw ValidationError("--genres: expected each domain once, and * for one at most.")
        }
        return CategoryRule(
            rules.map { CategoryRule.Part(domain: $0.domain, categories: $0.genres) },
            several: several, none: rest.first.map { .domain($0.domain) } ?? .drop)
    }
}

extension CategoryRule.Several: ExpressibleByArgument {}
