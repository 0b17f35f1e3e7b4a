import Foundation
import Testing

@testable import Interactions

@Suite struct ChecksumTests {
    // Digests from the reference implementation (xxhash 3 for Python) of bytes (7·i + 3) mod 256.
    @Test(arguments: [
        (0, "ef46db3751d8e999"), (31, "a2aa5f33cc4a6119"), (32, "23c3c17ef790fd97"),
        (63, "5e3e54b431c7493c"), (100, "a61f8d4c170fe531"), (1000, "5f235fa033f1a3fb"),
    ])
    func agreesWithReference(count: Int, digest: String) {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7 + 3) }
        for piece in [1, 7, 32, 1000] {
            var sum = Checksum()
            for start in stride(from: 0, to: count, by: piece) {
                bytes[start..<min(start + piece, count)].withUnsafeBytes { sum.update($0) }
            }
            #expect(sum.text == "xxh64:" + digest)
        }
    }
}

@Suite struct NearestNameTests {
    @Test func findsTypingMistakes() {
        let names = ["food", "kitchen", "leave-one-out"]
        #expect(nearestName(to: "foood", in: names) == "food")
        #expect(nearestName(to: "kithcen", in: names) == "kitchen")
        #expect(nearestName(to: "Leave_One_Out", in: names) == "leave-one-out")
        #expect(nearestName(to: "music", in: names) == nil)
        #expect(nearestName(to: "ab", in: ["ba"]) == "ba")
        #expect(nearestName(to: "x", in: []) == nil)
    }
}

@Suite struct RandomStreamTests {
    // Numbers of an independent implementation (SplitMix64 seeding, xoshiro256++) in Python.
    @Test func agreesWithReference() {
        var stream = RandomStream(seed: 42, name: "negatives", 3, 7)
        let numbers = (0..<3).map { _ in stream.next() }
        #expect(
            numbers == [0x674f_d092_69f7_3799, 0x01fc_61ca_9af5_86fa, 0xf6fe_7b99_0330_300a])
        #expect(RandomStream.deriveSeed(42, "negatives", 3, 7) == 0x7de4_21a0_fe15_5aa5)
        var order = RandomStream(seed: 1, name: "order")
        #expect(order.permutation(8) == [2, 1, 4, 5, 3, 0, 6, 7])
    }

    @Test func namesAndIndicesGiveOtherStreams() {
        let seeds = [
            RandomStream.deriveSeed(1, "a"), RandomStream.deriveSeed(1, "b"),
            RandomStream.deriveSeed(2, "a"), RandomStream.deriveSeed(1, "a", 0),
            RandomStream.deriveSeed(1, "a", 1), RandomStream.deriveSeed(1, "a", 0, 1),
            RandomStream.deriveSeed(1, "a", 98), RandomStream.deriveSeed(1, "ab"),
        ]
        #expect(Set(seeds).count == seeds.count)
    }

    // 10,000 draws of 5 values: 2,000 each with a deviation of 40; five deviations are allowed.
    @Test func uniformIsUniform() {
        var stream = RandomStream(seed: 3, name: "test")
        var counts = [Int](repeating: 0, count: 5)
        for _ in 0..<10_000 { counts[stream.uniform(below: 5)] += 1 }
        #expect(counts.allSatisfy { abs($0 - 2000) < 200 })
        let shares = (0..<1000).map { _ in stream.uniform() }
        #expect(shares.allSatisfy { $0 >= 0 && $0 < 1 })
    }

    @Test func savedStreamContinues() throws {
        var stream = RandomStream(seed: 5, name: "x")
        _ = stream.next()
        let data = try JSONEncoder().encode(stream)
        var copy = try JSONDecoder().decode(RandomStream.self, from: data)
        #expect(copy == stream)
        #expect((0..<5).map { _ in copy.next() } == (0..<5).map { _ in stream.next() })
    }
}

@Suite struct StringTableTests {
    // Against a dictionary, over random keys of which many repeat.
    @Test func agreesWithDictionary() throws {
        var stream = RandomStream(seed: 9, name: "strings")
        let table = StringTable()
        var expected: [String: Int] = [:]
        for _ in 0..<3000 {
            let key =
                String(repeating: "k", count: stream.uniform(below: 22))
                + "\(stream.uniform(below: 90))"
            let number = try table.insert(key)
            #expect(number == expected[key] ?? expected.count)
            expected[key] = number
        }
        #expect(table.count == expected.count)
        for (key, number) in expected {
            #expect(table.string(number) == key)
            #expect(ByteOrder.withBytes(of: key) { table.find($0) } == number)
        }
        #expect(ByteOrder.withBytes(of: "absent") { table.find($0) } == nil)
        let sorted = table.sortedOrder(of: (0..<UInt32(table.count)).map { $0 })
        #expect(sorted.map { table.string(Int($0)) } == expected.keys.sorted())
    }
}

@Suite struct NumbersTests {
    private func ticks(_ text: String, _ format: TimeFormat) -> Int64? {
        var reader = TimeReader(format)
        return ByteOrder.withBytes(of: text) { try? reader.ticks($0) }
    }

