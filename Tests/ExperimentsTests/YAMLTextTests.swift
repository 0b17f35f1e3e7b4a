import Foundation
import Interactions
import Recommenders
import Testing
import Torch
import TorchNN

@testable import Experiments

/// Files of settings as people, and others, write them.
@Suite struct YAMLTextTests {
    private func failure(_ text: String) -> String? {
        let error = #expect(throws: YAMLError.self) { try YAMLText.value(of: text) }
        return error?.description
    }

    @Test(arguments: [
        ("1000", JSONValue.int(1000)), ("1_000", .int(1000)), ("0x10", .int(16)), ("0", .int(0)),
        ("-0.5", .double(-0.5)), ("1e3", .double(1000)), ("1.5e-4", .double(1.5e-4)),
        ("true", .bool(true)), ("no", .bool(false)), ("maybe", .string("maybe")),
        ("\"010\"", .string("010")), ("12:30", .string("12:30")), ("1:30", .string("1:30")),
        ("9000000000000000000:10", .string("9000000000000000000:10")),
        ("1:1:1:1:1:1:1:1:1:1:1:1:1", .string("1:1:1:1:1:1:1:1:1:1:1:1:1")),
        ("2020-01-02", .string("2020-01-02")), ("~", .null), ("''", .string("")),
        ("e3", .string("e3")), ("99999999999999999999", .double(1e20)),
    ])
    func scalarsAreWhatTheyLookLike(text: String, value: JSONValue) throws {
        #expect(try YAMLText.value(of: "a: \(text)") == .object(["a": value]))
    }

