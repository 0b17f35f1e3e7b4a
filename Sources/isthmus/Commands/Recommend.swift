import ArgumentParser
import Experiments
import Interactions

/// `isthmus recommend`: the best items of a domain for one person.
struct Recommend: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recommend",
        abstract: "Recommend items of a domain to one person.",
        discussion: """
            The person is a user of the dataset (--user and --data), or a history typed in \
            (--history), which needs the run alone. Items of a history are not recommended, unless \
            --include-seen is given. Where nothing usable is known of a person the most popular items come, and standard error \
            says so.
            """)

    @Argument(help: ArgumentHelp("The run.", valueName: "run"))
    var directory: FilePath

    @Option(help: ArgumentHelp("The domain to recommend from.", valueName: "name"))
    var domain: String

    @Option(help: ArgumentHelp("A user of the dataset.", valueName: "id"))
    var user: String?

    @Option(name: .customLong("data"), help: ArgumentHelp("The dataset.", valueName: "dataset"))
    var dataset: FilePath?

    @Option(
        help: ArgumentHelp(
            """
            Events, oldest first; a comma within an id is written \\, and a colon within a domain's name \\: ; \
            may be repeated.
            """,
            valueName: "domain:item,…"),
        transform: { try HistoryItem.list(parsing: $0) })
    var history: [[HistoryItem]] = []

    @Option(help: "How many items.")
    var count = 10

    @Option(
        help: ArgumentHelp(
            "Leave out the person's events of a domain, as if new there; may be repeated.",
            valueName: "domain"))
    var hide: [String] = []

    @Flag(help: "Recommend items of the history too, as where people come back to items.")
    var includeSeen = false

    @Flag(help: "Print one JSON object.")
    var json = false

    @OptionGroup
    var compute: ComputeOptions

    func validate() throws {
        guard (user == nil) != history.isEmpty else {
            throw ValidationError("Expected either --user with --data, or --history.")
        }
        guard (user == nil) == (dataset == nil) else {
            throw ValidationError("--user and --data go together.")
        }
        guard count >= 1 else {
            throw ValidationError("--count: expected at least 1, got \(count).")
        }
    }

    func run() throws {
        let device = try compute.prepare()
        let request = RecommendationRequest(
            model: try SavedModel(RunDirectory(directory.url), device: device), domain: domain,
            count: count, hidden: hide, includesSeen: includeSeen)
        let recommendation: Recommendation
        if let user, let dataset {
            let opened = try Dataset.open(dataset.url)
            let known = try request.user(user, of: opened)
            recommendation = try request.recommend(user: known, of: opened)
            if !json { Console.write(request.historyText(of: known, in: opened)) }
        } else {
            recommendation = try request.recommend(history: history.flatMap(\.self))
        }
        try RecommendationOutput.show(recommendation, of: count, json: json)
    }
}
