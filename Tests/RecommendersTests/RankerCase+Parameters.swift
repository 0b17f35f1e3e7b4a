extension RankerCase {
    /// The parameters of one SASRec encoder over a number of items, by RecBole's names.
    static func sasrecParameters(items: Int, prefix: String = "") -> String {
        prefixed(
            prefix,
            """
            item_embedding.weight: \(items + 1) 8
            position_embedding.weight: 6 8
            trm_encoder.layer.0.multi_head_attention.query.weight: 8 8
            trm_encoder.layer.0.multi_head_attention.query.bias: 8
            trm_encoder.layer.0.multi_head_attention.key.weight: 8 8
            trm_encoder.layer.0.multi_head_attention.key.bias: 8
            trm_encoder.layer.0.multi_head_attention.value.weight: 8 8
            trm_encoder.layer.0.multi_head_attention.value.bias: 8
            trm_encoder.layer.0.multi_head_attention.dense.weight: 8 8
            trm_encoder.layer.0.multi_head_attention.dense.bias: 8
            trm_encoder.layer.0.multi_head_attention.LayerNorm.weight: 8
            trm_encoder.layer.0.multi_head_attention.LayerNorm.bias: 8
            trm_encoder.layer.0.feed_forward.dense_1.weight: 12 8
            trm_encoder.layer.0.feed_forward.dense_1.bias: 12
            trm_encoder.layer.0.feed_forward.dense_2.weight: 8 12
            trm_encoder.layer.0.feed_forward.dense_2.bias: 8
            trm_encoder.layer.0.feed_forward.LayerNorm.weight: 8
            trm_encoder.layer.0.feed_forward.LayerNorm.bias: 8
            LayerNorm.weight: 8
            LayerNorm.bias: 8
            """)
    }

    /// The parameters of one GRU4Rec encoder over a number of items, by RecBole's names.
    static func gru4recParameters(items: Int, prefix: String = "") -> String {
        prefixed(
            prefix,
            """
            item_embedding.weight: \(items + 1) 8
            gru_layers.weight_ih_l0: 30 8
            gru_layers.weight_hh_l0: 30 10
            dense.weight: 8 10
            dense.bias: 8
            """)
    }

    /// The parameters of one SR-GNN encoder over a number of items, by RecBole's names.
    static func srgnnParameters(items: Int, prefix: String = "") -> String {
        prefixed(
            prefix,
            """
            item_embedding.weight: \(items + 1) 8
            gnn.w_ih: 24 16
            gnn.w_hh: 24 8
            gnn.b_ih: 24
            gnn.b_hh: 24
            gnn.b_iah: 8
            gnn.b_ioh: 8
            gnn.linear_edge_in.weight: 8 8
            gnn.linear_edge_in.bias: 8
            gnn.linear_edge_out.weight: 8 8
            gnn.linear_edge_out.bias: 8
            linear_one.weight: 8 8
            linear_one.bias: 8
            linear_two.weight: 8 8
            linear_two.bias: 8
            linear_three.weight: 1 8
            linear_transform.weight: 8 16
            linear_transform.bias: 8
            """)
    }

    /// The parameters of ABXI by its authors' names, then those of GCA at stages 0 and 1.
    static var abxiParameters: String {
        let modules = ["0.0.a_from_b", "0.0.b_from_a", "1.0.a_from_b", "1.0.b_from_a"]
        return ([abxiHostParameters] + modules.map { prefixed("gca.\($0).", gcaParameters) })
            .joined(separator: "\n")
    }

    private static func prefixed(_ prefix: String, _ list: String) -> String {
        list.split(separator: "\n").map { prefix + $0 }.joined(separator: "\n")
    }

    private static let gcaParameters = """
        attention.in_proj_weight: 24 8
        attention.in_proj_bias: 24
        attention.out_proj.weight: 8 8
        attention.out_proj.bias: 8
        gate.dense_1.weight: 32 16
        gate.dense_1.bias: 32
        gate.dense_2.weight: 8 32
        gate.dense_2.bias: 8
        """

    private static let abxiHostParameters = """
        ei.weight: 13 8
        ep.weight: 7 8
        mha.mha.in_proj_weight: 24 8
        mha.mha.in_proj_bias: 24
        mha.mha.out_proj.weight: 8 8
        mha.mha.out_proj.bias: 8
        mha.norm_mha.weight: 8
        mha.norm_mha.bias: 8
        ffn.fc_1.weight: 12 8
        ffn.fc_2.weight: 12 8
        ffn.fc_3.weight: 8 12
        dlora_x.mat_A: 8 2
        dlora_x.mat_B: 2 8
        norm_sa_x.weight: 8
        norm_sa_x.bias: 8
        proj_i.fc_1.weight: 12 8
        proj_i.fc_2.weight: 12 8
        proj_i.fc_3.weight: 8 12
        dlora_a.mat_A: 8 2
        dlora_a.mat_B: 2 8
        norm_sa_a.weight: 8
        norm_sa_a.bias: 8
        ilora_a.mat_A: 8 3
        ilora_a.mat_B: 3 8
        proj_a.fc_1.weight: 12 8
        proj_a.fc_2.weight: 12 8
        proj_a.fc_3.weight: 8 12
        norm_i2a.weight: 8
        norm_i2a.bias: 8
        norm_a2a.weight: 8
        norm_a2a.bias: 8
        dlora_b.mat_A: 8 2
        dlora_b.mat_B: 2 8
        norm_sa_b.weight: 8
        norm_sa_b.bias: 8
        ilora_b.mat_A: 8 3
        ilora_b.mat_B: 3 8
        proj_b.fc_1.weight: 12 8
        proj_b.fc_2.weight: 12 8
        proj_b.fc_3.weight: 8 12
        norm_i2b.weight: 8
        norm_i2b.bias: 8
        norm_b2b.weight: 8
        norm_b2b.bias: 8
        """
}
