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
        ([abxiHostParameters] + gcaModules(stages: 0..<2)).joined(separator: "\n")
    }

    /// The modules of GCA at some stages between two domains.
    static func gcaModules(stages: Range<Int>) -> [String] {
        stages.flatMap { stage in
            ["a_from_b", "b_from_a"].map { prefixed("gca.\(stage).0.\($0).", gcaParameters) }
        }
    }

    static func prefixed(_ prefix: String, _ list: String) -> String {
        list.split(separator: "\n").map { prefix + $0 }.joined(separator: "\n")
    }

    static let gcaParameters = """
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

    /// The parameters of C2DSR by its authors' names, the graphs of ``rows``, then those of GCA at stage 0.
    static var c2dsrParameters: String {
        let graphs = [("graph", 11), ("domain_graph", 10)].map { name, edges in
            "\(name).offsets: 14\n\(name).successors: \(edges)\n\(name).shares: \(edges)"
        }
        func thread(_ suffix: String) -> String {
            """
            item_emb\(suffix).weight: 13 8
            GNN_encoder\(suffix).encoder.0.gc1.bias: 8
            \(causalEncoder(8, positions: 7, prefix: "encoder\(suffix)."))
            """
        }
        let domains = ["X", "Y"].map { name in
            """
            \(thread("_\(name)"))
            D_\(name).f_k.weight: 1 8 8
            D_\(name).f_k.bias: 1
            lin_\(name).weight: 6 8
            lin_\(name).bias: 6
            """
        }
        return
            (graphs + [thread(""), "lin_PAD.weight: 1 8\nlin_PAD.bias: 1"] + domains
            + gcaModules(stages: 0..<1)).joined(separator: "\n")
    }

    /// The item table, the images, and for three sequences an encoder of each.
    static var ifcdsrParameters: String {
        let encoders = [("item", 8), ("image", 4)].flatMap { name, width in
            (0..<3).map {
                causalEncoder(width, positions: 6, prefix: "\(name)_encoders.\($0).")
            }
        }
        return (["item_embedding.weight: 13 8", "images.vectors: 13 4"] + encoders)
            .joined(separator: "\n")
    }

    /// The parameters of π-Net by its authors' scopes, or of PSJNet-II.
    static func splitJoinParameters(isSplit: Bool) -> String {
        ["A", "B"].map { name in
            [
                "encoder_\(name).embedding_matrix: 6 8",
                gru("encoder_\(name).gru.", 8, 10),
                prefixed(
                    "filter_\(name).",
                    """
                    member_embedding: 3 8
                    gate.W_f: 30 10
                    gate.V_f: 8 10
                    gate.b_f: 10
                    candidate.W_s: 20 10
                    candidate.V_s: 8 10
                    candidate.b_s: 10
                    """),
                isSplit
                    ? "join_\(name).weight: 10 10\njoin_\(name).bias: 10"
                    : gru("transfer_\(name).", 10, 10),
                "prediction_\(name).weight: 6 20",
                "prediction_\(name).bias: 6",
            ].joined(separator: "\n")
        }.joined(separator: "\n")
    }

    /// The parameters of MIFN by its authors' scopes, with two relations and the edges of three values.
    static var mifnParameters: String {
        func attention(_ prefix: String, _ names: [String]) -> String {
            zip(names, ["8 8", "8 8", "8 1"]).map { "\(prefix)\($0): \($1)" }
                .joined(separator: "\n")
        }
        let shared = [
            """
            all_encoder.item_emb_matrix: 15 8
            knowledge.offsets: 16
            knowledge.neighbours: \(mifnEdges)
            knowledge.relations: \(mifnEdges)
            """,
            attention("graph_gnn.", ["W_s_in", "W_emb_in", "W_v_in"]),
            attention("graph_gnn.", ["W_s_cross", "W_emb_cross", "W_v_cross"]),
            prefixed(
                "graph_gnn.",
                """
                cdgcn.W_f: 24 8
                cdgcn.b_f: 8
                cdgcn.w1: 8 8
                cdgcn.b1: 8
                cdgcn.w2: 8 8
                cdgcn.b2: 8
                cdgcn.dense.kernel: 8 1
                W_r1: 8 16
                b_r1: 16
                W_r2: 8 16
                b_r2: 16
                """),
            gru("graph_gnn.gru.", 32, 8),
        ]
        let domains = ["A", "B"].flatMap { name in
            [
                gru("encoder_\(name).", 8, 8),
                prefixed(
                    "filter_\(name).",
                    """
                    gate.W_f: 24 8
                    gate.b_f: 8
                    candidate.W_s: 16 8
                    candidate.b_s: 8
                    """),
                gru("transfer_\(name).", 8, 8),
                "switch_\(name).weight: 1 24\nswitch_\(name).bias: 1",
                "s_predict_\(name).weight: 6 16\ns_predict_\(name).bias: 6",
                attention("g_predict_\(name).", ["W_h", "W_emb", "W_v"]),
            ]
        }
        return (shared + domains).joined(separator: "\n")
    }

    /// Of twelve items every third has category y, the others x, half of them z too: 8 + 4 + 4 edges each way.
    private static let mifnEdges = 32

    private static func gru(_ prefix: String, _ input: Int, _ hidden: Int) -> String {
        prefixed(
            prefix,
            """
            weight_ih_l0: \(3 * hidden) \(input)
            weight_hh_l0: \(3 * hidden) \(hidden)
            bias_ih_l0: \(3 * hidden)
            bias_hh_l0: \(3 * hidden)
            """)
    }

    /// One block of the original SASRec's encoder.
    static func causalEncoder(_ width: Int, positions: Int, prefix: String) -> String {
        prefixed(prefix, "pos_emb.weight: \(positions) \(width)\n") + "\n"
            + causalBackbone(width, prefix: prefix)
    }

    /// The same without positions.
    static func causalBackbone(_ width: Int, prefix: String) -> String {
        prefixed(
            prefix,
            """
            attention_layernorms.0.weight: \(width)
            attention_layernorms.0.bias: \(width)
            attention_layers.0.in_proj_weight: \(3 * width) \(width)
            attention_layers.0.in_proj_bias: \(3 * width)
            attention_layers.0.out_proj.weight: \(width) \(width)
            attention_layers.0.out_proj.bias: \(width)
            forward_layernorms.0.weight: \(width)
            forward_layernorms.0.bias: \(width)
            forward_layers.0.conv1.weight: \(width) \(width)
            forward_layers.0.conv1.bias: \(width)
            forward_layers.0.conv2.weight: \(width) \(width)
            forward_layers.0.conv2.bias: \(width)
            last_layernorm.weight: \(width)
            last_layernorm.bias: \(width)
            """)
    }
}
