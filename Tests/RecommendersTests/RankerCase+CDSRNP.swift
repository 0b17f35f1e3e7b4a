extension RankerCase {
    static var cdsrnpStyle: RankerCase {
        RankerCase(
            name: "cdsrnp-style",
            overrides: """
                {"embeddingSize": 8, "blocks": 1, "maximumLength": 6, "latentSize": 4,
                 "supportUsers": 3, "divergenceWeight": 0.1, "gca": {"stages": [0], "dropout": 0.2}}
                """,
            perturbations: [
                "embeddingSize": "16", "blocks": "2", "heads": "4", "dropout": "0.3",
                "maximumLength": "5", "latentSize": "6", "supportUsers": "2",
                "supportShare": "0.3", "divergenceWeight": "0.5", "softmax": #""shared""#,
                "negatives": "3", "gca.stages": "[2]",
            ].merging(gcaPerturbations) { $1 },
            prerequisites: ["negatives": ["softmax": #""sampled""#]],
            parameters: cdsrnpStyleParameters,
            overfit: Overfit(steps: 120, learningRate: 0.02, loss: 0.8))
    }

    /// The encoders, the neural process, the first three rows as support set, then GCA at stage 0.
    private static var cdsrnpStyleParameters: String {
        let domains = (0..<2).map { index in
            causalEncoder(8, positions: 6, prefix: "domains.\(index).encoder.") + """

                domains.\(index).join.weight: 8 16
                domains.\(index).join.bias: 8
                """
        }
        let process = """
            latent.mean.weight: 4 8
            latent.mean.bias: 4
            latent.deviation.weight: 4 8
            latent.deviation.bias: 4
            decoder.dense_1.weight: 16 12
            decoder.dense_1.bias: 16
            decoder.dense_2.weight: 8 16
            decoder.dense_2.bias: 8
            adaptive_layer.query.weight: 8 8
            adaptive_layer.query.bias: 8
            adaptive_layer.key.weight: 8 8
            adaptive_layer.key.bias: 8
            adaptive_layer.value.weight: 8 8
            adaptive_layer.value.bias: 8
            norm.weight: 8
            norm.bias: 8
            support.offsets: 4
            support.items: 17
            """
        return
            (["item_embedding.weight: 13 8"] + domains + [process]
            + gcaModules(stages: 0..<1)).joined(separator: "\n")
    }
}
