internal import Interactions
internal import Torch

/// Weighted edges between rows of two tables.
struct WeightedEdges {
    /// Rows that the edges lead to.
    var targets: [Int32] = []
    /// Rows that they come from.
    var sources: [Int32] = []
    /// One weight an edge.
    var weights: [Float] = []

    /// Edges from all of a node's neighbours, which weigh the same and 1 together.
    mutating func add(from neighbours: [Int32], to target: Int32) {
        let weight = 1 / Float(neighbours.count)
        for neighbour in neighbours {
            targets.append(target)
            sources.append(neighbour)
            weights.append(weight)
        }
    }
}

/// The graphs of the prefixes of sessions, as jagged data, without copying what they share.
///
/// A prefix's graph has the prefix's distinct items as nodes and an edge wherever one item directly follows another. From
/// one prefix to the next, a node's state changes only if the new edge touches the node or, from the second round of
/// messages on, one of its neighbours. So a node has *versions*, each computed once for all prefixes that it stands in:
/// with one round at most two a token, where the graphs together have a number of nodes that grows with the square of
/// the sequence's length.
struct SessionGraphs {
    /// Which prefixes of a row are read.
    enum Prefixes {
        /// Each, in order: one a token.
        case all
        /// The whole row, if it has a token.
        case whole
    }

    /// One round of messages: rows of the table of new versions from rows of the table before.
    struct Round {
        /// The row in the table before of the node's own version.
        var own: [Int32] = []
        /// From the nodes that came directly before.
        var incoming = WeightedEdges()
        /// From the nodes that came directly after.
        var outgoing = WeightedEdges()
    }

    /// The item of each node before the first round.
    private(set) var items: [Int32] = []
    /// The rounds in order.
    private(set) var rounds: [Round]
    /// For each prefix the version of its last item after all rounds.
    private(set) var last: [Int32] = []
    /// For each prefix its items' versions after all rounds, an item as often as it occurs.
    private(set) var members: [Int32] = []
    /// Where each prefix's members begin, and their number at the end.
    private(set) var offsets: [Int32] = [0]

    /// Builds the graphs of a batch's rows for so many rounds of messages.
    init(_ batch: SequenceBatch, prefixes: Prefixes, rounds count: Int) {
        rounds = [Round](repeating: Round(), count: count)
        for row in 0..<batch.rows {
            read(batch.items[batch.tokens(ofRow: row)], prefixes)
        }
    }

    /// The layout of the members.
    var layout: JaggedLayout { JaggedLayout(offsets: offsets) }

    /// The graph of a row as it grows.
    private struct Growing {
        var items: [Int32] = []
        var before: [[Int]] = []
        var after: [[Int]] = []
        /// For each table, each node's version that counts now.
        var current: [[Int32]]
        /// The nodes of the tokens that were read.
        var path: [Int] = []
    }

    private mutating func read(_ row: ArraySlice<Int32>, _ prefixes: Prefixes) {
        var graph = Growing(current: [[Int32]](repeating: [], count: rounds.count + 1))
        for item in row {
            let known = graph.items.firstIndex(of: item)
            let node = known ?? graph.items.count
            if known == nil { addNode(item, to: &graph) }
            var touched = known == nil ? [node] : []
            if let previous = graph.path.last, !graph.after[previous].contains(node) {
                graph.after[previous].append(node)
                graph.before[node].append(previous)
                if previous != node { touched.append(previous) }
                if known != nil { touched.append(node) }
            }
            graph.path.append(node)
            guard case .all = prefixes else { continue }
            renew(touched, of: &graph)
            addPrefix(graph)
        }
        guard case .whole = prefixes, !row.isEmpty else { return }
        renew(Array(graph.items.indices), of: &graph)
        addPrefix(graph)
    }

    private mutating func addNode(_ item: Int32, to graph: inout Growing) {
        graph.items.append(item)
        graph.before.append([])
        graph.after.append([])
        graph.current[0].append(Int32(items.count))
        for round in rounds.indices { graph.current[round + 1].append(-1) }
        items.append(item)
    }

    /// Makes new versions of the nodes whose neighbours changed and, round by round, of those that hear of it.
    private mutating func renew(_ touched: [Int], of graph: inout Growing) {
        var changed = touched
        for round in rounds.indices {
            if round > 0 {
                for node in changed {
                    for neighbour in graph.before[node] + graph.after[node]
                    where !changed.contains(neighbour) {
                        changed.append(neighbour)
                    }
                }
            }
            for node in changed {
                let version = Int32(rounds[round].own.count)
                rounds[round].own.append(graph.current[round][node])
                rounds[round].incoming.add(
                    from: graph.before[node].map { graph.current[round][$0] }, to: version)
                rounds[round].outgoing.add(
                    from: graph.after[node].map { graph.current[round][$0] }, to: version)
                graph.current[round + 1][node] = version
            }
        }
    }

    private mutating func addPrefix(_ graph: Growing) {
        let versions = graph.current[rounds.count]
        for node in graph.path { members.append(versions[node]) }
        last.append(members[members.count - 1])
        // Places are 32 bits wide; rows of thousands of steps have half their square of members each.
        if members.count > Int(Int32.max) {
            Engine.requireMemory(bytes: .infinity, for: "session graphs")
        }
        offsets.append(Int32(members.count))
    }
}
