import Foundation

/// The items of one domain: their latent vectors, their groups and how popular they are.
struct SimulatedItems: Sendable {
    /// The share of an item's latent vector that is not its group's.
    private static let ownShare = 0.3
    let count: Int
    /// The global id of the first item.
    let firstItem: Int32
    /// The numbers between the starts of two latent vectors: the latent size in whole lanes.
    let stride: Int
    /// Latent vectors of length 1, with zeros behind each up to the stride.
    let latents: [Float]
    /// Each item's group.
    let clusters: [Int32]
    let popularity: AliasTable

    init(_ options: SimulationOptions, domain: Int, centers: [Float]) {
        let size = options.tasteSize
        let count = options.domains[domain].items
        self.count = count
        firstItem = 1 + Int32(options.domains[0..<domain].reduce(0) { $0 + $1.items })
        let stride = VectorMath.padded(size)
        self.stride = stride
        var latents = [Float](repeating: 0, count: count * stride)
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
            var squares: Float = 0
            for index in 0..<size {
                let value = shared * centers[cluster * size + index] + rest * own[index]
                latents[item * stride + index] = value
                squares += value * value
            }
            // All lengths are equal, so that over all users tastes favour no item.
            let scale = squares > 0 ? 1 / squares.squareRoot() : 0
            for index in 0..<size { latents[item * stride + index] *= scale }
        }
        self.latents = latents
        self.clusters = clusters
        var order = RandomStream(
            seed: options.seed, name: "simulation.popularity", UInt64(domain))
        popularity = AliasTable(
            weights: order.permutation(count).map { pow(Double($0 + 1), -options.popularitySkew) })
    }

    /// The groups' centers, the same in all domains.
    static func centers(_ options: SimulationOptions) -> [Float] {
        var stream = RandomStream(seed: options.seed, name: "simulation.clusters")
        return stream.normals(options.clusters * options.tasteSize)
    }
}
