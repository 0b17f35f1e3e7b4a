import Interactions
import Testing

/// Events that a file has in another order than that of time: each keeps what belongs to it.
@Suite struct ColumnOrderTests {
    @Test func ratingsMoveWithTheirEvents() throws {
        let dataset = try TemporaryFolder().amazon([
            "A": "u,i3,3.0,30\nu,i1,1.0,10\nv,i2,2.5,20\nu,i4,4.0,40\nu,i2,2.0,20\nv,i1,1.5,10\n"
        ])
        #expect(dataset.lines == ["u: i1 i2 i3 i4", "v: i1 i2"])
        #expect(Array(dataset.times) == [10, 20, 30, 40, 10, 20])
        #expect(dataset.ratings.map { Array($0) } == [1, 2, 3, 4, 1.5, 2.5])
    }

    /// Over random orders of the same lines: ratings are a number of item and time.
    @Test(arguments: 0..<5)
    func anyOrderOfLinesGivesTheSameEvents(seed: UInt64) throws {
        var stream = RandomStream(seed: seed, name: "lines")
        let lines = stream.permutation(120).map { line in
            let (user, item, time) = (line % 7, line % 11, 1000 + line)
            return "u\(user),i\(item),\((item * 31 + time) % 50).5,\(time)\n"
        }
        let dataset = try TemporaryFolder().amazon(["A": lines.joined()])
        let ratings = try #require(dataset.ratings)
        #expect(dataset.eventCount == 120)
        for user in 0..<Int32(dataset.userCount) {
            let events = dataset.events(of: UserID(rawValue: user))
            let times = events.map { dataset.times[$0] }
            #expect(times == times.sorted())
            for event in events {
                let line = Int(dataset.times[event]) - 1000
                let item = dataset.externalID(of: ItemID(rawValue: dataset.items[event]))
                #expect(item == "i\(line % 11)")
                #expect(ratings[event] == Float((line % 11 * 31 + 1000 + line) % 50) + 0.5)
                #expect(dataset.users.externalID(of: UserID(rawValue: user)) == "u\(line % 7)")
            }
        }
    }
}
