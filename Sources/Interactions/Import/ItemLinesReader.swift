internal import Files
import Foundation

/// Reads item features from JSON lines, such as Amazon's metadata or a dataset's own catalog.
///
/// Keys: `id`, `item`, `item_id`, `asin` or `parent_asin`; `title`; `categories` or `category`, a text
/// with `|` between names or a list; `brand` or `store`; `price`, a number or a text such as `$12.99`;
/// `text` or `description`, a text or a list of paragraphs; `also_bought` or `also_buy`, a list of items' ids, as it is
/// or inside `related`.
final class ItemLinesReader {
    private static let idKeys = ["id", "item", "item_id", "asin", "parent_asin"]
    private static let knownKeys: Set = Set(idKeys).union([
        "title", "categories", "category", "brand", "store", "price", "text", "description",
        "also_bought", "also_buy", "related",
    ])
    private let reader: LineReader
    private let sink: ImportSink
    private let domainKey: String?
    private var unreadKeys: Set<String> = []
    private var prices = PriceReader()

    /// Whether a file is one of JSON lines by its name.
    static func reads(_ file: URL) -> Bool { ["jsonl", "json"].contains(file.pathExtension) }

    /// `domainKey` is the key of the items' domains, where the events name theirs.
    init(path: String, domainKey: String?, sink: ImportSink) throws(ImportError) {
        reader = try LineReader(path: path)
        self.domainKey = domainKey
        self.sink = sink
    }

    /// Reads the whole file into what `info` gives for a domain's name, nil where a line has none.
    func run(into info: (_ domain: String?) -> ItemInfo) throws(ImportError) {
        while let line = try reader.next() {
            guard line.count > 0 else { continue }
            do throws(LineProblem) {
                try add(line, to: info)
                sink.addItem()
            } catch {
                try sink.bad(error, in: reader)
            }
        }
        try sink.finish(reader)
        addNotes()
    }

    private func add(_ line: UnsafeRawBufferPointer, to info: (_ domain: String?) -> ItemInfo)
        throws(LineProblem)
    {
        guard let object = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any]
        else { throw LineProblem(reason: "expected a JSON object, got \(Numbers.quoted(line))") }
        guard let id = Self.idKeys.lazy.compactMap({ Self.scalar(object[$0]) }).first else {
            throw LineProblem(reason: "expected an item's id under \"id\", \"item\" or \"asin\"")
        }
        for key in object.keys where !Self.knownKeys.contains(key) && key != domainKey {
            unreadKeys.insert(key)
        }
        let domain = domainKey.flatMap { Self.scalar(object[$0]) }
        let categories = Self.strings(object["categories"] ?? object["category"])
        let features = ItemFeatures(
            title: Self.scalar(object["title"]),
            brand: Self.scalar(object["brand"] ?? object["store"]),
            price: prices.price(Self.scalar(object["price"])),
            text: Self.joined(object["text"] ?? object["description"]),
            alsoBought: Self.strings(
                object["also_bought"] ?? object["also_buy"]
                    ?? (object["related"] as? [String: Any])?["also_bought"]))
        var result = Result<Void, LineProblem>.success(())
        ByteOrder.withBytes(of: id) { bytes in
            do throws(LineProblem) {
                try info(domain).add(
                    item: bytes, features,
                    categories: categories.flatMap { $0.split(separator: "|").map(String.init) })
            } catch {
                result = .failure(error)
            }
        }
        try result.get()
    }

    private func addNotes() {
        if !unreadKeys.isEmpty {
            sink.note(
                "columns-not-read",
                "keys that are not read: " + unreadKeys.sorted().map { $0.quoted }.listed(),
                ofSource: sink.sources.count - 1)
        }
        prices.addNote(to: sink)
    }

    /// A text that is not empty, or a number as text.
    private static func scalar(_ value: Any?) -> String? {
        if let text = value as? String { return text.isEmpty ? nil : text }
        return (value as? NSNumber)?.stringValue
    }

    /// The texts of a text or of a list, however deep.
    private static func strings(_ value: Any?) -> [String] {
        if let list = value as? [Any] { return list.flatMap { strings($0) } }
        return scalar(value).map { [$0] } ?? []
    }

    private static func joined(_ value: Any?) -> String? {
        let paragraphs = strings(value)
        return paragraphs.isEmpty ? nil : paragraphs.joined(separator: " ")
    }
}
