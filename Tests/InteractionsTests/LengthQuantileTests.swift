import Interactions
import Testing

/// The quantiles of how many events people have: the smallest number that a share of them has at most.
@Suite struct LengthQuantileTests {
    // Sorted 1 2 3 4 9: a quarter of five people is 1.25, so the second; half the third, three quarters and 95 % the
    // fourth and the fifth. Of four people the quarters are whole.
    @Test(arguments: [
        ([3, 9, 1, 4, 2], [1, 2, 3, 4, 9, 9]), ([4, 2, 8, 6], [2, 2, 4, 6, 8, 8]),
        ([5], [5, 5, 5, 5, 5, 5]), ([1, 7], [1, 1, 1, 7, 7, 7]),
    ])
    func sharesAreRoundedUp(lengths: [Int], expected: [Int]) throws {
        let dataset = try memoryDataset(lengths.map { (1...Int32($0)).map { $0 } })
        let found = DatasetReport(dataset).lengths
        #expect(
            [
                found.minimum, found.quarter, found.median, found.threeQuarters, found.ninetyFive,
                found.maximum,
            ] == expected)
        #expect(found.mean == Double(lengths.reduce(0, +)) / Double(lengths.count))
    }
}
