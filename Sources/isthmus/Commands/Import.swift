import ArgumentParser
import Foundation
import Interactions

/// `isthmus import`: files of events become a dataset.
struct Import: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Turn files of events into a dataset.",
        discussion: """
            Formats: sequences (one user a line, `user item|time …`, with --items the item map), \
            amazon-ratings (`user,item,rating,timestamp`, one file a domain), movielens \
            (ratings.dat or ratings.csv), recbole (.inter, .item) and csv (any delimited text).

            Filters are applied in the order given: drop-shared-items, overlapping-users, \
            k-core:N, min-item-events:N, min-user-events:N, min-user-events-per-domain:N, \
            last-events:N, unique-items:first|last, min-rating:R, top-items:N.

            Events of a person are ordered by time. Of one time, a file's lines keep their order; which of \
            several files comes first is drawn by a hash of the person, the time and the file's domain (its \
            name where it has several), so that neither the files' order nor any domain is preferred.

            The dataset appears under its name only when it is whole.
            """)

    @Argument(help: "How the files are written.")
    var format: FormatName

    @Argument(help: "The files with the events.")
    var paths: [FilePath]

    @Option(
        help: ArgumentHelp("The directory of the new dataset.", valueName: "dataset"))
    var output: FilePath

    @Option(
        help: ArgumentHelp(
            "The domains' names, one a file in their order; by default the files' names.",
            valueName: "a,b"))
    var domains: String?

    @Option(
        help: ArgumentHelp(
            "A filter, such as k-core:5; may be repeated.", valueName: "filter"))
    var filter: [String] = []

    @Option(
        help: ArgumentHelp(
            "A domain by its items' genres, such as \"action=Action|Sci-Fi\", or \"rest=*\" for "
                + "items of no other domain; may be repeated.",
            valueName: "domain=genre|…"))
    var genres: [GenreRule] = []

    @Option(
        help: ArgumentHelp(
            "Where items with genres of several domains go: to the one given first, or nowhere.",
            valueName: "rule"))
    var sharedGenres = CategoryRule.Several.first

    @Option(
        help: ArgumentHelp(
            "The file with the items' titles, genres, brands, prices, texts and items also bought "
                + "(named columns, or JSON lines in a .jsonl file), or the item map of sequences; one "
                + "for each file of events.",
            valueName: "file"))
    var items: [FilePath] = []

    @Option(
        help: ArgumentHelp("sequences: the file with the users' ids.", valueName: "file"))
    var users: FilePath?

    @Option(
        help: ArgumentHelp(
            "How times are written; automatic takes the form of each file's first time for the "
                + "whole file.",
            valueName: "form"))
    var timeFormat = TimeFormat.automatic

    @OptionGroup(title: "CSV options")
    var delimited: DelimitedOptions

    @Option(
        help: ArgumentHelp(
            "What to do with malformed lines: fail, or skip:N for at most N.", valueName: "policy"))
    var onBadLine = BadLines.fail

    @Flag(help: "Replace an existing dataset of this name.")
    var replace = false

    func validate() throws {
        guard items.isEmpty || items.count == paths.count else {
            throw ValidationError(
                "--items: expected one for each of \(paths.count) files of events, got "
                    + "\(items.count); write --items before each of them.")
        }
        guard format.name == "csv" || delimited.isDefault else {
            throw ValidationError("The CSV options go with the format csv, not \(format.name).")
        }
        guard users == nil || format.name == "sequences" else {
            throw ValidationError("--users goes with the format sequences, not \(format.name).")
        }
        guard sharedGenres == .first || !genres.isEmpty else {
            throw ValidationError("--shared-genres goes with --genres.")
        }
        _ = try options()
    }

    func run() throws {
        let manifest = try NewDataset.make(at: output.url) { progress in
            try Importer.run(
                sources: sources, format: format.format(delimited), options: try options(),
                to: output.url, progress: progress)
        }
        Console.write(ImportSummary.text(manifest, path: output.url.path))
    }

    private var sources: [ImportSource] {
        paths.indices.map { index in
            ImportSource(
                events: paths[index].url, items: items.isEmpty ? nil : items[index].url,
                users: users?.url)
        }
    }

    private func options() throws -> ImportOptions {
        do {
            return ImportOptions(
                filters: try filter.map { try Filter(parsing: $0) },
                domainNames: domains?.split(separator: ",", omittingEmptySubsequences: false)
                    .map(String.init) ?? [],
                categoryRule: try GenreRule.rule(genres, several: sharedGenres),
                onBadLine: onBadLine.policy, replace: replace, timeFormat: timeFormat)
        } catch let error as FilterError {
            throw ValidationError("--filter: \(error).")
        }
    }
}