    @Test func aNumberWithALeadingZeroIsNotGuessed() {
        #expect(
            failure("a: 1\nb: 010")
                == "2: 010 is an octal number in YAML; write 10, or \"010\" for text")
    }

    @Test func marksAndLineEndsOfOtherEditorsAreRead() throws {
        let value = JSONValue.object(["model": .string("popularity"), "seed": .int(3)])
        #expect(try YAMLText.value(of: "\u{FEFF}model: popularity\r\nseed: 3\r\n") == value)
        #expect(try YAMLText.value(of: "") == .object([:]))
        #expect(try YAMLText.value(of: "# nothing\n") == .object([:]))
    }

    @Test func aliasesAndMergesAreFollowed() throws {
        let value = try YAMLText.value(of: "a: &x {b: 1, c: 2}\nd: {<<: *x, c: 3}\ne: *x")
        #expect(value[["d"]] == .object(["b": .int(1), "c": .int(3)]))
        #expect(value[["e"]] == .object(["b": .int(1), "c": .int(2)]))
    }

    @Test(arguments: [
        ("a: 1\na: 2", "the key a is given twice"), ("a: 1\n---\na: 2", "document"),
        ("a: *b", "undefined alias"), ("a: &b [*b]", "undefined alias"),
        ("a: [1", "not YAML"), ("a: \u{0}", "NUL"), ("? [a]\n: 1", "a name as key"),
        ("a: {<<: 3}", "<<"), ("a: b: c", "not YAML"), ("\ta: 1", "not YAML"),
    ])
    func whatIsNoYAMLIsSaid(text: String, reason: String) {
        let said = failure(text)
        #expect(said?.contains(reason) == true, "\(said ?? "nothing")")
        #expect(said?.contains("\n") == false)
    }

    /// Nine in nine in nine …: three hundred bytes that stand for billions of values.
    ///
    /// Every one is ended by what it is counted for, before the parser or the reader follows it.
    @Test func hostileTextsAreEndedByACount() {
        var laugh = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        for level in 1..<10 {
            let aliases = (0..<9).map { _ in "*a\(level - 1)" }.joined(separator: ", ")
            laugh += "a\(level): &a\(level) [\(aliases)]\n"
        }
        var few = "a0: &a0 [\((0..<5000).map { _ in "x" }.joined(separator: ", "))]\n"
        for level in 1..<6 {
            few += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1), *a\(level - 1)]\n"
        }
        let deep = String(repeating: "[", count: 200_000) + String(repeating: "]", count: 200_000)
        let dashes = String(repeating: "- ", count: 100_000) + "a"
        let maps = String(repeating: "{a: ", count: 500) + "1" + String(repeating: "}", count: 500)
        let large = String(repeating: "a", count: 2 << 20)
        for (text, reason) in [
            (laugh, "has 81 aliases (*name), more than the 20 that are followed"),
            (few, "more than 100000 values, with what aliases stand for"),
            (deep, "more than 100 levels of keys and lists"),
            (dashes, "more than 100 levels of keys and lists"),
            (maps, "more than 100 levels of keys and lists"),
            (large, "larger than a file of settings is, 1 MB"),
        ] {
            let said = failure(text)
            #expect(said?.hasSuffix(reason) == true, "\(said ?? "nothing")")
        }
    }

    @Test(arguments: [
        (".=5", "--set .=5: expected names in the key"),
        ("training..epochs=5", "--set training..epochs=5: expected names in the key"),
        ("=5", "--set =5: expected names in the key"),
        ("training.epochs=", "--set training.epochs=: training.epochs: expected a whole number"),
        ("training.epochs=[", "--set training.epochs=[: not YAML"),
        ("model.name=x", "--set model.name=x: model is sasrec, which has no settings of its own"),
        (
            "parameters.scop=mixed",
            "--set parameters.scop=mixed: unknown key parameters.scop; did you mean parameters.scope?"
        ),
        ("parameters=5", "--set parameters=5: parameters: expected keys and values"),
        ("data.split=random", "data.split: unknown split \"random\"; known are leave-one-out, "),
        (
            "data.split={kind: cold-users, target: a, share: 0.5}",
            "data.split: split cold-users: validationShare is missing; it has target, share, validationShare"
        ),
        ("evaluation.metrics=[HR@10, NDCG@10, MAP@10]", "evaluation.metrics[2]: "),
        ("evaluation.candidates=sampled", "evaluation.candidates: expected full or sampled:"),
        ("evaluation.metrics=[]", "evaluation.metrics: expected one or more"),
        ("evaluation.metrics=[HR@1, HR@1]", "evaluation.metrics: expected each once"),
    ])
    func mistakesInAssignmentsAreTheirs(assignment: String, message: String) throws {
        let error = try #require(throws: (any Error).self) {
            try ExperimentConfiguration(yaml: "model: sasrec", assignments: [assignment])
        }
        #expect("\(error)".contains(message), "\(error)")
        #expect("\(error)".hasPrefix("--set \(assignment)"), "\(error)")
        #expect(!"\(error)".contains("expected unknown") && !"\(error)".contains("Decoding"))
    }

    /// One flag is enough to measure something else.
    @Test func theSelectionFollowsTheMetrics() throws {
        let experiment = try ExperimentConfiguration(
            yaml: "model: sasrec", assignments: ["evaluation.metrics=[HR@10, MRR]"])
        #expect(try experiment.resolved().evaluation.selection == "HR@10")
        #expect(experiment.notes.contains { $0.contains("chosen by HR@10") })
        let other = try ExperimentConfiguration(
            yaml: "{model: sasrec, evaluation: {selection: NDCG@10}}",
            assignments: ["evaluation.metrics=[HR@10, MRR]"])
        #expect(try other.resolved().evaluation.selection == "HR@10")
        let plain = try ExperimentConfiguration(yaml: "model: sasrec")
        #expect(try plain.resolved().evaluation.selection == "NDCG@10")
        #expect(plain.notes.isEmpty)
        let rating = try ExperimentConfiguration(yaml: "{model: emcdr, evaluation: {task: rating}}")
        #expect(try rating.resolved().evaluation.selection == "MAE")
    }

    /// One window: the model's, which `data` can name too.
    @Test(arguments: [
        ("{model: pi-net}", [], 200), ("{model: pi-net, data: {maximumLength: 30}}", [], 30),
        ("{model: pi-net, parameters: {maximumLength: 30}}", [], 30),
        ("{model: pi-net, parameters: {maximumLength: 30}, data: {maximumLength: 30}}", [], 30),
        ("{model: pi-net, parameters: {maximumLength: 30}}", ["data.maximumLength=9"], 9),
        ("{model: pi-net, data: {maximumLength: 30}}", ["parameters.maximumLength=9"], 9),
    ])
    func thereIsOneWindow(yaml: String, assignments: [String], length: Int) throws {
        let experiment = try ExperimentConfiguration(yaml: yaml, assignments: assignments)
        let random = RandomSources(initializationSeed: 0, dropoutSeed: 0)
        let shape = try DataShape(cyclicDataset())
        #expect(try experiment.builtModel(shape, random).window == HistoryWindow(length))
        let resolved = try experiment.resolved()
        #expect(try resolved.builtModel(shape, random).window == HistoryWindow(length))
        let text = try resolved.yaml()
        #expect(text.components(separatedBy: "maximumLength: \(length)\n").count == 2)
        #expect(text.components(separatedBy: "maximumLength").count == 2)
        #expect(try ExperimentConfiguration(yaml: text) == resolved)
    }

    @Test(arguments: [
        (
            "{model: pi-net, parameters: {maximumLength: 200}, data: {maximumLength: 50}}",
            "data.maximumLength: 50 is not parameters.maximumLength, which is 200"
        ),
        (
            "{model: popularity, data: {maximumLength: 50}}",
            "data.maximumLength does nothing as popularity reads histories of any length; leave it out"
        ),
        (
            "{model: abxi, training: {negativePoolQuirk: true}}",
            "training.negativePoolQuirk: it is parameters.negativePoolQuirk now"
        ),
        (
            "{model: emcdr, evaluation: {task: rating, candidates: 'sampled:9'}}",
            "evaluation.candidates does nothing where ratings are predicted; leave it out"
        ),
        (
            "{model: sasrec, training: {optimizer: {kind: adam, momentum: 0.9}}}",
            "training.optimizer.momentum does nothing beside optimizer.kind: adam; leave it out"
        ),
    ])
    func whatSaysNothingIsRefused(yaml: String, message: String) throws {
        let error = try #require(throws: ConfigurationError.self) {
            try ExperimentConfiguration(yaml: yaml)
        }
        #expect(error.description.hasPrefix(message), "\(error)")
    }

    @Test func differencesAreNamedWithOldAndNewValues() throws {
        let old = try ExperimentConfiguration(yaml: tinySASRec).resolved()
        let new = try ExperimentConfiguration(
            yaml: tinySASRec, assignments: ["training.epochs=9", "parameters.heads=1"]
        ).resolved()
        #expect(
            new.differences(from: old).map(\.description) == [
                "parameters.heads was 2, is 1", "training.epochs was 4, is 9",
            ])
        // Another model has other settings, and many differences are not all read.
        let other = try ExperimentConfiguration(yaml: "model: popularity").resolved()
        #expect(other.differences(from: old).text == "model was sasrec, is popularity")
        let many = try ExperimentConfiguration(
            yaml: tinySASRec,
            assignments: [
                "seed=1", "training.epochs=9", "training.patience=7", "data.repeats=drop",
            ]
        ).resolved()
        #expect(
            many.differences(from: old).text
                == "data.repeats was keep, is drop, seed was 3, is 1, training.epochs was 4, is 9 "
                + "and 1 more")
        #expect(old.differences(from: old).isEmpty)
    }

    /// Ten examples that sum to 10 and two that sum to 8 are 18 / 12; what a batch has as a whole is a mean over batches.
    @Test func aShortBatchWeighsLess() {
        var totals = LossTotals()
        var whole = Loss()
        whole.add("a", sum: Tensor(10), over: 10, weight: 2)
        whole.add("penalty", ofBatch: Tensor(4), weight: 0.5)
        totals.add(whole, examples: 10)
        var short = Loss("a", Tensor([3, 5]))
        short.add("penalty", ofBatch: Tensor(2), weight: 0.5)
        short.add("nothing", Tensor([Float]()))
        let values = [whole, short].map { $0.total?.item() ?? Double.nan }
        #expect(values == [2 + 2, 4 + 1] && short.terms.count == 2)
        totals.add(short, examples: 2)
        #expect(totals.partMeans == ["a": 1.5, "penalty": 3])
        #expect(totals.mean == 2 * 1.5 + 0.5 * 3)
        #expect(totals.examples == 12)
        #expect(LossTotals().mean == 0 && Loss().total == nil)
    }
}
