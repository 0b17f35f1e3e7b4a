extension RankerCase {
    /// The three encoders of Tri-CDR by its authors' names, then a head for each domain.
    static var tricdrParameters: String {
        let encoders = [("mix", 13), ("source", 6), ("target", 6)].map { name, items in
            let prefix = "sasrec_embedding_\(name)."
            return "\(prefix)item_emb.weight: \(items) 8\n"
                + causalEncoder(8, positions: 8, prefix: prefix)
        }
        return (encoders + ["source.", "target."].map { prefixed($0, tricdrHeadParameters) })
            .joined(separator: "\n")
    }

    private static let tricdrHeadParameters = """
        log_feat_map1.weight: 8 24
        log_feat_map1.bias: 8
        log_feat_map2.weight: 8 8
        log_feat_map2.bias: 8
        map_mix_cl1_layer1.weight: 8 8
        map_mix_cl1_layer1.bias: 8
        map_mix_cl1_layer2.weight: 8 8
        map_mix_cl1_layer2.bias: 8
        map_source_cl1_layer1.weight: 8 8
        map_source_cl1_layer1.bias: 8
        map_source_cl1_layer2.weight: 8 8
        map_source_cl1_layer2.bias: 8
        map_target_cl1_layer1.weight: 8 8
        map_target_cl1_layer1.bias: 8
        map_target_cl1_layer2.weight: 8 8
        map_target_cl1_layer2.bias: 8
        model.0.weight: 10 40
        model.0.bias: 10
        model.1.weight: 1
        model.2.weight: 6 10
        model.2.bias: 6
        model.3.weight: 1
        model.4.weight: 1 6
        """
}
