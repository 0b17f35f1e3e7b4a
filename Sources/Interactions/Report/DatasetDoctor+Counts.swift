extension DatasetDoctor {
    /// A domain with fewer items ranks nothing: most lists hold all of them.
    private static let fewItems = 20
    /// The share of cases from which on what they hang on is said as a warning.
    private static let noticeable = 0.01
    /// So many item ids in common are no chance where no user is.
    private static let suspiciousItems = 3
    /// From so many ties on it is no chance that one domain is always last.
    private static let fewTies = 10

    /// What hangs on the order of events of one time.
    func tieFindings() -> [DatasetReport.Finding] {
        var findings: [DatasetReport.Finding] = []
        let ties = report.ties
        if dataset.hasTimes, Double(ties.lastEvents) > Self.noticeable * Double(report.users) {
            findings.append(
                finding(
                    .warning, "tied-last-events",
                    "the last event of \(ties.lastEvents) of \(report.users) users shares its time with "
                        + "another one, for \(ties.lastEventsAcrossDomains) with one of another domain "
                        + "(\(percent(ties.lastEventsAcrossDomains, of: report.users))): what is held out "
                        + "last hangs on the order of ties (" + tieRule + ")"))
        }
        for (domain, catalog) in dataset.catalogs.enumerated() {
            let count = scan.ties.mixed[domain]
            guard count >= Self.fewTies, scan.ties.mixedLast[domain] == count else { continue }
            findings.append(
                finding(
                    .warning, "one-domain-last",
                    "in all \(count) ties of \(catalog.name) with another domain an event of "
                        + "\(catalog.name) comes last, as in a file that is sorted by domain; whose last "
                        + "event is held out is tested there. Give each domain a file of its own, and ties "
                        + "are drawn"))
        }
        return findings
    }

    /// How events of one time are ordered, in words.
    var tieRule: String {
        switch dataset.manifest.tieOrder {
        case .given: "as given"
        case .linesThenHash:
            "a file's lines keep their order, and which file comes first is drawn by a hash"
        }
    }

    func percent(_ count: Int, of whole: Int) -> String {
        let hundredths = (Double(count) / Double(max(whole, 1)) * 10_000).rounded() / 100
        return "\(hundredths) %"
    }

    /// What pairs of domains share.
    func overlapFindings() -> [DatasetReport.Finding] {
        report.overlaps.flatMap { pair in
            var findings: [DatasetReport.Finding] = []
            let pairName = "\(pair.first) and \(pair.second)"
            if pair.users == 0 {
                findings.append(
                    finding(
                        .warning, "no-shared-users", Self.noSharedUsers(pairName)))
            }
            if pair.users == 0, pair.items >= Self.suspiciousItems {
                findings.append(
                    finding(
                        .warning, "swapped-columns",
                        "\(pairName) share \(pair.items) item ids, but no user; are the columns of users "
                            + "and items swapped? In a file without a header they are told by --columns "
                            + "item=1,user=2,…"))
            } else if pair.items > 0 {
                let events = domainEvents(pair.first) + domainEvents(pair.second)
                findings.append(
                    finding(
                        .note, "shared-items",
                        "\(pairName) share \(pair.items) external item ids, which are taken for "
                            + "different items; where they are not, drop-shared-items removes them with "
                            + "\(pair.itemEvents) of the \(events) events"))
            }
            return findings
        }
    }

    /// What it means that pairs of domains share no user.
    static func noSharedUsers(_ pairs: String) -> String {
        "\(pairs) share no user; nothing can be learned across them"
    }

    private func domainEvents(_ name: String) -> Int {
        report.domains.first { $0.name == name }?.events ?? 0
    }

    /// Repeats, and what is too few or too many.
    func countFindings() -> [DatasetReport.Finding] {
        var findings: [DatasetReport.Finding] = []
        if report.duplicateEvents > 0 {
            let more = report.repeatedItems - report.duplicateEvents
            findings.append(
                finding(
                    .warning, "duplicate-events",
                    counted(report.duplicateEvents, "event")
                        + " with item and time of another of the user; unique-items:first removes such"
                        + (more > 0
                            ? ", and \(counted(more, "later event")) with an item that the user had before"
                            : "")))
        }
        for (index, domain) in report.domains.enumerated() where domain.repeats > 0 {
            let isNoticeable =
                Double(domain.repeats) > Self.noticeable * Double(scan.laterEvents[index])
            findings.append(
                finding(
                    isNoticeable ? .warning : .note, "repeated-items",
                    "\(domain.repeats) of \(counted(scan.laterEvents[index], "event")) of \(domain.name) that are not "
                        + "a user's first (\(percent(domain.repeats, of: scan.laterEvents[index]))) are of an "
                        + "item that the user had before"
                        + (isNoticeable
                            ? "; recommend leaves such items out, so cases of them cannot be hit "
                                + "when it is used"
                            : "")))
        }
        for domain in report.domains where domain.items < Self.fewItems {
            findings.append(
                finding(
                    .warning, "few-items",
                    domain.items == 1
                        ? "\(domain.name) has only 1 item; there is nothing to rank, and no case of it has a rival"
                        : "\(domain.name) has only \(domain.items) items; a list of ten of them is no "
                            + "achievement"))
        }
        if let finding = shortHistories() { findings.append(finding) }
        if report.events >= 1000, report.users > 10, report.lengths.maximum * 10 > report.events {
            findings.append(
                finding(
                    .warning, "dominant-user",
                    "one user has \(report.lengths.maximum) of \(report.events) events"))
        }
        return findings
    }

    /// The users of whom leave-one-out leaves nothing that a model of sequences learns from.
    private func shortHistories() -> DatasetReport.Finding? {
        let fewer = scan.lengths.count { $0 < 3 }
        let three = scan.lengths.count { $0 == 3 }
        guard fewer + three > 0 else { return nil }
        let texts = [
            fewer == 0
                ? nil
                : "\(fewer) of \(counted(report.users, "user")) with fewer than 3 events, which "
                    + "leave-one-out needs",
            three == 0
                ? nil
                : "\(three) of \(counted(report.users, "user")) with 3, of which it holds out two; a "
                    + "model that learns from sequences needs two more, four in all",
        ]
        return finding(
            2 * (fewer + three) >= report.users ? .warning : .note, "short-histories",
            texts.compactMap { $0 }.joined(separator: "; "))
    }

    /// What the import said.
    func sourceFindings() -> [DatasetReport.Finding] {
        let manifest = dataset.manifest
        let own = manifest.sources.flatMap { source in
            var findings: [DatasetReport.Finding] = []
            if source.skippedLines > 0 {
                let examples = source.skippedExamples.map { "line \($0.line): \($0.reason)" }
                findings.append(
                    finding(
                        .warning, "skipped-lines",
                        "\(source.name): \(counted(source.skippedLines, "malformed line")) "
                            + "\(source.skippedLines == 1 ? "was" : "were") skipped, such as "
                            + examples.joined(separator: "; ")))
            }
            if source.rowsOutsideDomains > 0 {
                findings.append(
                    finding(
                        .note, "outside-domains",
                        "\(source.name): \(counted(source.rowsOutsideDomains, "event")) in none of the "
                            + "domains"))
            }
            return findings + source.notes.map { finding(of: $0, before: source.name + ": ") }
        }
        // What the doctor finds by itself is not said again.
        let found: Set = ["early-times", "no-shared-users", DatasetManifest.Note.drawnFiles]
        return own
            + manifest.notes.filter { !found.contains($0.code) }
            .map { finding(of: $0, before: "") }
    }

    private func finding(of note: DatasetManifest.Note, before: String)
        -> DatasetReport.Finding
    {
        let harmless: Set = [
            "columns-not-read", "items-matched", "items-without-line", "multi-line-fields",
            "latin-1",
            "items-repeated", "prices-not-read", "other-domains",
        ]
        return finding(
            harmless.contains(note.code) ? .note : .warning, note.code, before + note.text)
    }
}
