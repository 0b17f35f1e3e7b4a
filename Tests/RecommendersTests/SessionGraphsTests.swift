import Interactions
import Testing

@testable import Recommenders

/// Numbers worked out by hand from the definition: distinct items are nodes, consecutive items are edges.
struct SessionGraphsTests {
    @Test("versions, edges and members of all prefixes of 5, 7, 5, 9")
    func prefixes() {
        let graphs = SessionGraphs(.histories([[5, 7, 5, 9]]), prefixes: .all, rounds: 1)
        #expect(graphs.items == [5, 7, 9])
        // 5: version 0 alone. 5, 7: 7 is version 1 (from 5), 5 is version 2 (to 7). 5, 7, 5: the new edge from 7 to
        // 5 makes 7 version 3 (from 5, to 5) and 5 version 4 (from 7, to 7). 9: version 5 (from 5), 5 is version 6
        // (from 7, to 7 and 9).
        let round = graphs.rounds[0]
        #expect(round.own == [0, 1, 0, 1, 0, 2, 0])
        #expect(round.incoming.targets == [1, 3, 4, 5, 6])
        #expect(round.incoming.sources == [0, 0, 1, 0, 1])
        #expect(round.incoming.weights == [1, 1, 1, 1, 1])
        #expect(round.outgoing.targets == [2, 3, 4, 6, 6])
        #expect(round.outgoing.sources == [1, 0, 1, 1, 2])
        #expect(round.outgoing.weights == [1, 1, 1, 0.5, 0.5])
        #expect(graphs.offsets == [0, 1, 3, 6, 10])
        #expect(graphs.members == [0, 2, 1, 4, 3, 4, 6, 3, 6, 5])
        #expect(graphs.last == [0, 1, 4, 5])
    }

    @Test("the graph of each whole row; an empty row has none")
    func wholeRows() {
        let graphs = SessionGraphs(
            .histories([[5, 7, 5], [], [9]]), prefixes: .whole, rounds: 1)
        #expect(graphs.items == [5, 7, 9])
        #expect(graphs.rounds[0].own == [0, 1, 2])
        #expect(graphs.rounds[0].incoming.targets == [0, 1])
        #expect(graphs.rounds[0].incoming.sources == [1, 0])
        #expect(graphs.offsets == [0, 3, 4])
        #expect(graphs.members == [0, 1, 0, 2])
        #expect(graphs.last == [0, 2])
    }

    @Test("a repeated edge and a loop that is there already make no new version")
    func nothingNew() {
        let loops = SessionGraphs(.histories([[4, 4, 4, 4]]), prefixes: .all, rounds: 1)
        #expect(loops.rounds[0].own == [0, 0])
        #expect(loops.members == [0, 1, 1, 1, 1, 1, 1, 1, 1, 1])
        #expect(loops.rounds[0].incoming.sources == [0])
        let repeated = SessionGraphs(.histories([[1, 2, 1, 2, 1]]), prefixes: .all, rounds: 1)
        // 1; 2 from 1, 1 to 2; both once more with the edge back. Then nothing changes.
        #expect(repeated.rounds[0].own.count == 5)
    }

    @Test("the second round renews the neighbours of what the first renewed")
    func secondRound() {
        let graphs = SessionGraphs(.histories([[1, 2, 3]]), prefixes: .all, rounds: 2)
        // First round: 1 | 2, 1 | 3, 2: versions 0 to 4. In the third prefix, 3 and 2 are new, and 1 hears of 2.
        #expect(graphs.rounds[0].own == [0, 1, 0, 2, 1])
        #expect(graphs.rounds[1].own == [0, 1, 2, 3, 4, 2])
        #expect(graphs.rounds[1].outgoing.sources == [1, 3, 4])
        #expect(graphs.rounds[1].outgoing.targets == [2, 4, 5])
        #expect(graphs.members == [0, 2, 1, 5, 4, 3])
    }
}
