internal import Interactions
internal import Torch
internal import TorchNN

/// What relates items.
public enum KnowledgeRelation: String, Codable, Sendable, CaseIterable {
    /// Items of one category.
    case category
    /// Items of one brand.
    case brand
    /// Items that people bought as well, whichever of the two says so.
    case alsoBought = "also-bought"

    /// The values that an item shares with others.
    fileprivate func values(of item: ItemID, in catalog: Catalog) -> [String] {
        switch self {
        case .category: catalog.categories(of: item)
        case .brand: catalog.brand(of: item).map { [$0] } ?? []
        case .alsoBought: []
        }
    }

}

/// Items and the values of their features that several of them share; an edge says by which relation.
///
/// Items bought together have edges of their own. Entity i is the item with id i + 1; values follow the items.
final class KnowledgeGraph: Module {
    /// Where each entity's neighbours begin, and how many there are at the end.
    let offsets: Parameter
    /// The neighbours, entity after entity.
    let neighbours: Parameter
    /// The relation of each.
    let relations: Parameter
    private let items: Int
    private let values: Int
    private let kinds: Int
    private var known: (version: Int, edges: Edges)?

    private struct Edges {
        let offsets: [Int32]
        let neighbours: [Int32]
        let relations: [Int32]
    }

    /// A graph without edges, of so many kinds of relations.
    init(items: Int, values: Int, kinds: Int = KnowledgeRelation.allCases.count) {
        self.items = items
        self.values = values
        self.kinds = kinds
        offsets = Parameter(data: Tensor([Int32](repeating: 0, count: items + values + 1)))
        neighbours = Parameter(data: Tensor([Int32]()))
        relations = Parameter(data: Tensor([Int32]()))
    }

    /// Whether the edges lead from and to entities, by relations that there are.
    override var dataProblem: String? {
        let edges = self.edges
        return offsetsProblem(edges.offsets, rows: items + values, end: edges.neighbours.count)
            ?? idsProblem(edges.neighbours, in: 0..<Int32(clamping: items + values))
            ?? idsProblem(edges.relations, in: 0..<Int32(kinds))
            ?? (edges.relations.count == edges.neighbours.count
                ? nil : "expected a relation for each edge")
    }

    /// Takes the values that most items share; a value, and an item, leads to its `limit` most frequent items.
    func take(_ data: TrainingData, relations kinds: [KnowledgeRelation], limit: Int) {
        struct Value: Hashable {
            let kind: Int
            let name: String
        }
        var owners: [Value: [Int32]] = [:]
        for catalog in data.catalogs {
            for id in catalog.itemRange {
                for (kind, relation) in kinds.enumerated() {
                    for name in Set(relation.values(of: ItemID(rawValue: id), in: catalog)) {
                        owners[Value(kind: kind, name: name), default: []].append(id - 1)
                    }
                }
            }
        }
        var counts = [Int32](repeating: 0, count: items)
        for item in data.sequences.items { counts[Int(item) - 1] += 1 }
        func mostFrequent(_ items: some Sequence<Int32>) -> ArraySlice<Int32> {
            items.sorted { (-counts[Int($0)], $0) < (-counts[Int($1)], $1) }.prefix(limit)
        }
        let shared = owners.filter { $0.value.count > 1 }.sorted {
            (-$0.value.count, $0.key.kind, $0.key.name)
                < (-$1.value.count, $1.key.kind, $1.key.name)
        }
        var lists = [[(neighbour: Int32, relation: Int32)]](repeating: [], count: items + values)
        for (place, value) in shared.prefix(values).enumerated() {
            let entity = items + place
            let relation = Int32(value.key.kind)
            for item in value.value { lists[Int(item)].append((Int32(entity), relation)) }
            lists[entity] = mostFrequent(value.value).map { ($0, relation) }
        }
        if let kind = kinds.firstIndex(of: .alsoBought) {
            for (item, others) in boughtTogether(data.catalogs).enumerated() {
                lists[item] += mostFrequent(others).map { ($0, Int32(kind)) }
            }
        }
        var starts: [Int32] = [0]
        for list in lists { starts.append(starts[starts.count - 1] + Int32(list.count)) }
        offsets.replace(data: Tensor(starts))
        neighbours.replace(data: Tensor(lists.flatMap { $0.map(\.neighbour) }))
        relations.replace(data: Tensor(lists.flatMap { $0.map(\.relation) }))
    }

    /// For each item those with which one of the two names the other; the own domain is looked at first.
    private func boughtTogether(_ catalogs: [Catalog]) -> [Set<Int32>] {
        var pairs = [Set<Int32>](repeating: [], count: items)
        for catalog in catalogs where !catalog.alsoBought.isEmpty {
            let places = [catalog] + catalogs
            for item in catalog.itemRange.map(ItemID.init(rawValue:)) {
                for id in catalog.alsoBought(with: item) {
                    let found = places.lazy.compactMap { $0.item(externalID: id) }.first
                    guard let other = found, other != item else { continue }
                    pairs[Int(item.rawValue) - 1].insert(other.rawValue - 1)
                    pairs[Int(other.rawValue) - 1].insert(item.rawValue - 1)
                }
            }
        }
        return pairs
    }

