extension RankerCase {
    /// The suite's list: at least one case for each registered name.
    static let all = [
        RankerCase(
            name: "popularity", overrides: "{}", perturbations: [:], parameters: "counts: 13",
            overfit: nil),
        sasrec("mixed"),
        sasrec("per-domain"),
        sasrecWithGCA,
        gru4rec("mixed"),
        gru4rec("per-domain"),
        srgnn("mixed"),
        srgnn("per-domain"),
        abxi,
        c2dsr,
        ifcdsr,
        splitJoin("pi-net"),
        splitJoin("psjnet"),
        mifn,
        llm4cdsr,
        cdsrnpStyle,
        tricdr,
    ]
}

extension RankerCase {
    private static func sasrec(_ scope: String) -> RankerCase {
        RankerCase(
            name: "sasrec",
            overrides: """
                {"embeddingSize": 8, "layers": 1, "innerSize": 12, "hiddenDropout": 0.2,
                 "attentionDropout": 0.2, "maximumLength": 6, "scope": "\(scope)"}
                """,
            perturbations: [
                "embeddingSize": "16", "layers": "2", "heads": "4", "innerSize": "10",
                "hiddenDropout": "0.3", "attentionDropout": "0.3", "activation": #""relu""#,
                "layerNormEpsilon": "0.01", "initializerRange": "0.05", "maximumLength": "5",
                "scope": other(scope), "scoresPadding": "true", "softmax": #""shared""#,
                "negatives": "3", "gca.stages": "[2]",
            ].merging(gcaPerturbations) { $1 },
            prerequisites: sampling.merging(gcaPrerequisites) { $1 },
            parameters: scope == "mixed"
                ? sasrecParameters(items: 12)
                : [
                    sasrecParameters(items: 6, prefix: "a."),
                    sasrecParameters(items: 6, prefix: "b."),
                ]
                .joined(separator: "\n"),
            overfit: Overfit(steps: 80, learningRate: 0.02, loss: 0.4))
    }

    /// Two threads that hear of each other at all three places.
    private static var sasrecWithGCA: RankerCase {
        RankerCase(
            name: "sasrec",
            overrides: """
                {"embeddingSize": 8, "layers": 1, "innerSize": 12, "hiddenDropout": 0.2,
                 "attentionDropout": 0.2, "maximumLength": 6, "scope": "per-domain",
                 "gca": {"stages": [0, 1, 2], "dropout": 0.2}}
                """,
            perturbations: [
                "embeddingSize": "16", "layers": "2", "heads": "4", "innerSize": "10",
                "hiddenDropout": "0.3", "attentionDropout": "0.3", "activation": #""relu""#,
                "layerNormEpsilon": "0.01", "initializerRange": "0.05", "maximumLength": "5",
                "scope": #""mixed""#, "scoresPadding": "true", "softmax": #""shared""#,
                "negatives": "3", "gca.stages": "[2]",
            ].merging(gcaPerturbations) { $1 },
            prerequisites: sampling.merging(
                ["scope": ["gca.stages": "[]", "gca.dropout": "0"]]
            ) { $1 },
            parameters: ([
                sasrecParameters(items: 6, prefix: "a."), sasrecParameters(items: 6, prefix: "b."),
            ] + gcaModules(stages: 0..<3)).joined(separator: "\n"),
            overfit: Overfit(steps: 80, learningRate: 0.02, loss: 0.4))
    }

    /// Other settings of GCA than the cases have.
    static let gcaPerturbations = [
        "gca.depth": "2", "gca.heads": "4", "gca.activation": #""tanh""#,
        "gca.hiddenActivation": #""gelu""#, "gca.normalization": #""pre""#,
        "gca.zeroGate": "true", "gca.dropout": "0.3",
    ]

