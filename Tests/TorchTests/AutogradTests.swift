import Testing
import Torch

private struct Interruption: Error {}

@Suite struct AutogradTests {
    private func leaf(_ values: [Float]) -> Tensor {
        let leaf = Tensor(values)
        leaf.requiresGradient = true
        return leaf
    }

    @Test func gradientsAccumulateUntilCleared() throws {
        let leaf = leaf([1, -2])
        #expect(leaf.gradient == nil)
        leaf.squared().sum().backward()
        #expect(try doubles(#require(leaf.gradient)) == [2, -4])
        leaf.squared().sum().backward()
        #expect(try doubles(#require(leaf.gradient)) == [4, -8])
        leaf.clearGradient()
        #expect(leaf.gradient == nil)
    }

    @Test func detachedTensorsAreConstants() throws {
        let leaf = leaf([3])
        (leaf * leaf.detached()).sum().backward()
        #expect(try doubles(#require(leaf.gradient)) == [3])
        #expect(!leaf.copied().requiresGradient)
    }

    @Test func withoutGradientsNestsAndRestores() {
        let leaf = leaf([1])
        func isRecorded() -> Bool { leaf.squared().requiresGradient }
        #expect(isRecorded())
        withoutGradients {
            #expect(!isRecorded())
            withoutGradients { #expect(!isRecorded()) }
            #expect(!isRecorded())
        }
        #expect(isRecorded())
    }

    @Test func withoutGradientsRestoresWhenItsBodyThrows() {
        let leaf = leaf([1])
        #expect(throws: Interruption.self) {
            try withoutGradients { throw Interruption() }
        }
        #expect(leaf.squared().requiresGradient)
        #expect(withoutGradients { 7 } == 7)
    }

    @Test func clipsTheJointNorm() throws {
        let pair = leaf([0, 0])
        let single = leaf([0])
        let untouched = leaf([0])
        let slope = Tensor([3, 4] as [Float])
        ((pair * slope).sum() + (single * 12).sum()).backward()
        // √(3² + 4² + 12²) = 13.
        #expect(abs(clipGradients(of: [pair, single, untouched], toNorm: 20) - 13) < 1e-6)
        #expect(try doubles(#require(pair.gradient)) == [3, 4])
        #expect(abs(clipGradients(of: [pair, single, untouched], toNorm: 6.5) - 13) < 1e-6)
        expectClose(try #require(pair.gradient), [1.5, 2], within: 1e-6)
        expectClose(try #require(single.gradient), [6], within: 1e-6)
        #expect(untouched.gradient == nil)
    }
}
