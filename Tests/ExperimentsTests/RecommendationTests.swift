import Experiments
import Foundation
import Interactions
import Recommenders
import Testing

struct RecommendationTests {
    private func saved(_ yaml: String, _ folder: TemporaryFolder) throws -> SavedModel {
        let run = folder.run("run")
        try Trainer(
            ExperimentConfiguration(yaml: yaml), dataset: cyclicDataset(), run: run
        ).train()
        return try SavedModel(run)
    }

    private func history(_ items: String...) -> [HistoryItem] {
        items.flatMap { (try? HistoryItem.list(parsing: $0)) ?? [] }
    }

    @Test func itemsOfTheHistoryAreNotRecommendedAndTheBestComeFirst() throws {
        let folder = try TemporaryFolder()
        let model = try saved(tinyABXI, folder)
        let answer = try model.recommend(
            history: history("books:books-01", "films:films-03", "books:books-02"), in: "films",
            count: 20)
        #expect(answer.items.count == 14)
        #expect(!answer.items.map(\.item).contains("films-03"))
        #expect(answer.items.map(\.score) == answer.items.map(\.score).sorted(by: >))
        #expect(answer.items.allSatisfy { $0.title?.hasPrefix("The films") == true })
        #expect(!answer.isFallback)
    }

    @Test func aHistoryInTheOtherDomainIsEnough() throws {
        let folder = try TemporaryFolder()
        let model = try saved(tinyABXI, folder)
        let one = try model.recommend(history: history("books:books-01"), in: "films", count: 5)
        let other = try model.recommend(history: history("books:books-09"), in: "films", count: 5)
        #expect(!one.isFallback)
        #expect(one.items != other.items)
    }

    /// Sizes that a request asks for are cut to what there is before anything is made of them.
    @Test func hugeRequestsAreAnswered() throws {
        let folder = try TemporaryFolder()
        let model = try saved(tinyABXI, folder)
        let items = (0..<15).map {
            HistoryItem(domain: "books", item: String(format: "books-%02d", $0))
        }
        let long = (0..<20_000).flatMap { _ in items }
        let answer = try model.recommend(history: long, in: "films", count: .max)
        #expect(answer.items.count == 15 && answer.catalogSize == 15)
        // Only the latest events are read, so that the others change nothing.
        let recent = try model.recommend(
            history: Array(long.suffix(60)), in: "films", count: .max)
        #expect(answer == recent)
    }

    @Test func unknownItemsAreNamedAndNothingKnownFallsBackToPopularity() throws {
        let folder = try TemporaryFolder()
        let model = try saved(tinyABXI, folder)
        let answer = try model.recommend(
            history: history("books:nonsense"), in: "films", count: 3)
        #expect(answer.unknown == ["books:nonsense"])
        #expect(answer.isFallback)
        let scores = answer.items.map(\.score)
        #expect(scores == scores.sorted(by: >) && scores.allSatisfy { $0 == $0.rounded() })
        let mixed = try model.recommend(
            history: history("books:nonsense", "books:books-01"), in: "films", count: 3)
        #expect(mixed.unknown == ["books:nonsense"] && !mixed.isFallback)
    }

    @Test(arguments: [
        "{model: sasrec, parameters: {embeddingSize: 8, layers: 1, heads: 2, scope: per-domain}, training: {epochs: 1}}",
        """
        {model: tri-cdr, training: {epochs: 1}, parameters:
          {embeddingSize: 8, blocks: 1, attentionSize: 6, attentionInnerSize: 4, pretrainingEpochs: 1, target: books}}
        """,
    ])
    func whatAModelKnowsNothingAboutFallsBackToPopularity(_ yaml: String) throws {
        let folder = try TemporaryFolder()
        let model = try saved(yaml, folder)
        let answer = try model.recommend(
            history: history("books:books-01", "books:books-02"), in: "films", count: 3)
        #expect(answer.isFallback)
        let none = try model.recommend(history: [], in: "films", count: 3)
        #expect(answer.items == none.items && (none.items.first?.score ?? 0) > 1)
        let known = try model.recommend(
            history: history("books:books-01", "books:books-02"), in: "books", count: 3)
        #expect(!known.isFallback)
    }

