import Recommenders
import Testing
import TorchNN

@testable import Experiments

/// What is known of a run's memory before its rehearsal.
struct MemoryForecastTests {
    /// Twenty-one rows of image vectors are data: they have neither gradients nor moments.
    @Test func dataIsCountedOnce() throws {
        let shape = DataShape(
            domains: [
                .init(name: "a", firstItem: 1, itemCount: 12),
                .init(name: "b", firstItem: 13, itemCount: 8),
            ], userCount: 3)
        let model = try Models.entry(named: "ifcdsr").build(
            ["embeddingSize": 8, "imageSize": 64], shape,
            RandomSources(initializationSeed: 0, dropoutSeed: 0))
        let trained = model.parameterCount
        #expect(trained > 1000)
        #expect(
            MemoryForecast.parameterBytes(of: model, moments: 2)
                == Double(4 * (4 * trained + 21 * 64)))
        #expect(
            MemoryForecast.parameterBytes(of: model, moments: 1)
                == Double(4 * (3 * trained + 21 * 64)))
    }
}
