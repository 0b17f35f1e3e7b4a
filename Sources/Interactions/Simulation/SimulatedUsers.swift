import Foundation

/// Users in a row with their tastes and events.
struct UserBlock: Sendable {
    /// The number of each user's events.
    var counts: [Int32] = []
    var items: [Int32] = []
    var times: [Int64] = []
    /// Empty where events have no ratings.
    var ratings: [Float] = []
    /// Each user's taste in each domain at the start of the time range.
    var firstTastes: [Float] = []
    /// The same at its end; empty without drift.
    var lastTastes: [Float] = []
    /// The users and events of each domain.
    var domainUsers: [Int]
    var domainEvents: [Int]
}

/// Makes users, each from a stream of random numbers of its own, so that their order does not matter.
struct UserGenerator: Sendable {
    /// 2020-01-01T00:00:00Z.
    static let firstTime: Int64 = 1_577_836_800 * Dataset.ticksPerSecond
    /// How often a user who has all candidates draws others before an item comes a second time.
    private static let rounds = 8

    let options: SimulationOptions
    let domains: [SimulatedItems]

    /// Makes the users of a range.
    func users(_ range: Range<Int>) -> UserBlock {
        var block = UserBlock(
            domainUsers: [Int](repeating: 0, count: domains.count),
            domainEvents: [Int](repeating: 0, count: domains.count))
        var scratch = UserScratch(options)
        for user in range {
            var stream = RandomStream(
                seed: options.seed, name: "simulation.user", UInt64(user))
            makeTastes(&scratch, &stream)
            makeDomains(&scratch, &stream)
            makeTimes(&scratch, &stream)
            block.counts.append(Int32(scratch.domains.count))
            block.times.append(contentsOf: scratch.times)
            appendTastes(scratch, to: &block)
            let start = block.items.count
            for (index, domain) in scratch.domains.enumerated() {
                let share = scratch.shares[index]
                let (item, affinity) = chooseItem(
                    Int(domain), at: share, since: start, &block, &scratch, &stream)
                block.items.append(domains[Int(domain)].firstItem + item)
                if options.ratings { block.ratings.append(rating(affinity, &stream)) }
            }
            count(scratch.domains, in: &block)
        }
        return block
    }

    /// Draws the shared taste and each domain's own, and mixes them.
    private func makeTastes(_ scratch: inout UserScratch, _ stream: inout RandomStream) {
        let shared = Float(options.sharedTaste.squareRoot())
        let own = Float((1 - options.sharedTaste).squareRoot())
        func mix(_ tastes: inout [Float]) {
            let (size, stride) = (options.tasteSize, scratch.stride)
            scratch.shared.withUnsafeMutableBufferPointer { stream.fillNormal($0) }
            for domain in domains.indices {
                scratch.own.withUnsafeMutableBufferPointer { stream.fillNormal($0) }
                for index in 0..<size {
                    tastes[domain * stride + index] =
                        shared * scratch.shared[index] + own * scratch.own[index]
                }
            }
        }
        mix(&scratch.firstTastes)
        if options.drift > 0 {
            mix(&scratch.otherTastes)
            let (kept, new) = Self.mixture(options.drift)
            for index in scratch.firstTastes.indices {
                scratch.lastTastes[index] =
                    kept * scratch.firstTastes[index] + new * scratch.otherTastes[index]
            }
        }
    }

    /// The factors of two independent vectors in one of the same variance, the second with this share.
    static func mixture(_ share: Double) -> (Float, Float) {
        (Float((1 - share).squareRoot()), Float(share.squareRoot()))
    }

    /// Draws how many events the user has and the domain of each.
    private func makeDomains(_ scratch: inout UserScratch, _ stream: inout RandomStream) {
        let isEverywhere = stream.happens(options.overlap)
        let only = stream.uniform(below: domains.count)
        let extra = options.eventsPerUser - Double(options.minimumEvents)
        let spread = options.eventsSpread
        // The logarithm's mean is such that the mean of the numbers themselves is `extra`.
        let drawn = extra * exp(spread * stream.normalPair().0 - spread * spread / 2)
        let smallest =
            isEverywhere ? domains.map(\.count).min() ?? 0 : domains[only].count
        let most = smallest / 2 * (isEverywhere ? domains.count : 1)
        let wanted = options.minimumEvents + Int(min(drawn, 1e9).rounded())
        let count = max(options.minimumEvents, min(wanted, most))
        scratch.domains.removeAll(keepingCapacity: true)
        for index in 0..<count {
            let domain =
                !isEverywhere
                ? only
                : index < domains.count ? index : stream.uniform(below: domains.count)
            scratch.domains.append(Int32(domain))
        }
        if isEverywhere { stream.shuffle(&scratch.domains) }
    }

