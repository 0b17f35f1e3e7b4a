import Interactions
import Testing
import Torch
import TorchNN

@testable import Recommenders

/// Names of parameters have letters of domains in them; letters end, and some stand for other parts.
struct ManyDomainsTests {
    @Test("thirty domains have parameters of thirty names", arguments: RankerCase.all)
    func namesDiffer(ranker: RankerCase) throws {
        let shape = DataShape.domains(Array(repeating: 3, count: 30))
        let settings = try RankerCase.object(ranker.overrides)
        let random = RandomSources.seeded(1)
        let model = try Models.entry(named: ranker.name).build(settings, shape, random)
        let names = model.parameters().map(\.name)
        #expect(Set(names).count == names.count)
        #expect(model.state().count == names.count)
    }
}
