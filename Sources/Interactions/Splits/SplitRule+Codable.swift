extension SplitRule: Codable {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case kind, train, validation, test, target, share, validationShare

        /// The keys that a kind of rule has beside `kind`.
        static func keys(of kind: String) -> [CodingKeys] {
            switch kind {
            case "ratio": [.train, .validation]
            case "time-cut", "time-points": [.validation, .test]
            case "cold-users": [.target, .share, .validationShare]
            default: []
            }
        }
    }

    private struct AnyKey: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    /// Decodes the name of a kind without numbers, or an object with `kind` and the kind's numbers.
    public init(from decoder: any Decoder) throws {
        if let name = try? decoder.singleValueContainer().decode(String.self) {
            try self.init(kind: name, from: nil, codingPath: decoder.codingPath)
            return
        }
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let kind = try container.decode(String.self, forKey: .kind)
        let allowed = ["kind"] + CodingKeys.keys(of: kind).map(\.rawValue)
        for key in try decoder.container(keyedBy: AnyKey.self).allKeys
        where SplitRule.kinds.contains(kind) && !allowed.contains(key.stringValue) {
            let hint =
                nearestName(to: key.stringValue, in: allowed)
                .map { "did you mean \"\($0)\"?" } ?? "known are \(allowed.joined(separator: ", "))"
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "split \(kind): unknown key \"\(key.stringValue)\"; \(hint)"))
        }
        try self.init(kind: kind, from: container, codingPath: decoder.codingPath)
    }

    private init(
        kind: String, from container: KeyedDecodingContainer<CodingKeys>?,
        codingPath: [any CodingKey]
    ) throws {
        func value<Value: Decodable>(_ key: CodingKeys) throws -> Value {
            guard let container else {
                throw DecodingError.dataCorrupted(
                    .init(
                        codingPath: codingPath,
                        debugDescription: "split \(kind): expected an object with "
                            + CodingKeys.keys(of: kind).map(\.rawValue).joined(separator: ", ")
                            + ", as {kind: \(kind), \(key.rawValue): …}"))
            }
            do {
                return try container.decode(Value.self, forKey: key)
            } catch DecodingError.keyNotFound {
                let keys = CodingKeys.keys(of: kind).map(\.rawValue).joined(separator: ", ")
                throw DecodingError.dataCorrupted(
                    .init(
                        codingPath: codingPath,
                        debugDescription:
                            "split \(kind): \(key.rawValue) is missing; it has \(keys)"))
            } catch DecodingError.dataCorrupted(let context) {
                throw DecodingError.dataCorrupted(
                    .init(
                        codingPath: codingPath,
                        debugDescription:
                            "split \(kind): \(key.rawValue): \(context.debugDescription)"))
            } catch is DecodingError {
                throw DecodingError.dataCorrupted(
                    .init(
                        codingPath: codingPath,
                        debugDescription: "split \(kind): \(key.rawValue): expected "
                            + (Value.self == String.self ? "a name" : "a number")))
            }
        }
        switch kind {
        case "leave-one-out": self = .leaveOneOut
        case "leave-one-out-per-domain": self = .leaveOneOutPerDomain
        case "ratio":
            self = .ratio(train: try value(.train), validation: try value(.validation))
        case "time-cut":
            self = .timeCut(validation: try value(.validation), test: try value(.test))
        case "time-points":
            self = .timePoints(validation: try value(.validation), test: try value(.test))
        case "cold-users":
            self = .coldUsers(
                target: try value(.target), share: try value(.share),
                validationShare: try value(.validationShare))
        default:
            let hint =
                nearestName(to: kind, in: SplitRule.kinds).map { "did you mean \"\($0)\"?" }
                ?? "known are \(SplitRule.kinds.joined(separator: ", "))"
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: codingPath,
                    debugDescription: "unknown split \"\(kind)\"; \(hint)"))
        }
    }

    /// Encodes an object with `kind` and the kind's numbers.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(kind, forKey: .kind)
        switch self {
        case .leaveOneOut, .leaveOneOutPerDomain: break
        case .ratio(let train, let validation):
            try container.encode(train, forKey: .train)
            try container.encode(validation, forKey: .validation)
        case .timeCut(let validation, let test):
            try container.encode(validation, forKey: .validation)
            try container.encode(test, forKey: .test)
        case .timePoints(let validation, let test):
            try container.encode(validation, forKey: .validation)
            try container.encode(test, forKey: .test)
        case .coldUsers(let target, let share, let validationShare):
            try container.encode(target, forKey: .target)
            try container.encode(share, forKey: .share)
            try container.encode(validationShare, forKey: .validationShare)
        }
    }
}