    /// The part of the graph around each of some sequences of items.
    func subgraphs(
        of sequences: [ArraySlice<Int32>], relations: Int, limit: Int, hops: Int
    ) -> Subgraphs {
        let edges = self.edges
        var found = Subgraphs(relations: relations)
        for sequence in sequences {
            var nodes = Nodes(limit: limit)
            for item in sequence.reversed() { nodes.add(item - 1) }
            extend(&nodes, by: edges, hops: hops)
            found.append(
                nodes.entities, places: nodes.places, sequence: sequence,
                isItem: { $0 < self.items },
                links: { entity in
                    guard entity < self.items else { return [] }
                    let range = edges.offsets[Int(entity)]..<edges.offsets[Int(entity) + 1]
                    return range.map {
                        (edges.neighbours[Int($0)], Int(edges.relations[Int($0)]))
                    }
                })
        }
        return found
    }

    /// Adds the neighbours of nodes, hop by hop, those first that most nodes of a hop lead to.
    private func extend(_ nodes: inout Nodes, by edges: Edges, hops: Int) {
        var frontier = 0
        for _ in 0..<hops where !nodes.isFull {
            var votes: [Int32: Int] = [:]
            for entity in nodes.entities[frontier...] {
                for edge in edges.offsets[Int(entity)]..<edges.offsets[Int(entity) + 1] {
                    votes[edges.neighbours[Int(edge)], default: 0] += 1
                }
            }
            frontier = nodes.entities.count
            for (entity, _) in votes.sorted(by: { (-$0.value, $0.key) < (-$1.value, $1.key) }) {
                nodes.add(entity)
            }
        }
    }

    /// The edges, read once.
    private var edges: Edges {
        if let known, known.version == offsets.version { return known.edges }
        let read = Edges(
            offsets: offsets.value.elements(), neighbours: neighbours.value.elements(),
            relations: relations.value.elements())
        known = (offsets.version, read)
        return read
    }
}

/// Different entities in the order in which they were found, up to a limit.
private struct Nodes {
    let limit: Int
    private(set) var entities: [Int32] = []
    private(set) var places: [Int32: Int32] = [:]

    init(limit: Int) { self.limit = limit }

    var isFull: Bool { entities.count >= limit }

    mutating func add(_ entity: Int32) {
        guard !isFull, places[entity] == nil else { return }
        places[entity] = Int32(entities.count)
        entities.append(entity)
    }
}

/// Small graphs side by side, one for each of some steps; every node also has an edge to itself.
struct Subgraphs {
    /// Entities, graph by graph, those of the sequence first.
    var entities: [Int32] = []
    /// Where each graph's nodes begin.
    var offsets: [Int32] = [0]
    /// The node and the node that stands after it in the sequence: edges of all relations.
    var following: [(to: Int32, from: Int32)] = []
    /// The further edges of each relation.
    var related: [[(to: Int32, from: Int32)]]

    init(relations: Int) { related = [[(to: Int32, from: Int32)]](repeating: [], count: relations) }

    fileprivate mutating func append(
        _ nodes: [Int32], places: [Int32: Int32], sequence: ArraySlice<Int32>,
        isItem: (Int32) -> Bool, links: (Int32) -> [(entity: Int32, relation: Int)]
    ) {
        let first = Int32(entities.count)
        var seen: Set<SIMD2<Int32>> = []
        for (item, next) in zip(sequence, sequence.dropFirst()) {
            guard let to = places[item - 1], let from = places[next - 1], to != from,
                seen.insert(SIMD2(to, from)).inserted
            else { continue }
            following.append((first + to, first + from))
        }
        for (node, entity) in nodes.enumerated() {
            let own = first + Int32(node)
            for link in links(entity) {
                guard let other = places[link.entity] else { continue }
                related[link.relation].append((own, first + other))
                // A value's own edges are not asked for; an item tells of its side itself.
                if !isItem(link.entity) { related[link.relation].append((first + other, own)) }
            }
        }
        entities += nodes
        offsets.append(Int32(entities.count))
    }

    /// The number of graphs.
    var count: Int { offsets.count - 1 }

    /// The nodes of the largest, at least 1.
    var width: Int {
        zip(offsets.dropFirst(), offsets).map { Int($0 - $1) }.max().map { max($0, 1) } ?? 1
    }

    /// Each node's graph.
    var graphs: [Int32] {
        (0..<count).flatMap { graph in
            [Int32](
                repeating: Int32(graph), count: Int(offsets[graph + 1] - offsets[graph]))
        }
    }

    /// Each node's place in a block with ``width`` places for each graph.
    var places: [Int32] {
        let width = Int32(width)
        return (0..<Int32(count)).flatMap { graph in
            (0..<offsets[Int(graph) + 1] - offsets[Int(graph)]).map { graph * width + $0 }
        }
    }

    /// For each place of the block its node where that is of a kind, -1 elsewhere.
    func block(where isOfKind: (Int) -> Bool) -> [Int32] {
        var block = [Int32](repeating: -1, count: count * width)
        for (node, place) in places.enumerated() where isOfKind(node) {
            block[Int(place)] = Int32(node)
        }
        return block
    }
}