    // Seconds from `date -u +%s`: 2014-07-23T10:11:12Z is 1406110272.
    @Test func readsTimes() {
        #expect(ticks("1406110272", .automatic) == 1_406_110_272_000_000)
        #expect(ticks("1406110272.5", .seconds) == 1_406_110_272_500_000)
        #expect(ticks("1406110272.1234567", .automatic) == 1_406_110_272_123_456)
        #expect(ticks("1406110272123", .automatic) == 1_406_110_272_123_000)
        #expect(ticks("1406110272123.5", .milliseconds) == 1_406_110_272_123_500)
        #expect(ticks("1406110272123456", .automatic) == 1_406_110_272_123_456)
        #expect(ticks("1406110272123456789", .automatic) == 1_406_110_272_123_456)
        #expect(ticks("1.406110272e9", .automatic) == 1_406_110_272_000_000)
        #expect(ticks("0", .automatic) == 0)
        #expect(ticks("2014-07-23T10:11:12Z", .automatic) == 1_406_110_272_000_000)
        #expect(ticks("2014-07-23 10:11:12.25", .iso8601) == 1_406_110_272_250_000)
        #expect(ticks("2014-07-23 10:11:12.250001 UTC", .iso8601) == 1_406_110_272_250_001)
        #expect(ticks("2014-07-23T12:11:12+02:00", .iso8601) == 1_406_110_272_000_000)
        #expect(ticks("2014-07-23T08:41:12-0130", .iso8601) == 1_406_110_272_000_000)
        #expect(ticks("2014-07-23T12:11:12+02", .iso8601) == 1_406_110_272_000_000)
        #expect(ticks("2014-07-23", .automatic) == 1_406_073_600_000_000)
        #expect(ticks("2000-02-29", .iso8601) == 951_782_400_000_000)
        #expect(ticks("2014-07-22T24:00", .iso8601) == 1_406_073_600_000_000)
    }

    @Test(arguments: [
        "", "x", "-1", "99999999999", "2014-13-01", "2014-07-23T", "2014-07-23T10:11:12+0",
        "2014-07-23T10:11:12Zx", "1e400", "nan", "inf", ".", "0x10", "2014-02-29", "2014-02-31",
        "2014-04-31", "1900-02-29", "2014-00-10", "2014-07-00", "2014-07-23T24:00:01",
        "2014-07-23T25:00", "2014-07-23T10:60", "2014-07-23T10:11:61", "2014-07-23T10:11:12.",
        "2014-07-23T10:11:12+02:60", "2014-07-23T10:11:12+02:", "2014-07-23 10:11:12 GMT+2",
        "1969-12-31", "2100-01-01", "-0.5", "2014-7-23", "99999999999999999999999",
    ])
    func refusesTimes(text: String) {
        for format in TimeFormat.allCases where format != .milliseconds {
            // As ever smaller units the number of eleven digits is a time.
            if text == "99999999999", format != .iso8601, format != .seconds { continue }
            #expect(ticks(text, format) == nil, "\(text) as \(format)")
        }
    }

    // One file has one unit: what would be another one is refused, wherever it stands.
    @Test(arguments: [
        ("1406110272", "1406110272123", "milliseconds"),
        ("1406110272123", "1406110272", "seconds"),
        ("1406110272123456", "1406110272123", "milliseconds"),
        ("1406110272", "2014-07-23", "a date"), ("2014-07-23", "1406110272", "a number"),
    ])
    func neverMixesUnits(first: String, second: String, named: String) throws {
        var reader = TimeReader(.automatic)
        func read(_ text: String) throws(LineProblem) -> Int64 {
            var result = Result<Int64, LineProblem>.success(0)
            ByteOrder.withBytes(of: text) { bytes in
                do throws(LineProblem) {
                    result = .success(try reader.ticks(bytes))
                } catch {
                    result = .failure(error)
                }
            }
            return try result.get()
        }
        // An unknown time decides nothing.
        #expect(try read("0") == 0)
        let ticks = try read(first)
        let problem = try #require(throws: LineProblem.self) { try read(second) }
        #expect(problem.reason.contains("\"\(second)\"") && problem.reason.contains(named))
        #expect(try read(first) == ticks && read("0") == 0)
    }

    // Every decimal must be the double that Swift's own parser gives.
    @Test func readsDecimals() {
        for text in ["0", "5.0", "3.5", "4.1", "123456.789", "-2.5", "1e3", ".5", "2.", "0.1"] {
            let read = ByteOrder.withBytes(of: text) { Numbers.decimal($0) }
            #expect(read == Double(text) ?? Double(text.replacingOccurrences(of: ".", with: "")))
        }
        for text in ["", ".", "1.2.3", "abc", "0x10", "1,5"] {
            #expect(ByteOrder.withBytes(of: text) { Numbers.decimal($0) } == nil)
        }
    }
}

@Suite struct CatalogTests {
    @Test func looksUpBothWays() throws {
        let ids = ["b", "a", "é", "e\u{301}", "Z"]
        let catalog = Catalog(
            name: "d", firstItem: ItemID(rawValue: 5), externalIDs: ids,
            titles: ["B", nil, nil, nil, nil], categories: ["x|y", "", "", "", ""])
        for (index, id) in ids.enumerated() {
            let item = try #require(catalog.item(externalID: id))
            #expect(item.rawValue == Int32(5 + index))
            #expect(Array(catalog.externalID(of: item).utf8) == Array(id.utf8))
        }
        #expect(catalog.item(externalID: "c") == nil)
        #expect(catalog.itemRange == 5...9)
        #expect(!catalog.contains(ItemID(rawValue: 4)) && catalog.contains(ItemID(rawValue: 9)))
        #expect(catalog.title(of: ItemID(rawValue: 5)) == "B")
        #expect(catalog.categories(of: ItemID(rawValue: 5)) == ["x", "y"])
        let data = try JSONEncoder().encode(catalog)
        #expect(try JSONDecoder().decode(Catalog.self, from: data) == catalog)
    }
}
