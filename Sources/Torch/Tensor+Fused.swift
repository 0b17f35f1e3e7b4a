internal import CTorch

extension Tensor {
    /// LayerNorm of this tensor plus up to two residual branches, each behind dropout of its own.
    ///
    /// On the CPU one pass each way. The masks are those that ``Generator/dropout(_:probability:)`` would draw for
    /// the branches one after another.
    public func residualLayerNorm(
        adding branches: [Tensor], weight: Tensor, bias: Tensor, epsilon: Double = 1e-5,
        dropout: Double = 0, generator: Generator? = nil
    ) -> Tensor {
        withPointers(branches) { pointers in
            make("residualLayerNorm of \(shape) with \(branches.map(\.shape))") {
                ct_residual_layer_norm(
                    pointer, pointers, Int32(branches.count), weight.pointer, bias.pointer, epsilon,
                    dropout, generator?.pointer, $0)
            }
        }
    }

    /// This tensor times the SiLU of a gate of the same shape, in one pass each way on the CPU.
    public func siluGated(by gate: Tensor) -> Tensor {
        make("siluGated of \(shape) by \(gate.shape)") {
            ct_gated_silu(gate.pointer, pointer, $0)
        }
    }
}
