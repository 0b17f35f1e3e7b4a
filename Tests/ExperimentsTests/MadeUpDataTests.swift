import Recommenders
import Testing

/// What every model of the registry that ranks from histories finds in data whose making is known, over the whole spine.
///
/// Bounds are four deviations of the binomial distribution: of all these tests together one in some hundreds would fail by
/// chance, and the seeds are fixed.
struct MadeUpDataTests {
    private static let function = MadeUpData.functionOfTheOther()
    private static let noise = MadeUpData.noSignal()
    private static let independent = MadeUpData.independentDomains()

    /// How far a share of so many cases may be from its mean.
    private func bound(_ share: Double, _ cases: Int) -> Double {
        4 * (share * (1 - share) / Double(cases)).squareRoot()
    }

    private func share(_ hits: [Bool]) -> Double {
        Double(hits.count { $0 }) / Double(hits.count)
    }

    @Test func reasonsAreOfCasesThatThereAre() throws {
        // A model that cannot be built is not one that is left out.
        let models = try Models.all.keys.filter { try SequentialCase.ranksFromHistories($0) }
        #expect(!models.isEmpty && Set(SequentialCase.all.map(\.model)) == Set(models))
        let names = Set(SequentialCase.all.map(\.name))
        #expect(names.count == SequentialCase.all.count)
        #expect(Set(SequentialCase.blind.keys).subtracting(names) == [])
    }

    /// The next item is a function of the newest event, which is of the other domain.
    ///
    /// It is validated once, after the last epoch, for what validates is drawn. Four events fill a model's window in training
    /// as in scoring, so that no place is met for the first time when it counts.
    @Test(arguments: SequentialCase.all + SequentialCase.withGCA)
    func newestEventOfTheOtherDomainIsUsed(_ model: SequentialCase) throws {
        let epochs = model.gcaStages > 0 ? 6 : 10
        let hits = try model.hits(
            on: Self.function, epochs: epochs, evaluateEvery: epochs, window: 4)
        #expect(hits.count == 960)
        let found = share(hits)
        if let reason = SequentialCase.blind[model.name] {
            let most = Self.function.chance + bound(Self.function.chance, hits.count)
            #expect(found < most, "it finds it, so this is no longer true: \(reason)")
        } else {
            #expect(found > 0.85)
        }
    }

    /// Above chance is only who knows the answer.
    @Test(arguments: SequentialCase.all + SequentialCase.withGCA)
    func nothingIsFoundInNoise(_ model: SequentialCase) throws {
        let hits = try model.hits(on: Self.noise, epochs: 6)
        #expect(hits.count == 200)
        #expect(share(hits) < Self.noise.chance + bound(Self.noise.chance, hits.count))
    }

    /// The best single-domain model on domains that know nothing of each other; it finds all that can be known.
    private static let twin = Result {
        try SequentialCase.all.filter(\.isSingleDomain).map {
            try $0.hits(on: independent, epochs: 16)
        }
        .max { $0.count { $0 } < $1.count { $0 } } ?? []
    }

    @Test func theTwinFindsWhatItsDomainTells() throws {
        let found = try share(Self.twin.get())
        let knowable = Self.independent.knowable
        #expect(abs(found - knowable) < bound(knowable, 240))
    }

    /// Where domains are independent, whoever reads both is not above who reads one.
    ///
    /// Of the cases that just one of both hits each is as likely, so that the bound is that of a fair coin.
    @Test(
        arguments: SequentialCase.all.filter { !$0.isSingleDomain }
            + SequentialCase.withGCA.filter { $0.gcaStages > 1 })
    func noneIsAboveTheTwinOnIndependentDomains(_ model: SequentialCase) throws {
        let twin = try Self.twin.get()
        let hits = try model.hits(on: Self.independent, epochs: 10)
        #expect(hits.count == 240 && twin.count == 240)
        let gained = zip(hits, twin).count { $0 && !$1 }
        let lost = zip(hits, twin).count { !$0 && $1 }
        #expect(Double(gained - lost) < max(4 * Double(gained + lost).squareRoot(), 1))
    }
}
