import ArgumentParser
import Foundation
import Interactions

/// `isthmus generate`: a dataset of made-up people whose tastes are known.
struct Generate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Make up a dataset of people whose tastes are known.",
        discussion: """
            People have tastes, of which a stated share is the same in all domains; items have \
            titles, texts and vectors that say a stated part of what people like in them. An event's \
            item is chosen by taste among candidates drawn by popularity. The truth lies in the \
            dataset's folder truth; no model sees it.

            The same options and seed give the same bytes, with any number of threads. The dataset \
            appears under its name only when it is whole.
            """)

    @Option(help: ArgumentHelp("The directory of the new dataset.", valueName: "dataset"))
    var output: FilePath

    @Option(help: "The seed of everything that is drawn.")
    var seed: UInt64 = 1

    @OptionGroup(title: "Size")
    var size: SimulationSize

    @OptionGroup(title: "Taste")
    var taste: SimulationTaste

    @OptionGroup(title: "Features")
    var features: SimulationFeatures

    @Option(help: "Threads; by default one for each processor.")
    var threads: Int?

    @Flag(help: "Replace an existing dataset of this name.")
    var replace = false

    func validate() throws {
        try ComputeOptions.check(threads: threads)
        do {
            let options = try options()
            try options.check()
            try options.checkMemory()
        } catch let error as SimulationOptionError {
            throw ValidationError(
                "--\(Self.optionName(error.option)): expected \(error.expected), got \(error.got).")
        }
    }

    func run() throws {
        let manifest = try NewDataset.make(at: output.url) { progress in
            try Simulator.run(
                try options(), to: output.url, replace: replace,
                threads: threads ?? ProcessInfo.processInfo.activeProcessorCount,
                progress: progress)
        }
        Console.write(ImportSummary.text(manifest, path: output.url.path))
    }

    private func options() throws -> SimulationOptions {
        var options = SimulationOptions(domains: try size.parsedDomains())
        options.users = size.users
        options.eventsPerUser = size.eventsPerUser
        options.eventsSpread = size.eventsSpread
        options.minimumEvents = size.minimumEvents
        options.overlap = size.overlap
        options.days = size.days
        options.sharedTaste = taste.sharedTaste
        options.tasteStrength = taste.tasteStrength
        options.drift = taste.drift
        options.tasteSize = taste.tasteSize
        options.clusters = taste.clusters
        options.popularitySkew = taste.popularitySkew
        options.candidates = taste.candidates
        options.ratings = taste.ratings
        options.textWidth = features.textWidth
        options.textSignal = features.textSignal
        options.imageWidth = features.imageWidth
        options.imageSignal = features.imageSignal
        options.missingImages = features.missingImages
        options.seed = seed
        return options
    }

    /// A property's name as the parser writes its option: `sharedTaste` is `shared-taste`.
    private static func optionName(_ property: String) -> String {
        property.map { $0.isUppercase ? "-" + $0.lowercased() : String($0) }.joined()
    }
}
