import Interactions
import Testing
import Torch
import TorchNN

@testable import Recommenders

/// What GCA may know and must know, on every host with every set of stages: the events before the target, all of them, in
/// training as in scoring.
struct GCAHostTests {
    /// A row of random items of all domains, one with several events of a domain at its end, and a short one.
    private let rows: [[Int32]] = [
        Generator(seed: 11).uniform([8]).elements(as: Float.self).map { Int32($0 * 12) + 1 },
        [1, 7, 2, 8, 9, 3, 11, 12], [9, 2, 1, 3],
    ]

    private struct StateIsMissing: Error {}

    private func distance(_ left: [Float], _ right: [Float]?) throws -> Float {
        guard let right else { throw StateIsMissing() }
        return largestDistance(left, right)
    }

    @Test("every model that takes GCA is looked at")
    func registryIsCovered() throws {
        let hosts = Models.all.filter { $0.value.defaults()[["gca"]] != nil }.map(\.key)
        #expect(!hosts.isEmpty && Set(hosts) == Set(GCAHostCase.hosts.map(\.name)))
        for host in GCAHostCase.hosts {
            let stages = Set(GCAHostCase.all.filter { $0.name == host.name }.flatMap(\.stages))
            #expect(try stages == Set(host.build().model.stageNames.indices))
        }
    }

    @Test(
        "no event at or after the target changes a state that predicts it",
        arguments: GCAHostCase.all)
    func futureIsUnseen(host: GCAHostCase) throws {
        let built = try host.build()
        let before = built.trainingStates(rows)
        var futures: [(row: Int, place: Int, events: [Int32])] = []
        for (row, events) in rows.enumerated() {
            for place in 1..<events.count {
                var changed = events
                changed[place] = built.shape.other(events[place])
                futures.append((row, place, changed))
                // Padding tells, as the references' does, how many events of each domain are to come.
                futures.append(
                    host.knowsLength
                        ? (row, place, events[..<place] + events[place...].map(built.shape.other))
                        // Fewer events, of other domains.
                        : (row, place, events[...place] + events.suffix(2).map { 13 - $0 }))
            }
        }
        var compared = 0
        var wrong: [String] = []
        let states = built.trainingStates(futures.map(\.events))
        try #require(states.count == futures.count)
        for (future, after) in zip(futures, states) {
            for (step, state) in before[future.row] where step < future.place {
                if try distance(state, after[step]) > 1e-6 {
                    wrong.append("row \(future.row): place \(future.place) moves step \(step)")
                }
                compared += 1
            }
        }
        #expect(wrong.isEmpty)
        #expect(compared > 50)
    }

    @Test(
        "a state of training is that of scoring the events before its target",
        arguments: GCAHostCase.all)
    func trainingIsScoring(host: GCAHostCase) throws {
        let built = try host.build()
        let steps = rows.indices.flatMap { row in
            (0..<rows[row].count - 1).map { (row: row, step: $0) }
        }
        let scored = built.scoringStates(
            steps.map { Array(rows[$0.row][...$0.step]) },
            domains: steps.map { built.domain(of: rows[$0.row][$0.step + 1]) })
        let whole = built.trainingStates(rows)
        // A row that ends with the target is like the history in every way.
        let cut = built.trainingStates(steps.map { Array(rows[$0.row][...($0.step + 1)]) })
        func knowsDomain(_ row: Int, _ step: Int) -> Bool {
            let domains = rows[row].map(built.domain(of:))
            return domains[...step].contains(domains[step + 1])
        }
        var compared = 0
        var wrong: [String] = []
        for (index, at) in steps.enumerated() {
            // With padding ABXI scores a domain without history by a norm's bias, as its reference does.
            if host.name == "abxi", host.knowsLength, !knowsDomain(at.row, at.step) { continue }
            let states = [cut[index][at.step], host.knowsLength ? nil : whole[at.row][at.step]]
            for state in states.compactMap(\.self) {
                let moved = try distance(state, Array(scored[index].prefix(state.count)))
                if moved > 1e-5 { wrong.append("row \(at.row), step \(at.step): \(moved)") }
                compared += 1
            }
        }
        #expect(wrong.isEmpty)
        // With padding the whole row has another length than the history, and is left out.
        let known = steps.count { knowsDomain($0.row, $0.step) }
        #expect(known > 10)
        #expect(compared >= known * (host.knowsLength ? 1 : 2))
    }

