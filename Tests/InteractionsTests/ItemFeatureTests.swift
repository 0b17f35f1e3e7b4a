import Foundation
import Testing

@testable import Interactions

@Suite struct ItemFeatureTests {
    private let events = "user,item\nu,x\nu,y\nv,z\n"
    private let format = ImportFormat.delimited(DelimitedFormat())

    private func catalog(items: URL, _ folder: TemporaryFolder) throws -> Catalog {
        let source = ImportSource(
            events: try folder.file("shop.csv", events), items: items)
        try Importer.run(
            sources: [source], format: format, options: ImportOptions(replace: true),
            to: folder.dataset)
        let dataset = try Dataset.open(folder.dataset)
        try dataset.verify()
        return dataset.catalogs[0]
    }

    private let first = ItemID(rawValue: 1)
    private let second = ItemID(rawValue: 2)
    private let third = ItemID(rawValue: 3)

    @Test func columnsOfAnItemFile() throws {
        let folder = try TemporaryFolder()
        let catalog = try catalog(
            items: try folder.file(
                "items.csv",
                "item,title,categories,brand,price,description,also_buy\n"
                    + "x,X,a|b,Acme,\"$1,299.50\",\"Say \"\"x\"\"\",y|elsewhere\ny,,,,$5 - $9,,\n"),
            folder)
        #expect(catalog.title(of: first) == "X" && catalog.title(of: second) == nil)
        #expect(catalog.categories(of: first) == ["a", "b"])
        #expect(catalog.brand(of: first) == "Acme" && catalog.brand(of: second) == nil)
        #expect(catalog.price(of: first) == 1299.5)
        // A range is no price; z is not in the file.
        #expect(catalog.price(of: second) == nil && catalog.price(of: third) == nil)
        #expect(catalog.text(of: first) == "Say \"x\"" && catalog.text(of: third) == nil)
        #expect(catalog.alsoBought(with: first) == ["y", "elsewhere"])
        #expect(catalog.alsoBought(with: second).isEmpty)
        let data = try JSONEncoder().encode(catalog)
        let decoded = try JSONDecoder().decode(Catalog.self, from: data)
        #expect(decoded.texts == catalog.texts && decoded.prices == catalog.prices)
        #expect(decoded.brands == catalog.brands && decoded.alsoBought.isEmpty)
    }

    @Test(arguments: [
        ("12.99", 12.99), ("$12.99", 12.99), ("$ 12.99", 12.99), (" 12.99 $ ", 12.99), ("7", 7),
        ("1e-05", 1e-05), (".5", 0.5), ("1,299.00", 1299), ("1,299", 1299),
        ("$1,234,567.89", 1_234_567.89), ("12,99", 12.99), ("12,9", 12.9), ("0,999", 0.999),
        ("1.299,00", 1299), ("1 299,50", 1299.5), ("1 299", 1299), ("12,9900", 12.99),
        ("1234,5", 1234.5),
    ])
    func prices(text: String, value: Double) {
        #expect(PriceReader.price(text) == value)
    }

    // A mark that neither groups thousands nor stands before the decimals is not swallowed.
    @Test(arguments: [
        "", "$", ",", "5 9", "$5 - $9", "3,4,5", "1,29,9", "1,2345,678", "1234,567,890", "12,99,",
        ",99 5", "1,299,00", "1.29.9", "12.99,00", "-12,99", "12,99 EUR", "5,$9", "from 9.99",
        "nan",
        "1,299e3", "\u{0661}2,99",
    ])
    func textsThatAreNoPrice(text: String) {
        #expect(PriceReader.price(text) == nil)
    }

    @Test(arguments: ["items.csv", "items.jsonl"])
    func pricesThatAreNoneAreCounted(name: String) throws {
        let prices = ["12,99", "1,2,3", "9 to 12"]
        let lines = zip(["x", "y", "z"], prices).map { item, price in
            name == "items.csv"
                ? "\(item),\"\(price)\"" : #"{"id": "\#(item)", "price": "\#(price)"}"#
        }
        let text = (name == "items.csv" ? ["item,price"] : []) + lines
        let folder = try TemporaryFolder()
        let catalog = try catalog(
            items: folder.file(name, text.joined(separator: "\n") + "\n"), folder)
        #expect(catalog.prices == [12.99, nil, nil])
        let notes = try Dataset.open(folder.dataset).manifest.sources[0].notes
        #expect(
            notes.first { $0.code == "prices-not-read" }?.text
                == "2 prices that can be read as no number, such as \"1,2,3\"; unknown")
    }

    @Test func jsonLines() throws {
        let folder = try TemporaryFolder()
        let catalog = try catalog(
            items: try folder.file(
                "items.jsonl",
                #"""
                {"asin": "x", "title": "X", "category": ["a", "b"], "brand": "Acme", "price": 2.5, \#
                "related": {"also_bought": ["z", "\"q"]}}
                {"parent_asin": "y", "store": "Bee", "price": "$3.25", "description": ["one", "two"], \#
                "also_buy": ["x"]}
                {"id": "z", "categories": "a|c", "text": "three", "price": null}
                """#), folder)
        #expect(catalog.titles == ["X", nil, nil])
        #expect(catalog.categories == ["a|b", "", "a|c"])
        #expect(catalog.brands == ["Acme", "Bee", nil])
        #expect(catalog.prices == [2.5, 3.25, nil])
        #expect(catalog.texts == [nil, "one two", "three"])
        #expect(catalog.alsoBought == [["z", "\"q"], ["x"], []])
        // A dataset's own catalog is such a file.
        let own = folder.dataset.appendingPathComponent("catalog-0.jsonl")
        let copy = folder.url.appendingPathComponent("copy.jsonl")
        try FileManager.default.copyItem(at: own, to: copy)
        #expect(try self.catalog(items: copy, folder) == catalog)
    }

    @Test(arguments: [
        ("[1]", "expected a JSON object, got \"[1]\""), ("{", "expected a JSON object"),
        ("{\"title\": \"X\"}", "expected an item's id"),
        ("{\"id\": \"\"}", "expected an item's id"),
    ])
    func wrongLineIsNamed(line: String, reason: String) throws {
        let folder = try TemporaryFolder()
        let items = try folder.file("items.jsonl", "{\"id\": \"x\"}\n\(line)\n")
        let error = try #require(throws: ImportError.self) { try catalog(items: items, folder) }
        #expect(error.description.contains("items.jsonl:2: " + reason))
    }

    // What a run's model.json of before brands, prices and texts looks like.
    @Test func olderCatalogsDecode() throws {
        let json = """
            {"name": "d", "firstItem": 1, "externalIDs": ["x"], "titles": [], "categories": []}
            """
        let catalog = try JSONDecoder().decode(Catalog.self, from: Data(json.utf8))
        #expect(catalog == Catalog(name: "d", firstItem: first, externalIDs: ["x"]))
        #expect(catalog.brand(of: first) == nil && catalog.price(of: first) == nil)
        let encoded = String(decoding: try JSONEncoder().encode(catalog), as: UTF8.self)
        #expect(!encoded.contains("brands") && !encoded.contains("texts"))
    }
}
