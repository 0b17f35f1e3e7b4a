/// The items of one domain: their latent vectors, their groups and how popular they are.
struct SimulatedItems: Sendable {
    /// The share of an item's latent vector that is not its group's.
    private static let ownShare = 0.3
    /// The numbers in a line of the processor's cache.
    private static let line = 16
    let count: Int
    /// The global id of the first item.
    let firstItem: Int32
    /// The numbers between the starts of two latent vectors: the latent size in whole lanes.
    let stride: Int
    /// Latent vectors of length 1, the most popular item's first, with zeros behind each up to the stride.
    let latents: [Float]
    /// Where the first latent vector starts: at the start of a line of the processor's cache.
    let start: Int
    /// Each item's group.
    let clusters: [Int32]
    /// The item of each rank and the rank of each item.
    let itemOfRank: [Int32]
    let rankOfItem: [Int32]
    let popularity: PopularityTable

    init(_ options: SimulationOptions, domain: Int, centers: [Float]) {
        let size = options.tasteSize
        let count = options.domains[domain].items
        let stride = VectorMath.padded(size)
        self.count = count
        self.stride = stride
        firstItem = 1 + Int32(options.domains[0..<domain].reduce(0) { $0 + $1.items })
        var order = RandomStream(
            seed: options.seed, name: "simulation.popularity", UInt64(domain))
        itemOfRank = order.permutation(count).map { Int32($0) }
        var ranks = [Int32](repeating: 0, count: count)
        for (rank, item) in itemOfRank.enumerated() { ranks[Int(item)] = Int32(rank) }
        rankOfItem = ranks
        popularity = PopularityTable(count: count, skew: options.popularitySkew)

        var latents = [Float](repeating: 0, count: count * stride + Self.line)
        // Only speed depends on where the numbers lie in memory.
        start = latents.withUnsafeBytes { bytes in
            let address = UInt(bitPattern: bytes.baseAddress)
            return Int((0 &- address) % UInt(Self.line * 4)) / 4
        }
        var clusters = [Int32](repeating: 0, count: count)
        var own = [Float](repeating: 0, count: size)
        let (shared, rest) = (
            Float((1 - Self.ownShare).squareRoot()), Float(Self.ownShare.squareRoot())
        )
        for item in 0..<count {
            var stream = RandomStream(
                seed: options.seed, name: "simulation.item", UInt64(domain), UInt64(item))
            let cluster = stream.uniform(below: options.clusters)
            clusters[item] = Int32(cluster)
            own.withUnsafeMutableBufferPointer { stream.fillNormal($0) }
            let row = start + Int(ranks[item]) * stride
            var squares: Float = 0
            for index in 0..<size {
                let value = shared * centers[cluster * size + index] + rest * own[index]
                latents[row + index] = value
                squares += value * value
            }
            // All lengths are equal, so that over all users tastes favour no item.
            let scale = squares > 0 ? 1 / squares.squareRoot() : 0
            for index in 0..<size { latents[row + index] *= scale }
        }
        self.latents = latents
        self.clusters = clusters
    }

    /// The position of an item's latent vector.
    func row(ofItem item: Int) -> Int { start + Int(rankOfItem[item]) * stride }

    /// The groups' centers, the same in all domains.
    static func centers(_ options: SimulationOptions) -> [Float] {
        var stream = RandomStream(seed: options.seed, name: "simulation.clusters")
        return stream.normals(options.clusters * options.tasteSize)
    }
}
