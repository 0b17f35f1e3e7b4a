extension RankerCase {
    static var llm4cdsr: RankerCase {
        RankerCase(
            name: "llm4cdsr",
            overrides: """
                {"embeddingSize": 8, "blocks": 1, "heads": 2, "dropout": 0.2, "maximumLength": 6,
                 "hashSize": 32, "jointSize": 10, "itemWeight": 0.02, "userWeight": 0.02,
                 "gca": {"stages": [0], "dropout": 0.2}}
                """,
            perturbations: [
                "embeddingSize": "16", "blocks": "2", "heads": "4", "dropout": "0.3",
                "maximumLength": "5", "text": #""image""#, "hashSize": "40", "jointSize": "12",
                "trainsItems": "true", "itemWeight": "0.3", "itemTemperature": "2",
                "userWeight": "0.3", "userTemperature": "2", "causal": "false",
                "sharedNegatives": "false", "attendsPadding": "true", "gca.stages": "[1]",
            ].merging(gcaPerturbations) { $1 },
            // The size of hashed titles does nothing beside other vectors, but as it is by default.
            prerequisites: ["text": ["hashSize": "1536"]],
            parameters: llm4cdsrParameters,
            overfit: Overfit(steps: 120, learningRate: 0.02, loss: 0.6))
    }

    /// By the authors' names, then GCA at stage 0.
    private static var llm4cdsrParameters: String {
        func pair(_ name: String) -> String {
            "\(name).0.weight: 5 10\n\(name).0.bias: 5\n\(name).1.weight: 8 5\n\(name).1.bias: 8"
        }
        func thread(_ suffix: String) -> String {
            "pos_emb\(suffix).weight: 7 8\n" + causalBackbone(8, prefix: "backbone\(suffix).")
        }
        let domains = ["A", "B"].map { "item_emb\($0).weight: 7 8\n\(thread($0))" }
        return
            (["item_emb_llm.weight: 13 10", pair("adapter"), thread(""), pair("user_adapter")]
            + domains + gcaModules(stages: 0..<1))
            .joined(separator: "\n")
    }
}
