import Foundation

extension DatasetReport: CustomStringConvertible {
    /// The report as a person reads it on a terminal.
    public var description: String {
        var lines = [
            "\(counted(events, "event")), \(counted(users, "user")), \(counted(items, "item")), checksum \(checksum)",
            "",
        ]
        lines += Self.table(
            header: ["domain", "items", "users", "only here", "events", "from", "to"],
            rows: domains.map { domain in
                [
                    domain.name, "\(domain.items)", "\(domain.users)", "\(domain.usersOnlyHere)",
                    "\(domain.events)", Self.day(domain.firstTime), Self.day(domain.lastTime),
                ]
            })
        if !overlaps.isEmpty {
            lines.append("")
            lines += Self.table(
                header: ["domains", "shared users", "shared item ids"],
                rows: overlaps.map { ["\($0.first), \($0.second)", "\($0.users)", "\($0.items)"] })
        }
        if !vectors.isEmpty {
            lines.append("")
            lines += Self.table(
                header: ["vectors", "domain", "width", "items with one", "without"],
                rows: vectors.map {
                    [$0.name, $0.domain, "\($0.width)", "\($0.items)", "\($0.missing)"]
                })
        }
        let mean = (lengths.mean * 100).rounded() / 100
        lines += [
            "",
            "events a user: mean \(mean), minimum \(lengths.minimum), quartiles "
                + "\(lengths.quarter) \(lengths.median) \(lengths.threeQuarters), "
                + "95 % \(lengths.ninetyFive), maximum \(lengths.maximum)",
        ]
        let tied = domains.reduce(0) { $0 + $1.tiedEvents }
        // Without times all events of a person are of one, which the note of it says.
        let hasTimes = domains.contains { $0.firstTime != nil }
        if hasTimes, tied + ties.eventsAcrossDomains > 0 {
            lines.append(
                "events of the same person and time: \(tied) within a domain, "
                    + "\(ties.eventsAcrossDomains) across domains; the last event is one of them for "
                    + "\(ties.lastEvents) of \(users) users, across domains for "
                    + "\(ties.lastEventsAcrossDomains)")
        }
        lines += findings.map { "\($0.severity.rawValue): \($0.message) [\($0.code)]" }
        return lines.joined(separator: "\n")
    }

    private static func day(_ time: Int64?) -> String {
        guard let time else { return "-" }
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withFullDate]
        return formatter.string(from: Date(timeIntervalSince1970: Double(time)))
    }

    /// Columns padded to their widest cell, the first to the left and the others to the right.
    private static func table(header: [String], rows: [[String]]) -> [String] {
        let all = [header] + rows
        let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.map { row in
            row.indices.map { column in
                let space = String(repeating: " ", count: widths[column] - row[column].count)
                return column == 0 ? row[column] + space : space + row[column]
            }.joined(separator: "  ")
        }
    }
}
