/// Looks for what is wrong with a dataset before a training run does.
struct DatasetDoctor {
    private static let idSample = 1000
    private static let placeholders: Set<String> = [
        "null", "nil", "nan", "none", "unknown", "undefined", "n/a", "-1", "anonymous",
    ]

    let report: DatasetReport
    let dataset: Dataset
    let scan: DatasetScan

    /// All findings, in no order of severity.
    func findings() -> [DatasetReport.Finding] {
        timeFindings() + tieFindings() + columnFindings() + headerFindings() + idFindings()
            + overlapFindings() + countFindings() + sourceFindings()
    }

    func finding(
        _ severity: DatasetReport.Severity, _ code: String, _ message: String
    ) -> DatasetReport.Finding {
        DatasetReport.Finding(severity: severity, code: code, message: message)
    }

    private func timeFindings() -> [DatasetReport.Finding] {
        guard dataset.hasTimes else {
            return [
                finding(
                    .note, "no-times",
                    "the sources have no times; a user's events stand in this order: " + tieRule)
            ]
        }
        var findings: [DatasetReport.Finding] = []
        let first = scan.firstTimes.min() ?? 0
        let last = scan.lastTimes.max() ?? 0
        let second = DatasetReport.second(first)
        if first == last {
            findings.append(
                finding(
                    .warning, "constant-time",
                    "all \(report.events) events are of one time, second \(second) since 1970; "
                        + "orders and time cuts mean nothing"))
        } else if let text = Self.earlyTimes(first: first, zeroTimes: report.zeroTimes) {
            findings.append(finding(.warning, "early-times", text))
        }
        if let text = mixedResolutions {
            findings.append(finding(.warning, "times-of-two-kinds", text))
        }
        let reordered = dataset.manifest.reorderedUsers
        if reordered > 0 {
            findings.append(
                finding(
                    .note, "unsorted-events",
                    "events of \(counted(reordered, "user")) were not in time order within a source; they are now"
                ))
        }
        return findings
    }

    /// What it does that some domains' times are days and others' finer; nil where they are of one kind.
    private var mixedResolutions: String? {
        let timed = report.domains.indices.filter { scan.firstTimes[$0] < scan.lastTimes[$0] }
        let days = timed.filter { scan.hasDaysAlone[$0] }.map { report.domains[$0].name }
        let finer = timed.filter { !scan.hasDaysAlone[$0] }.map { report.domains[$0].name }
        guard !days.isEmpty, !finer.isEmpty else { return nil }
        return "times of \(days.joined(separator: ", ")) are days, those of "
            + "\(finer.joined(separator: ", ")) finer: of one day the events with days alone stand first, so "
            + "that the last event, which is tested, is more often one of the others"
    }

    /// What is odd about a first time before 1990; nil about any other.
    static func earlyTimes(first: Int64, zeroTimes: Int) -> String? {
        let second = DatasetReport.second(first)
        guard second < TimeReader.firstLogged else { return nil }
        return "the first event is of second \(second) since 1970, before 1990; is the time column "
            + "another number, or \(counted(zeroTimes, "time")) unknown?"
    }

    private func columnFindings() -> [DatasetReport.Finding] {
        var findings: [DatasetReport.Finding] = []
        let userIDs = sample(report.users) {
            dataset.users.externalID(of: UserID(rawValue: Int32($0)))
        }
        if report.users >= 10, userIDs.allSatisfy(Self.looksLikeTime) {
            findings.append(
                finding(
                    .error, "user-column-is-time",
                    "all user ids look like times, such as \(userIDs[0]); are the columns swapped?"
                ))
        }
        for (index, catalog) in dataset.catalogs.enumerated() {
            let ids = sample(catalog.count) { catalog.externalIDs[$0] }
            if catalog.count >= 10, ids.allSatisfy(Self.looksLikeTime) {
                findings.append(
                    finding(
                        .error, "item-column-is-time",
                        "all item ids of \(catalog.name) look like times, such as \(ids[0]); are "
                            + "the columns swapped?"))
            }
            if catalog.count > 1, catalog.count <= 10, scan.events[index] >= 100,
                ids.allSatisfy({ Double($0) != nil })
            {
                findings.append(
                    finding(
                        .error, "item-column-is-rating",
                        "\(catalog.name) has \(catalog.count) items, all numbers, and "
                            + "\(scan.events[index]) events; is the rating column taken for the "
                            + "items?"))
            }
        }
        if report.users <= 10, report.events >= 1000 {
            findings.append(
                finding(
                    .error, "few-users",
                    "\(report.events) events of \(counted(report.users, "user")); is another column taken "
                        + "for the users?"))
        }
        if dataset.hasRatings, scan.lowestRating <= scan.highestRating {
            if scan.highestRating > 10_000 {
                findings.append(
                    finding(
                        .error, "rating-column-is-time",
                        "ratings go up to \(scan.highestRating); is another column taken for them?"
                    ))
            } else if scan.lowestRating == scan.highestRating {
                findings.append(
                    finding(
                        .warning, "constant-rating",
                        "all ratings are \(scan.lowestRating); rating models learn nothing"))
            }
        }
        return findings
    }