    /// Draws ascending times that are uniform in the time range: sums of exponential distances.
    private func makeTimes(_ scratch: inout UserScratch, _ stream: inout RandomStream) {
        let span = Double(options.days) * 86_400 * Double(Dataset.ticksPerSecond)
        scratch.shares.removeAll(keepingCapacity: true)
        scratch.times.removeAll(keepingCapacity: true)
        var sum = 0.0
        for _ in scratch.domains {
            sum += stream.exponential()
            scratch.shares.append(sum)
        }
        sum += stream.exponential()
        for index in scratch.shares.indices {
            scratch.shares[index] /= max(sum, .leastNormalMagnitude)
            scratch.times.append(Self.firstTime + Int64(scratch.shares[index] * span))
        }
    }

    /// Draws candidates by popularity and among them one by taste, if possible one that is new.
    private func chooseItem(
        _ domain: Int, at share: Double, since start: Int, _ block: inout UserBlock,
        _ scratch: inout UserScratch, _ stream: inout RandomStream
    ) -> (item: Int32, affinity: Float) {
        scratch.setTaste(domain, at: share, drift: options.drift)
        let items = domains[domain]
        let strength = Float(options.tasteStrength)
        return block.items.withUnsafeBufferPointer { all in
            let earlier = UnsafeBufferPointer(rebasing: all[start...])
            return scratch.withBuffers { taste, candidates, affinities, weights in
                var chosen = 0
                for _ in 0..<Self.rounds {
                    var total = draw(
                        items, strength, taste, candidates, affinities, weights, &stream)
                    while total > 0 {
                        chosen = Self.choose(weights, total * Float(stream.uniform()))
                        let item = items.itemOfRank[Int(candidates[chosen])]
                        guard Self.contains(earlier, items.firstItem + item) else {
                            return (item, affinities[chosen])
                        }
                        weights[chosen] = 0
                        total = weights.reduce(0, +)
                    }
                }
                return (items.itemOfRank[Int(candidates[chosen])], affinities[chosen])
            }
        }
    }

    /// Draws candidates and their weights; returns the sum of the weights.
    @inline(__always)
    private func draw(
        _ items: SimulatedItems, _ strength: Float, _ taste: UnsafeMutableBufferPointer<Float>,
        _ candidates: UnsafeMutableBufferPointer<Int32>,
        _ affinities: UnsafeMutableBufferPointer<Float>,
        _ weights: UnsafeMutableBufferPointer<Float>, _ stream: inout RandomStream
    ) -> Float {
        let (count, stride) = (options.candidates, items.stride)
        UnsafeMutableRawBufferPointer(weights).withMemoryRebound(to: UInt32.self) { coins in
            items.popularity.draw(
                into: UnsafeMutableBufferPointer(rebasing: candidates[0..<count]), coins: coins,
                &stream)
        }
        var highest = -Float.infinity
        items.latents.withUnsafeBufferPointer { latents in
            guard let first = latents.baseAddress.map({ $0 + items.start }),
                let taste = taste.baseAddress
            else { return }
            // Each vector is touched before any is used, so that the waits for memory overlap.
            affinities[0] = candidates[0..<count].reduce(0) { $0 + first[Int($1) * stride] }
            for index in 0..<count {
                let affinity = VectorMath.innerProduct(
                    first + Int(candidates[index]) * stride, UnsafePointer(taste), count: stride)
                affinities[index] = affinity
                highest = max(highest, affinity)
            }
        }
        var total = Float(0)
        var index = 0
        let bytes = UnsafeMutableRawBufferPointer(weights)
        let given = UnsafeRawBufferPointer(affinities)
        while index < weights.count {
            let lane = given.loadUnaligned(fromByteOffset: index * 4, as: SIMD8<Float>.self)
            let weight = VectorMath.exponential((lane - highest) * strength)
            bytes.storeBytes(of: weight, toByteOffset: index * 4, as: SIMD8<Float>.self)
            index += 8
        }
        for index in count..<weights.count { weights[index] = 0 }
        for index in 0..<count { total += weights[index] }
        return total
    }

