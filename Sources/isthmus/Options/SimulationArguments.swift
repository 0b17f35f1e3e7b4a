import ArgumentParser
import Interactions

/// How many people, items and events are made up.
struct SimulationSize: ParsableArguments {
    @Option(help: "The number of people.")
    var users = 5000

    @Option(help: ArgumentHelp("The domains' names.", valueName: "a,b"))
    var domains = "a,b"

    @Option(
        help: ArgumentHelp(
            "The number of items: one for all domains, or one for each.", valueName: "n,n"))
    var items = "2000"

    @Option(help: ArgumentHelp("The mean number of a person's events.", valueName: "mean"))
    var eventsPerUser = 30.0

    @Option(
        help: ArgumentHelp(
            "How unequal people are: the deviation of the logarithm of their events above the "
                + "fewest.", valueName: "deviation"))
    var eventsSpread = 0.8

    @Option(help: ArgumentHelp("The fewest events of a person.", valueName: "n"))
    var minimumEvents = 6

    @Option(
        help: ArgumentHelp(
            "The share of people who are active in all domains; the others are in one.",
            valueName: "share"))
    var overlap = 0.5

    @Option(help: "The length of the time range, from 2020-01-01 on.")
    var days = 730

    /// The domains with their sizes.
    func parsedDomains() throws -> [SimulationOptions.Domain] {
        let names = domains.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        let sizes = items.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
        guard sizes.count == 1 || sizes.count == names.count, !sizes.contains(nil) else {
            throw ValidationError(
                "--items: expected one number, or one for each of \(names.count) domains, got "
                    + "\(items).")
        }
        let counts = sizes.compactMap { $0 }
        return names.enumerated().map { index, name in
            SimulationOptions.Domain(name: name, items: counts[counts.count == 1 ? 0 : index])
        }
    }
}

/// What people like, and what popularity does.
struct SimulationTaste: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The share of a person's taste that is the same in all domains: 0 means that domains "
                + "say nothing about each other.", valueName: "share"))
    var sharedTaste = 0.8

    @Option(
        help: ArgumentHelp(
            "How much taste decides against popularity; 0 makes people alike.",
            valueName: "factor"))
    var tasteStrength = 2.0

    @Option(
        help: ArgumentHelp(
            "The share of a person's taste that is another one at the end of the time range.",
            valueName: "share"))
    var drift = 0.0

    @Option(help: ArgumentHelp("The numbers in a latent vector.", valueName: "n"))
    var tasteSize = 16

    @Option(help: ArgumentHelp("The groups of similar items.", valueName: "n"))
    var clusters = 20

    @Option(
        help: ArgumentHelp(
            "The exponent of Zipf's law for the items' popularity.", valueName: "exponent"))
    var popularitySkew = 1.0

    @Option(
        help: ArgumentHelp(
            "The items, drawn by popularity, among which taste chooses.", valueName: "n"))
    var candidates = 64

    @Flag(help: "Give events ratings from 1 to 5.")
    var ratings = false
}

/// What items say of themselves.
struct SimulationFeatures: ParsableArguments {
    @Option(help: ArgumentHelp("The width of the vectors \"text\"; 0 for none.", valueName: "n"))
    var textWidth = 64

    @Option(
        help: ArgumentHelp(
            "How much titles, texts and text vectors say of what people like, 0 to 1.",
            valueName: "share"))
    var textSignal = 0.8

    @Option(help: ArgumentHelp("The width of the vectors \"image\"; 0 for none.", valueName: "n"))
    var imageWidth = 64

    @Option(
        help: ArgumentHelp(
            "How much image vectors say of what people like, 0 to 1.", valueName: "share"))
    var imageSignal = 0.8

    @Option(help: ArgumentHelp("The share of items without an image.", valueName: "share"))
    var missingImages = 0.1
}
