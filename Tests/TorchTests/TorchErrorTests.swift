import CTorch
import Testing
import Torch

/// What a process that trapped wrote to its standard error.
private func errorText(_ result: ExitTest.Result?) throws -> String {
    String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
}

@Suite struct TorchErrorTests {
    @Test(arguments: ["%s %d %n %%", "", "plain", "ünïcode\nline"])
    func messagesPassUnchanged(message: String) {
        #expect(ct_fail_for_test(message) == CT_ERROR)
        #expect(String(cString: ct_last_error()) == message)
    }

    @Test func foreignExceptionsBecomeErrors() {
        #expect(ct_fail_for_test(nil) == CT_ERROR)
        #expect(String(cString: ct_last_error()) == "unknown C++ exception")
    }

    @Test func nullHandlesAreErrors() {
        var rank: Int32 = 0
        #expect(ct_rank(nil, &rank) == CT_ERROR)
        #expect(String(cString: ct_last_error()) == "null tensor handle")
        ct_tensor_free(nil)
        ct_generator_free(nil)
    }

    @Test func describesItself() {
        let error = TorchError(operation: "device", message: "gone")
        #expect(error.description == "device: gone")
        #expect(Engine.version.hasPrefix("2."))
        #expect(Engine.threads >= 1)
    }

    @Test func matmulTrapsWithShapes() async throws {
        let result = await #expect(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            _ = Tensor.ones([2, 3]).matmul(Tensor.ones([2, 4]))
        }
        #expect(try errorText(result).contains("matmul of [2, 3] and [2, 4]: "))
    }

    @Test func linearTrapsWithShapes() async throws {
        let result = await #expect(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            _ = Tensor.ones([2, 3]).linear(Tensor.ones([4, 5]))
        }
        #expect(try errorText(result).contains("linear of [2, 3] by [4, 5]: "))
    }

    @Test func elementsTrapWithTypes() async throws {
        let result = await #expect(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            _ = Tensor.ones([2, 3]).elements(as: Int32.self)
        }
        #expect(
            try errorText(result).contains(
                "elements of [2, 3]: expected float32, asked for Int32"))
    }

    @Test func dropoutTrapsWithItsProbability() async throws {
        let result = await #expect(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            _ = Generator(seed: 1).dropout(Tensor.ones([2]), probability: 1)
        }
        #expect(
            try errorText(result).contains(
                "dropout of [2]: dropout: expected a probability in [0, 1), got 1"))
    }

    @Test func narrowedTrapsWithItsRange() async throws {
        let result = await #expect(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            _ = Tensor.ones([2, 3]).narrowed(1, 2..<5)
        }
        #expect(
            try errorText(result).contains("narrowed of [2, 3] to 2..<5 in dimension 1: "))
    }

    @Test func attentionTrapsWhenALimitExceedsTheRow() async throws {
        let result = await #expect(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            let tokens = JaggedTensor(
                values: .ones([3, 2]), layout: JaggedLayout(lengths: [1, 2]))
            _ = jaggedAttention(
                query: tokens, key: tokens, value: tokens.values, keyLimits: [2, 1, 2], heads: 1)
        }
        #expect(
            try errorText(result).contains(
                "attention: token 0 may see 2 keys, its row has 1"))
    }

    @Test func attentionTrapsWhenDropoutHasNoGenerator() async throws {
        let result = await #expect(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            let tokens = JaggedTensor(values: .ones([1, 2]), layout: JaggedLayout(lengths: [1]))
            _ = jaggedAttention(
                query: tokens, key: tokens, value: tokens.values, keyLimits: [1], heads: 1,
                dropout: 0.5)
        }
        #expect(
            try errorText(result).contains("attention: dropout 0.5 without a generator"))
    }

    @Test func lossesTrapWhenARowIsNotInTheTable() async throws {
        let result = await #expect(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            _ = Tensor.ones([1, 2]).sampledSoftmaxLoss(
                table: .ones([4, 2]), targets: Tensor([0] as [Int32]),
                negatives: Tensor([1, 4] as [Int32], shape: [1, 2]))
        }
        #expect(
            try errorText(result).contains(
                "sampledSoftmax: rows 0 to 4 of a table with 4"))
    }

    @Test func fullSoftmaxTrapsWhenTargetsDoNotMatchTokens() async throws {
        let result = await #expect(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            _ = Tensor.ones([1, 2]).fullSoftmaxLoss(
                table: .ones([4, 2]), targets: Tensor([0, 1] as [Int32]))
        }
        #expect(
            try errorText(result).contains(
                "fullSoftmax: hidden [1, 2], table [4, 2], targets [2]"))
    }

    @Test func adamTrapsWhenListsDiffer() async throws {
        let result = await #expect(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            let tensor = Tensor.ones([1])
            adamStep(
                parameters: [tensor, tensor], gradients: [tensor], firstMoments: [tensor, tensor],
                secondMoments: [tensor, tensor], steps: [tensor, tensor],
                options: AdamOptions(learningRate: 1))
        }
        #expect(
            try errorText(result).contains(
                "adamStep: 2 parameters, 1 gradients, 2 and 2 moments, 2 steps"))
    }
}