    /// The position at which the running sum of the weights passes a number; never one of weight 0.
    @inline(__always)
    private static func choose(_ weights: UnsafeMutableBufferPointer<Float>, _ target: Float)
        -> Int
    {
        var sum = Float(0)
        var last = 0
        for index in weights.indices where weights[index] > 0 {
            sum += weights[index]
            last = index
            if sum > target { break }
        }
        return last
    }

    @inline(__always)
    private static func contains(_ items: UnsafeBufferPointer<Int32>, _ item: Int32) -> Bool {
        var isFound = false
        for other in items { isFound = isFound || other == item }
        return isFound
    }

    /// A rating from 1 to 5 around 3 for a middling item among those that the user chooses.
    private func rating(_ affinity: Float, _ stream: inout RandomStream) -> Float {
        let noise = Float(stream.normalPair().0)
        let value = 3 + affinity - Float(options.tasteStrength) / 2 + noise / 2
        return min(max(value.rounded(), 1), 5)
    }

    private func appendTastes(_ scratch: UserScratch, to block: inout UserBlock) {
        for domain in domains.indices {
            let start = domain * scratch.stride
            let range = start..<start + options.tasteSize
            block.firstTastes.append(contentsOf: scratch.firstTastes[range])
            if options.drift > 0 {
                block.lastTastes.append(contentsOf: scratch.lastTastes[range])
            }
        }
    }

    private func count(_ events: [Int32], in block: inout UserBlock) {
        for domain in domains.indices {
            let count = events.count { Int($0) == domain }
            block.domainEvents[domain] += count
            block.domainUsers[domain] += count > 0 ? 1 : 0
        }
    }
}

/// Memory that one worker uses again for each user.
struct UserScratch {
    let stride: Int
    var shared: [Float]
    var own: [Float]
    var firstTastes: [Float]
    var otherTastes: [Float]
    var lastTastes: [Float]
    var domains: [Int32] = []
    var shares: [Double] = []
    var times: [Int64] = []
    private var taste: [Float]
    private var candidates: [Int32]
    private var affinities: [Float]
    private var weights: [Float]

    init(_ options: SimulationOptions) {
        stride = VectorMath.padded(options.tasteSize)
        shared = [Float](repeating: 0, count: options.tasteSize)
        own = shared
        firstTastes = [Float](repeating: 0, count: options.domains.count * stride)
        otherTastes = firstTastes
        lastTastes = firstTastes
        taste = [Float](repeating: 0, count: stride)
        let count = VectorMath.padded(options.candidates)
        candidates = [Int32](repeating: 0, count: count)
        affinities = [Float](repeating: 0, count: count)
        weights = affinities
    }

    /// Sets the taste of a domain at a share of the time range.
    @inline(__always)
    mutating func setTaste(_ domain: Int, at share: Double, drift: Double) {
        let start = domain * stride
        let (kept, new) = drift > 0 ? UserGenerator.mixture(drift * share) : (1, 0)
        for index in 0..<stride {
            taste[index] = kept * firstTastes[start + index] + new * otherTastes[start + index]
        }
    }

    @inline(__always)
    mutating func withBuffers<Result>(
        _ body: (
            _ taste: UnsafeMutableBufferPointer<Float>,
            _ candidates: UnsafeMutableBufferPointer<Int32>,
            _ affinities: UnsafeMutableBufferPointer<Float>,
            _ weights: UnsafeMutableBufferPointer<Float>
        ) -> Result
    ) -> Result {
        taste.withUnsafeMutableBufferPointer { taste in
            candidates.withUnsafeMutableBufferPointer { candidates in
                affinities.withUnsafeMutableBufferPointer { affinities in
                    weights.withUnsafeMutableBufferPointer { weights in
                        body(taste, candidates, affinities, weights)
                    }
                }
            }
        }
    }
}