    @Test(
        "the newest event of every other domain reaches a state through each module alone",
        arguments: GCAHostCase.all)
    func newestEventIsSeen(host: GCAHostCase) throws {
        for (stage, module) in host.stages.flatMap({ stage in
            (0..<host.depth).map { (stage, $0) }
        }) {
            let built = try host.build()
            try built.silenceHost()
            built.openOnly(stage: stage, step: module)
            let before = built.trainingStates(rows)
            var changes: [(row: Int, step: Int, events: [Int32])] = []
            for (row, events) in rows.enumerated() {
                for step in before[row].keys.sorted() {
                    let target = built.domain(of: events[step + 1])
                    let domains = events[...step].map(built.domain(of:))
                    guard domains.contains(target) else { continue }
                    for other in built.shape.domains.indices where other != target {
                        guard let place = domains.lastIndex(of: other) else { continue }
                        var changed = events
                        changed[place] = built.shape.other(events[place])
                        changes.append((row, step, changed))
                    }
                }
            }
            func scored(_ rows: [[Int32]]) -> [[Float]] {
                built.scoringStates(
                    zip(rows, changes).map { Array($0[...$1.step]) },
                    domains: zip(rows, changes).map { built.domain(of: $0[$1.step + 1]) })
            }
            let trained = built.trainingStates(changes.map(\.events))
            let served = [scored(changes.map { rows[$0.row] }), scored(changes.map(\.events))]
            try #require(([trained.count] + served.map(\.count)).allSatisfy { $0 == changes.count })
            var lost: [String] = []
            for (index, change) in changes.enumerated() {
                let state = try #require(before[change.row][change.step])
                let moved = try distance(state, trained[index][change.step])
                let movedInScoring = largestDistance(served[0][index], served[1][index])
                if moved < 1e-5 || movedInScoring < 1e-5 {
                    lost.append("row \(change.row), step \(change.step)")
                }
            }
            #expect(lost.isEmpty, "stage \(stage), module \(module)")
            #expect(changes.count > 10)
        }
    }

    /// What ``newestEventIsSeen(host:)`` stands on.
    @Test(
        "a silenced host without GCA hears nothing of other domains",
        arguments: GCAHostCase.hosts)
    func silence(host: GCAHostCase) throws {
        let built = try host.build()
        try built.silenceHost()
        for domain in built.shape.domains.indices {
            let others = rows.map { row in
                row.map { built.domain(of: $0) == domain ? $0 : built.shape.other($0) }
            }
            let domains = rows.map { _ in domain }
            #expect(
                built.scoringStates(rows, domains: domains)
                    == built.scoringStates(others, domains: domains))
        }
    }

    @Test(
        "with closed gates training is the host's, bit by bit where both read the same",
        arguments: GCAHostCase.all)
    func closedGates(host: GCAHostCase) throws {
        var alone = host
        alone.stages = []
        let (closed, plain) = (try host.build(), try alone.build())
        closed.openOnly(stage: -1, step: 0)
        for (name, value) in closed.model.state() {
            if let own = plain.model.state()[name] { value.copy(from: own) }
        }
        let batch = SequenceBatch.training(rows)
        var compared = 0
        let (states, others) = (
            closed.model.trainingStates(of: batch), plain.model.trainingStates(of: batch)
        )
        #expect(states.count == others.count)
        for (left, right) in zip(states, others) {
            #expect(left.states.shape == right.states.shape)
            if left.tokens == right.tokens {
                #expect(identical(left.states, right.states))
            } else {
                // A host that leaves out what predicts nothing multiplies fewer rows at a time, which rounds otherwise.
                #expect(try distance(left.states.elements(), right.states.elements()) < 1e-6)
            }
            compared += left.states.size(0)
        }
        #expect(compared > 10)
        for domain in closed.shape.domains.indices {
            let domains = rows.map { _ in domain }
            let scored = [closed, plain].map { $0.scoringStates(rows, domains: domains) }
            #expect(scored[0].count == rows.count && scored[1].count == rows.count)
            for (left, right) in zip(scored[0], scored[1]) {
                #expect(largestDistance(left, right) < 1e-5)
            }
        }
    }
}