    /// A user of one event who looks like the name of a column: by its name, or because nobody else's id is a word.
    private func headerFindings() -> [DatasetReport.Finding] {
        var named: (user: String, item: String)?
        var word: (user: String, item: String)?
        var words = 0
        for raw in 0..<Int32(report.users) {
            let user = UserID(rawValue: raw)
            let id = dataset.users.externalID(of: user)
            let isWord = !id.contains(where: \.isNumber)
            let isName = FirstLineCheck.userNames.contains(FirstLineCheck.plain(id))
            words += isWord ? 1 : 0
            guard isWord || isName, dataset.events(of: user).count == 1 else { continue }
            let event = dataset.events(of: user).lowerBound
            let item = dataset.externalID(of: ItemID(rawValue: dataset.items[event]))
            if isName || FirstLineCheck.itemNames.contains(FirstLineCheck.plain(item)) {
                named = (id, item)
            } else if !item.contains(where: \.isNumber) {
                word = (id, item)
            }
        }
        let isAlone = words == 1 && report.users > 3
        guard let found = named ?? (isAlone ? word : nil) else { return [] }
        return [
            finding(
                .warning, "header-as-event",
                "user \"\(found.user)\" has one event, with item \"\(found.item)\"; is that the "
                    + "header of a source? import it with --header")
        ]
    }

    private func idFindings() -> [DatasetReport.Finding] {
        // The import counts ids with spaces and control characters in words of its own.
        let isPaddingSaid = dataset.manifest.notes.contains {
            ["padded-ids", "control-ids"].contains($0.code)
        }
        func isSuspicious(_ id: String) -> Bool {
            guard let first = id.utf8.first, let last = id.utf8.last else { return true }
            if first <= 0x20 || last <= 0x20 { return !isPaddingSaid }
            return first == UInt8(ascii: "\"") || Self.placeholders.contains(id.lowercased())
        }
        var suspicious: [String] = []
        for user in 0..<Int32(report.users) {
            let id = dataset.users.externalID(of: UserID(rawValue: user))
            if isSuspicious(id) { suspicious.append("user \"\(id)\"") }
        }
        for catalog in dataset.catalogs {
            for id in catalog.externalIDs where isSuspicious(id) {
                suspicious.append("item \"\(id)\"")
            }
        }
        guard !suspicious.isEmpty else { return [] }
        return [
            finding(
                .warning, "suspicious-ids",
                "\(counted(suspicious.count, "id")) with the look of a placeholder, or with stray spaces "
                    + "or quotes: "
                    + suspicious.prefix(3).joined(separator: ", "))
        ]
    }

    private func sample(_ count: Int, _ id: (Int) -> String) -> [String] {
        stride(from: 0, to: count, by: max(1, count / Self.idSample)).map(id)
    }

    /// A whole number between 1990 and 2100 in seconds or milliseconds.
    private static func looksLikeTime(_ id: String) -> Bool {
        guard let number = Int64(id) else { return false }
        let second = number >= 100_000_000_000 ? number / 1000 : number
        return second >= TimeReader.firstLogged && second <= TimeReader.latestSecond
    }
}
