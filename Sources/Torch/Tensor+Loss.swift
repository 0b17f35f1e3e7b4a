internal import CTorch

extension Tensor {
    /// Sampled softmax: minus the log-probability of each token's target among itself and its negatives.
    ///
    /// This tensor holds the states [tokens, width]; `table` [rows, width] the items; `targets` [tokens] and
    /// `negatives` [tokens, n] are int32 rows of it. Logits are inner products divided by `temperature`.
    /// Never holds tokens × negatives × width. The result is [tokens].
    public func sampledSoftmaxLoss(
        table: Tensor, targets: Tensor, negatives: Tensor, temperature: Double = 1
    ) -> Tensor {
        make("sampledSoftmaxLoss") {
            ct_sampled_softmax(
                pointer, table.pointer, targets.pointer, negatives.pointer, temperature, $0)
        }
    }

    /// Softmax cross-entropy of each token's target (int32 [tokens]) against a pool of negatives (int32 [n]).
    ///
    /// All tokens share the pool; where it holds a token's own target, that counts once. Logits exist for
    /// `chunk` tokens at a time, so memory is chunk × n. The result is [tokens].
    public func sharedSoftmaxLoss(
        table: Tensor, targets: Tensor, negatives: Tensor, temperature: Double = 1,
        chunk: Int = 1024
    ) -> Tensor {
        make("sharedSoftmaxLoss") {
            ct_shared_softmax(
                pointer, table.pointer, targets.pointer, negatives.pointer, temperature,
                Int64(chunk), $0)
        }
    }

    /// Softmax cross-entropy of each token's target (int32 [tokens]) over all rows of a table.
    ///
    /// Logits exist for `chunk` tokens at a time, so memory is chunk × rows. The result is [tokens].
    public func fullSoftmaxLoss(
        table: Tensor, targets: Tensor, temperature: Double = 1, chunk: Int = 512
    ) -> Tensor {
        make("fullSoftmaxLoss") {
            ct_full_softmax(
                pointer, table.pointer, targets.pointer, temperature, Int64(chunk), $0)
        }
    }
}