    /// GCA is for encoders of domains, and its settings count where it is attached.
    private static let gcaPrerequisites = ["gca.stages": ["scope": #""per-domain""#]].merging(
        gcaPerturbations.mapValues { _ in
            ["scope": #""per-domain""#, "gca.stages": "[0]"]
        }
    ) { $1 }

    /// The number of negatives counts where there are any.
    private static let sampling = ["negatives": ["softmax": #""sampled""#]]

    private static func other(_ scope: String) -> String {
        scope == "mixed" ? #""per-domain""# : #""mixed""#
    }

    private static func gru4rec(_ scope: String) -> RankerCase {
        RankerCase(
            name: "gru4rec",
            overrides: """
                {"embeddingSize": 8, "hiddenSize": 10, "dropout": 0.2, "maximumLength": 6,
                 "scope": "\(scope)"}
                """,
            perturbations: [
                "embeddingSize": "16", "hiddenSize": "12", "layers": "2", "dropout": "0.3",
                "maximumLength": "2", "scope": other(scope), "softmax": #""shared""#,
                "negatives": "3",
            ],
            prerequisites: sampling,
            parameters: scope == "mixed"
                ? gru4recParameters(items: 12)
                : [
                    gru4recParameters(items: 6, prefix: "a."),
                    gru4recParameters(items: 6, prefix: "b."),
                ]
                .joined(separator: "\n"),
            overfit: Overfit(steps: 80, learningRate: 0.02, loss: 0.4))
    }

    private static func srgnn(_ scope: String) -> RankerCase {
        RankerCase(
            name: "sr-gnn",
            overrides: #"{"embeddingSize": 8, "maximumLength": 6, "scope": "\#(scope)"}"#,
            perturbations: [
                "embeddingSize": "16", "steps": "2", "maximumLength": "2", "scope": other(scope),
                "softmax": #""shared""#, "negatives": "3",
            ],
            prerequisites: sampling,
            parameters: scope == "mixed"
                ? srgnnParameters(items: 12)
                : [
                    srgnnParameters(items: 6, prefix: "a."),
                    srgnnParameters(items: 6, prefix: "b."),
                ]
                .joined(separator: "\n"),
            overfit: Overfit(steps: 80, learningRate: 0.02, loss: 0.4), usesChance: false)
    }

    private static var abxi: RankerCase {
        RankerCase(
            name: "abxi",
            overrides: """
                {"embeddingSize": 8, "innerSize": 12, "domainRank": 2, "invariantRank": 3,
                 "dropout": 0.2, "maximumLength": 6, "negatives": 2,
                 "gca": {"stages": [0, 1], "dropout": 0.2}}
                """,
            perturbations: [
                "embeddingSize": "16", "heads": "4", "innerSize": "10", "domainRank": "1",
                "invariantRank": "2", "dropout": "0.3", "maximumLength": "5", "temperature": "0.5",
                "negatives": "3", "softmax": #""shared""#, "truncatedEmbeddings": "false",
                "attendsPadding": "true", "negativePoolQuirk": "true",
                "gca.stages": "[2]",
            ].merging(gcaPerturbations) { $1 },
            parameters: abxiParameters,
            overfit: Overfit(steps: 80, learningRate: 0.02, loss: 0.4))
    }

    private static var c2dsr: RankerCase {
        RankerCase(
            name: "c2dsr",
            overrides: """
                {"embeddingSize": 8, "blocks": 1, "heads": 2, "maximumLength": 6, "lossWindow": 5,
                 "gca": {"stages": [0], "dropout": 0.2}}
                """,
            perturbations: [
                "embeddingSize": "16", "blocks": "2", "heads": "4", "dropout": "0.3",
                "maximumLength": "5", "lossWindow": "2", "predictionWeight": "0.5",
                "attendsPadding": "true",
                "gca.stages": "[1]",
            ].merging(gcaPerturbations) { $1 },
            parameters: c2dsrParameters,
            overfit: Overfit(steps: 120, learningRate: 0.02, loss: 0.8))
    }

    private static var mifn: RankerCase {
        RankerCase(
            name: "mifn",
            overrides: """
                {"embeddingSize": 8, "dropout": 0.1, "maximumLength": 6, "graphSteps": 2,
                 "entities": 10, "values": 3}
                """,
            perturbations: [
                "embeddingSize": "16", "dropout": "0.3", "maximumLength": "2", "graphSteps": "3",
                "entities": "7", "hops": "1", "relations": #"["brand"]"#, "values": "2",
            ],
            parameters: mifnParameters,
            overfit: Overfit(steps: 120, learningRate: 0.02, loss: 1))
    }

    private static func splitJoin(_ name: String) -> RankerCase {
        var perturbations = [
            "embeddingSize": "16", "hiddenSize": "12", "members": "2", "dropout": "0.3",
            "maximumLength": "2", "softmax": #""shared""#, "negatives": "3",
        ]
        if name == "psjnet" { perturbations["variant"] = #""I""# }
        return RankerCase(
            name: name,
            overrides: """
                {"embeddingSize": 8, "hiddenSize": 10, "members": 3, "dropout": 0.1,
                 "maximumLength": 6}
                """,
            perturbations: perturbations, prerequisites: sampling,
            parameters: splitJoinParameters(isSplit: name == "psjnet"),
            overfit: Overfit(steps: 80, learningRate: 0.02, loss: 0.8))
    }

    private static var ifcdsr: RankerCase {
        RankerCase(
            name: "ifcdsr",
            overrides: """
                {"embeddingSize": 8, "imageSize": 4, "blocks": 1, "dropout": 0.2,
                 "maximumLength": 6}
                """,
            perturbations: [
                "embeddingSize": "16", "blocks": "2", "heads": "2", "dropout": "0.3",
                "maximumLength": "5", "images": #""""#, "imageSize": "6", "idWeight": "0.5",
                "separateEncoders": "false", "ownWeight": "0.5", "otherWeight": "0.2",
                "mixedWeight": "0.5", "acrossDomains": "true",
                "target": #""a""#, "temperature": "0.1", "softmax": #""shared""#,
                "negatives": "3",
            ],
            prerequisites: [
                "negatives": ["softmax": #""shared""#],
                // The images' own settings do nothing without them, but as they are by default.
                "images": ["imageSize": "512"],
            ],
            parameters: ifcdsrParameters,
            overfit: Overfit(steps: 120, learningRate: 0.02, loss: 3))
    }

    private static var tricdr: RankerCase {
        RankerCase(
            name: "tri-cdr",
            overrides: """
                {"embeddingSize": 8, "blocks": 1, "maximumLength": 8, "attentionSize": 10,
                 "attentionInnerSize": 6, "tripletWeight": 1, "tripletMargin": 1,
                 "pretrainingEpochs": 0}
                """,
            perturbations: [
                "embeddingSize": "16", "blocks": "2", "heads": "2", "dropout": "0.3",
                "maximumLength": "7", "attentionSize": "12", "attentionInnerSize": "4",
                "scale": "4", "contrastWeight": "0.2", "contrastTemperature": "0.2",
                "mixedSourceRate": "2", "mixedTargetRate": "2", "sourceTargetRate": "2",
                "tripletWeight": "2", "tripletMargin": "2", "attendsPadding": "true",
                "pretrainingEpochs": "1", "target": #""a""#,
            ],
            parameters: tricdrParameters,
            overfit: Overfit(steps: 120, learningRate: 0.02, loss: 1))
    }
}