    /// A person's own events of the domain that lie outside the window are not read, in evaluation as here.
    @Test func whatLiesOutsideTheWindowIsNotKnown() throws {
        let folder = try TemporaryFolder()
        let model = try saved(
            """
            model: ifcdsr
            parameters:
              {embeddingSize: 8, blocks: 1, images: "", maximumLength: 3, otherWeight: 0, mixedWeight: 0}
            training: {epochs: 1}
            """, folder)
        let far = try model.recommend(
            history: history(
                "films:films-01", "books:books-01", "books:books-02", "books:books-03"),
            in: "films", count: 3)
        #expect(far.isFallback && far.items.allSatisfy { $0.score == $0.score.rounded() })
        let near = try model.recommend(
            history: history("books:books-01", "films:films-01"), in: "films", count: 3)
        #expect(!near.isFallback)
        let dataset = try cyclicDataset()
        let unread = (0..<dataset.userCount).count { user in
            let domains = dataset.events(of: UserID(rawValue: Int32(user)))
                .map { dataset.domain(of: ItemID(rawValue: dataset.items[$0])) }
            return !domains.dropLast().suffix(3).contains(domains[domains.count - 1])
        }
        let result = try folder.run("run").result()
        #expect(unread > 0 && result.byPopularity.values.reduce(0, +) == unread)
        #expect(result.warnings.contains { $0.contains("were ranked by popularity") })
    }

    @Test func anUnknownDomainNamesTheNearest() throws {
        let folder = try TemporaryFolder()
        let model = try saved("model: popularity", folder)
        #expect(
            throws: RecommendationError.unknownDomain(
                "film", nearest: "films", known: ["books", "films"])
        ) {
            try model.recommend(history: [], in: "film", count: 3)
        }
        #expect(try model.recommend(history: [], in: "films", count: 0).items.isEmpty)
    }

    @Test func aUserOfTheDatasetCanBeNewInADomain() throws {
        let folder = try TemporaryFolder()
        let model = try saved(tinyABXI, folder)
        let dataset = try cyclicDataset()
        let user = UserID(rawValue: 4)
        let films = try #require(dataset.domain(named: "films"))
        let full = try model.recommend(user: user, of: dataset, in: "films", count: 15)
        let hidden = try model.recommend(
            user: user, of: dataset, in: "films", count: 15, hiding: [films])
        // Nothing of the hidden domain is seen, so everything can be recommended.
        #expect(hidden.items.count == 15)
        #expect(full.items.count < 15)
    }

    /// Its numbers of items lead outside the model's tables.
    @Test func anotherDatasetsPeopleAreRefused() throws {
        let folder = try TemporaryFolder()
        let model = try saved(tinyABXI, folder)
        let other = try MadeUpData.noSignal(users: 9, items: 90).dataset()
        #expect(throws: RecommendationError.otherDataset(path: "the dataset")) {
            try model.recommend(user: UserID(rawValue: 0), of: other, in: "films", count: 3)
        }
    }

    /// What a user's own vectors were trained with cannot be left out; EMCDR's bridge does without the target.
    @Test func whatAModelCannotForgetIsNotHidden() throws {
        let folder = try TemporaryFolder()
        let dataset = try cyclicDataset()
        let user = UserID(rawValue: 4)
        let (books, films) = (DomainID(rawValue: 0), DomainID(rawValue: 1))
        let settings = "evaluation: {task: rating, selection: MAE}}"
        for (name, model, hidden, isPossible) in [
            ("mf", "{model: biased-mf, training: {epochs: 1}", films, false),
            ("emcdr", "{model: emcdr", films, true),
            ("emcdr-source", "{model: emcdr", books, false),
        ] {
            let run = folder.run(name)
            try Trainer(
                ExperimentConfiguration(yaml: "\(model), \(settings)"), dataset: dataset, run: run
            ).train()
            let saved = try SavedModel(run)
            let answer = {
                try saved.recommend(
                    user: user, of: dataset, in: "films", count: 15, hiding: [hidden])
            }
            if isPossible {
                #expect(try answer().items.count == 15)
            } else {
                let domain = hidden == films ? "films" : "books"
                #expect(throws: RecommendationError.cannotForget(domain: domain)) { try answer() }
            }
        }
    }

    @Test func theRunAloneIsEnoughAndADamagedOneIsNamed() throws {
        let folder = try TemporaryFolder()
        _ = try saved(tinySASRec, folder)
        let run = folder.run("run")
        let kept = try Data(contentsOf: run.weights)
        try kept.prefix(kept.count / 2).write(to: run.weights)
        #expect(throws: (any Error).self) { try SavedModel(run) }
        try FileManager.default.removeItem(at: run.model)
        let error = #expect(throws: RunError.self) { try SavedModel(run) }
        #expect(error?.description.contains("model.json") == true)
    }
}
