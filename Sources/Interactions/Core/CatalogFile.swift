internal import Files
import Foundation

/// A domain's catalog on disk: one JSON object a line, in the order of the item ids.
enum CatalogFile {
    private struct Line: Decodable {
        let id: String
        let title: String?
        let categories: String?
        let brand: String?
        let price: Double?
        let text: String?
        let alsoBought: [String]?

        private enum CodingKeys: String, CodingKey {
            case id, title, categories, brand, price, text
            case alsoBought = "also_bought"
        }
    }

    /// Reads a catalog that must have `count` items.
    static func read(_ path: String, name: String, firstItem: ItemID, count: Int)
        throws(DatasetError) -> Catalog
    {
        let data: Data
        do {
            data = try FileReading.data(URL(fileURLWithPath: path))
        } catch {
            throw .unreadable(path: error.path, reason: error.reason)
        }
        let lines = try decode(data, path: path)
        guard lines.count == count, count > 0 else {
            throw .invalid(
                path: path, reason: "expected \(counted(max(count, 1), "item")), got \(lines.count)"
            )
        }
        let categories = lines.map { $0.categories ?? "" }
        let catalog = Catalog(
            name: name, firstItem: firstItem, externalIDs: lines.map(\.id),
            titles: FeatureColumn.compact(lines.map(\.title)),
            categories: categories.contains { !$0.isEmpty } ? categories : [],
            brands: FeatureColumn.compact(lines.map(\.brand)),
            prices: FeatureColumn.compact(lines.map(\.price)),
            texts: FeatureColumn.compact(lines.map(\.text)),
            alsoBought: lines.contains { $0.alsoBought != nil }
                ? lines.map { $0.alsoBought ?? [] } : [])
        if let id = catalog.repeatedID {
            throw .invalid(path: path, reason: "the id \"\(id)\" stands twice")
        }
        return catalog
    }

    /// Decodes all lines at once, as one array, and one by one only to name a line that is wrong.
    private static func decode(_ data: Data, path: String) throws(DatasetError) -> [Line] {
        let rows = data.split(separator: UInt8(ascii: "\n"))
        var array = Data("[".utf8)
        array.reserveCapacity(data.count + 2)
        for (index, row) in rows.enumerated() {
            if index > 0 { array.append(UInt8(ascii: ",")) }
            array.append(row)
        }
        array.append(UInt8(ascii: "]"))
        let decoder = JSONDecoder()
        if let lines = try? decoder.decode([Line].self, from: array) { return lines }
        for (index, row) in rows.enumerated() {
            if (try? decoder.decode(Line.self, from: row)) == nil {
                throw .invalid(path: "\(path):\(index + 1)", reason: "not an item's JSON object")
            }
        }
        throw .invalid(path: path, reason: "not one JSON object a line")
    }

    /// One item's line, with its line end; a price that is not finite is left out.
    static func line(id: String, _ features: ItemFeatures) -> [UInt8] {
        var line = Array(#"{"id":"#.utf8)
        append(id, to: &line)
        func add(_ key: String, _ value: String?) {
            guard let value else { return }
            line.append(contentsOf: ",\"\(key)\":".utf8)
            append(value, to: &line)
        }
        add("title", features.title)
        add("categories", features.categories.isEmpty ? nil : features.categories)
        add("brand", features.brand)
        if let price = features.price, price.isFinite {
            line.append(contentsOf: ",\"price\":\(price)".utf8)
        }
        add("text", features.text)
        if !features.alsoBought.isEmpty {
            line.append(contentsOf: #","also_bought":["#.utf8)
            for (index, other) in features.alsoBought.enumerated() {
                if index > 0 { line.append(UInt8(ascii: ",")) }
                append(other, to: &line)
            }
            line.append(UInt8(ascii: "]"))
        }
        line.append(contentsOf: "}\n".utf8)
        return line
    }

    private static func append(_ string: String, to line: inout [UInt8]) {
        let hexadecimal = Array("0123456789abcdef".utf8)
        line.append(UInt8(ascii: "\""))
        for byte in string.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                line.append(UInt8(ascii: "\\"))
                line.append(byte)
            case 0..<32:
                line.append(contentsOf: #"\u00"#.utf8)
                line.append(hexadecimal[Int(byte >> 4)])
                line.append(hexadecimal[Int(byte & 15)])
            default:
                line.append(byte)
            }
        }
        line.append(UInt8(ascii: "\""))
    }
}
