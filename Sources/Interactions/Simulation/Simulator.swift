public import Foundation

/// Makes datasets of people with latent tastes, for tests, demonstrations and measurements of any size.
///
/// - A user's taste in a domain is √s · shared + √(1 − s) · own, both standard normal vectors: with
///   the shared taste s = 0 the domains say nothing about each other, with s = 1 tastes are the same.
/// - With a drift d the taste at the share t of the time range is √(1 − d·t) · first + √(d·t) · other.
/// - Items are in groups; an item's latent vector is its group's center with 30 % noise, of length 1.
///   The groups are the same in all domains.
/// - An event's item is one of a number of candidates, which are drawn by popularity (Zipf's law in a
///   random order of the items) in constant time each, chosen by a softmax of strength × taste · item.
///   With many candidates that is the softmax of strength × taste · item + log popularity over the
///   whole catalog; with `n` of them no item is more than `n` times as likely as it is popular. Items
///   like many others share what they are liked for, so that their counts follow Zipf's law roughly.
///   An item comes a second time only when the user has had all candidates of eight draws.
/// - A user's number of events is the minimum and a log-normal number; their times are uniform.
/// - Words of titles and texts are the group's with the chance of the text signal a, and vectors are
///   √a · P·item + √(1 − a) · noise with a random matrix P that is the same in all domains.
///
/// Everything follows from the seed: every user and item has a stream of random numbers of its own, so
/// that the bytes do not depend on the number of threads. Events are written user by user while they
/// are made; memory grows with the number of items only.
public enum Simulator {
    /// The users that one worker makes at once.
    static let blockSize = 512

    /// Makes a dataset at `destination`, with its ``SimulationTruth``, and returns its manifest.
    ///
    /// The dataset appears under its name only when it is whole. `progress` is called from time to
    /// time on the caller's thread.
    @discardableResult
    public static func run(
        _ options: SimulationOptions, to destination: URL, replace: Bool = false,
        threads: Int = ProcessInfo.processInfo.activeProcessorCount,
        progress: ((ImportProgress) -> Void)? = nil
    ) throws(ImportError) -> DatasetManifest {
        precondition(threads > 0, "Simulator: expected at least one thread, got \(threads)")
        do {
            try options.check()
            try options.checkMemory()
        } catch {
            throw .invalidOptions(reason: error.description)
        }
        let staging = try DatasetStaging(destination: destination, replace: replace)
        do throws(ImportError) {
            let manifest = try build(
                options, in: staging.directory, threads: threads, progress: progress)
            try staging.commit()
            return manifest
        } catch {
            staging.discard()
            throw error
        }
    }

    private static func build(
        _ options: SimulationOptions, in directory: URL, threads: Int,
        progress: ((ImportProgress) -> Void)?
    ) throws(ImportError) -> DatasetManifest {
        func report(_ stage: String, _ completed: Int, _ total: Int) {
            progress?(ImportProgress(stage: stage, completed: completed, total: total))
        }
        report("items", 0, options.itemCount)
        let centers = SimulatedItems.centers(options)
        let domains = options.domains.indices.map {
            SimulatedItems(options, domain: $0, centers: centers)
        }
        var writer = try SimulationWriter(options, domains: domains, directory: directory)
        try writer.writeItems { report("items", $0, options.itemCount) }
        try writer.writeUsers()
        let generator = UserGenerator(options: options, domains: domains)
        return try writer.writeEvents { write in
            var next = 0
            while next < options.users {
                report("events", next, options.users)
                for block in blocks(of: generator, from: &next, threads: threads) { write(block) }
            }
        }
    }

    /// Makes the next blocks of users, some for each thread, and returns them in order.
    private static func blocks(
        of generator: UserGenerator, from next: inout Int, threads: Int
    ) -> [UserBlock] {
        let users = generator.options.users
        let first = next
        let wanted = threads == 1 ? 1 : threads * 4
        let count = min(wanted, (users - first + blockSize - 1) / blockSize)
        next = min(users, first + count * blockSize)
        // Each of as many pieces as threads takes every so-many-th block.
        let workers = min(threads, count)
        let made = concurrentMap(workers) { worker in
            stride(from: worker, to: count, by: workers).map { index in
                let start = first + index * blockSize
                return generator.users(start..<min(start + blockSize, users))
            }
        }
        return (0..<count).map { made[$0 % workers][$0 / workers] }
    }
}
