internal import Interactions
internal import Synchronization
internal import Torch
public import TorchNN

/// A model by its name: what it is and how to build it.
public struct ModelEntry: Sendable {
    /// The paper: authors, title, venue.
    public let paper: String
    /// The default settings by key.
    public let defaults: @Sendable () -> JSONValue
    /// The settings laid over the defaults, checked, without building anything.
    public let settings: @Sendable (JSONValue) throws(ConfigurationError) -> any ModelConfiguration
    /// Builds it from settings laid over the defaults.
    public let build:
        @Sendable (JSONValue, DataShape, RandomSources) throws(ConfigurationError) ->
            any Recommender

    /// The entry of a type.
    init<Model: Recommender>(_ type: Model.Type, _ paper: String) {
        self.paper = paper
        defaults = { Model.Configuration().json }
        settings = { overrides throws(ConfigurationError) in
            try Model.Configuration(overrides: overrides)
        }
        build = { overrides, shape, random throws(ConfigurationError) in
            let configuration = try Model.Configuration(overrides: overrides)
            try requireMemory(for: Model.self, configuration, shape)
            return try Model(configuration, shape: shape, random: random)
        }
    }
}

/// Every model by name: those of this package, and what programs that use it register.
public enum Models {
    private static let known = Mutex(shipped)

    /// Every model that is known now.
    public static var all: [String: ModelEntry] { known.withLock { $0 } }

    /// Makes a model of another package known by a name, as experiments and saved runs give it.
    ///
    /// Throws where the name is taken, by whatever type, or is none that a file can hold.
    public static func register<Model: Recommender>(
        _ type: Model.Type, as name: String, paper: String
    ) throws(ConfigurationError) {
        try require(
            !name.isEmpty
                && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") },
            "model", expected: "a name of letters, digits and hyphens", got: name)
        let isNew = known.withLock { models in
            guard models[name] == nil else { return false }
            models[name] = ModelEntry(type, paper)
            return true
        }
        try require(isNew, "model", expected: "a name that no model has", got: name)
    }

    /// Name, type, paper: the one place to add one.
    private static let shipped: [String: ModelEntry] = [
        "popularity": ModelEntry(Popularity.self, "Training events of each item; the baseline"),
        "mean-rating": ModelEntry(MeanRating.self, "Means of training ratings; the baseline"),
        "biased-mf": ModelEntry(
            BiasedMF.self,
            "Koren, Bell, Volinsky: Matrix Factorization Techniques for Recommender Systems. "
                + "IEEE Computer 2009"),
        "emcdr": ModelEntry(
            EMCDR.self,
            "Man et al.: Cross-Domain Recommendation: An Embedding and Mapping Approach. "
                + "IJCAI 2017"),
        "sasrec": ModelEntry(
            SASRec.self,
            "Kang, McAuley: Self-Attentive Sequential Recommendation. ICDM 2018"),
        "c2dsr": ModelEntry(
            C2DSR.self,
            "Cao et al.: Contrastive Cross-Domain Sequential Recommendation. CIKM 2022; with GCA "
                + "(parameters.gca.stages)"),
        "ifcdsr": ModelEntry(
            IFCDSR.self,
            "Wu et al.: Image Fusion for Cross-Domain Sequential Recommendation. "
                + "WWW Companion 2025"),
        "pi-net": ModelEntry(
            PiNet.self,
            "Ma et al.: π-Net: A Parallel Information-sharing Network for Shared-account "
                + "Cross-domain Sequential Recommendations. SIGIR 2019"),
        "psjnet": ModelEntry(
            PSJNet.self,
            "Sun et al.: Parallel Split-Join Networks for Shared Account Cross-domain Sequential "
                + "Recommendations. TKDE 2021; variant II is inferred"),
        "mifn": ModelEntry(
            MIFN.self,
            "Ma et al.: Mixed Information Flow for Cross-domain Sequential Recommendations. "
                + "TKDD 2022"),
        "llm4cdsr": ModelEntry(
            LLM4CDSR.self,
            "Liu et al.: Bridge the Domains: Large Language Models Enhanced Cross-domain Sequential "
                + "Recommendation. SIGIR 2025; with GCA (parameters.gca.stages)"),
        "cdsrnp-style": ModelEntry(
            CDSRNPStyle.self,
            "A stand-in for, not the method of: Li et al., arXiv 2410.13588, 2024, of which only the "
                + "abstract could be read; with GCA (parameters.gca.stages)"),
        "tri-cdr": ModelEntry(
            TriCDR.self,
            "Ma et al.: Triple Sequence Learning for Cross-domain Recommendation. TOIS 2024"),
        "gru4rec": ModelEntry(
            GRU4Rec.self,
            "Hidasi et al.: Session-based Recommendations with Recurrent Neural Networks. "
                + "ICLR 2016"),
        "sr-gnn": ModelEntry(
            SRGNN.self,
            "Wu et al.: Session-based Recommendation with Graph Neural Networks. AAAI 2019"),
        "abxi": ModelEntry(
            ABXI.self,
            "Bian et al.: ABXI: Invariant Interest Adaptation for Task-Guided Cross-Domain "
                + "Sequential Recommendation. WWW 2025; with GCA (parameters.gca.stages): "
                + "Lee et al., arXiv 2510.09435, 2025"),
    ]

    /// The entry of a name; an unknown one is an error that names the nearest.
    public static func entry(named name: String) throws(ConfigurationError) -> ModelEntry {
        let all = all
        guard let entry = all[name] else {
            throw .unknownName(
                path: "model", name: name, nearest: nearestName(to: name, in: all.keys.sorted()),
                known: all.keys.sorted())
        }
        return entry
    }
}

private func gigabytes(_ bytes: Double) -> String {
    "\((bytes / 1e8).rounded() / 10) GB"
}

/// Throws where this machine cannot hold the parameters, which are counted before there is memory for them.
private func requireMemory<Model: Recommender>(
    for type: Model.Type, _ configuration: Model.Configuration, _ shape: DataShape
) throws(ConfigurationError) {
    let random = RandomSources(initializationSeed: 0, dropoutSeed: 0)
    func bytes(_ configuration: Model.Configuration) throws(ConfigurationError) -> Double {
        try plannedBytes { () throws(ConfigurationError) in
            _ = try Model(configuration, shape: shape, random: random)
        }
    }
    let limit = Double(Engine.memoryLimit)
    let needed = try bytes(configuration)
    guard needed > limit else { return }
    // The setting that would save the most if it had its default.
    var best: (path: String, value: String, bytes: Double)?
    for leaf in leaves(of: configuration.json) {
        guard case .int = leaf.value, let standard = Model.Configuration().json[leaf.path],
            let smaller = try? Model.Configuration(
                overrides: configuration.json.setting(standard, at: leaf.path)),
            let saved = try? bytes(smaller), saved < min(needed, best?.bytes ?? needed)
        else { continue }
        best = (leaf.path.joined(separator: "."), leaf.value.text, saved)
    }
    let cause: String = best.map { "with \($0.value)" } ?? "for so much data"
    throw .invalid(
        path: best?.path ?? "model",
        reason: "the parameters need \(gigabytes(needed)) of memory \(cause), of which there "
            + "are \(gigabytes(limit)); take a smaller value")
}
