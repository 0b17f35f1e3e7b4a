import Foundation

/// Makes titles, texts, categories, brands, prices and vectors of items from what is latent in them.
struct SimulatedFeatures {
    private static let wordsPerCluster = 12
    private static let commonWords = 60
    private static let brandsPerCluster = 5
    /// Three syllables of 20 consonants and 5 vowels make this many words.
    private static let wordCount = 1_000_000
    private static let consonants = Array("bcdfghjklmnpqrstvwxz".utf8)
    private static let vowels = Array("aeiou".utf8)

    let options: SimulationOptions

    /// An item's words and numbers; with the stated chance each is one of the item's group.
    func features(domain: Int, item: Int, cluster: Int) -> ItemFeatures {
        var stream = RandomStream(
            seed: options.seed, name: "simulation.features", UInt64(domain), UInt64(item))
        let titleLength = 3 + stream.uniform(below: 3)
        let title = words(titleLength, cluster, &stream).map(\.capitalized)
        let text = words(12 + stream.uniform(below: 9), cluster, &stream)
        let category = told(cluster, &stream)
        let brand =
            told(cluster, &stream) * Self.brandsPerCluster
            + stream.uniform(below: Self.brandsPerCluster)
        let price = exp(3 + 0.8 * stream.normalPair().0)
        return ItemFeatures(
            title: title.joined(separator: " "),
            categories: Self.clusterWord(category, 0).capitalized,
            brand: Self.word(700_000 + brand).capitalized,
            price: (price * 100).rounded() / 100, text: text.joined(separator: " ") + ".")
    }

    /// The item's group, or another one where the text says nothing of the taste.
    private func told(_ cluster: Int, _ stream: inout RandomStream) -> Int {
        stream.happens(options.textSignal) ? cluster : stream.uniform(below: options.clusters)
    }

    private func words(_ count: Int, _ cluster: Int, _ stream: inout RandomStream) -> [String] {
        (0..<count).map { _ in
            stream.happens(options.textSignal)
                ? Self.clusterWord(cluster, stream.uniform(below: Self.wordsPerCluster))
                : Self.word(stream.uniform(below: Self.commonWords))
        }
    }

    /// A word of a group; groups share no words.
    static func clusterWord(_ cluster: Int, _ index: Int) -> String {
        word(commonWords + cluster * wordsPerCluster + index)
    }

    /// A word that can be spoken; different numbers below a million give different words.
    private static func word(_ number: Int) -> String {
        // The factor has no divisor in common with a million, so that near numbers give far words.
        var rest = (number * 618_033 + 271_828) % wordCount
        var word: [UInt8] = []
        for _ in 0..<3 {
            word.append(consonants[rest % 20])
            word.append(vowels[rest / 20 % 5])
            rest /= 100
        }
        return String(decoding: word, as: UTF8.self)
    }
}

/// A random linear map from latent vectors to vectors as an encoder would give, with noise.
struct SimulatedEncoder {
    let name: String
    let width: Int
    private let options: SimulationOptions
    private let missing: Double
    private let signal: Float
    private let noise: Float
    /// One row of the latent size for each number of a vector.
    private let projection: [Float]
    private var drawn: [Float]

    init?(name: String, width: Int, signal: Double, missing: Double, _ options: SimulationOptions) {
        guard width > 0 else { return nil }
        self.name = name
        self.width = width
        self.options = options
        self.missing = missing
        self.signal = Float(signal.squareRoot())
        noise = Float((1 - signal).squareRoot())
        var stream = RandomStream(seed: options.seed, name: "simulation.projection." + name)
        // Latent vectors have length 1, so that each projected number has variance 1.
        projection = stream.normals(width * options.tasteSize)
        drawn = [Float](repeating: 0, count: width)
    }

    /// The encoders that the options ask for.
    static func all(_ options: SimulationOptions) -> [SimulatedEncoder] {
        [
            SimulatedEncoder(
                name: "text", width: options.textWidth, signal: options.textSignal, missing: 0,
                options),
            SimulatedEncoder(
                name: "image", width: options.imageWidth, signal: options.imageSignal,
                missing: options.missingImages, options),
        ].compactMap { $0 }
    }

    /// Calls `body` with an item's vector, or with nil when the item has none.
    mutating func encode(
        domain: Int, item: Int, of items: SimulatedItems,
        _ body: (UnsafeBufferPointer<Float>?) -> Void
    ) {
        var stream = RandomStream(
            seed: options.seed, name: "simulation.vector." + name, UInt64(domain), UInt64(item))
        guard !stream.happens(missing) else { return body(nil) }
        let size = options.tasteSize
        if noise > 0 {
            drawn.withUnsafeMutableBufferPointer { stream.fillNormal($0) }
        }
        let start = items.row(ofItem: item)
        for row in 0..<width {
            var sum: Float = 0
            for index in 0..<size {
                sum += projection[row * size + index] * items.latents[start + index]
            }
            drawn[row] = signal * sum + (noise > 0 ? noise * drawn[row] : 0)
        }
        drawn.withUnsafeBufferPointer { body($0) }
    }
}
