public import Foundation

/// Made-up ratings in the layout of `amazon-ratings`, for tests and measurements of any size.
public enum SyntheticRatings {
    /// Writes `rows` lines `user,item,rating,timestamp` to a file, streaming.
    ///
    /// Users and items are drawn uniformly; equal arguments give equal bytes. Users' ids are the same
    /// for every `domain`, items' are not.
    public static func write(
        rows: Int, users: Int, items: Int, domain: String = "A", seed: UInt64 = 1, to file: URL
    ) throws(ImportError) {
        precondition(
            rows > 0 && users > 0 && items > 0,
            "SyntheticRatings: expected counts above 0, got \(rows), \(users), \(items)")
        var stream = RandomStream(seed: seed, name: "synthetic." + domain)
        let writer = try FileWriter(path: file.path, isChecked: false)
        let prefix = Array(domain.utf8)
        for _ in 0..<rows {
            writer.write(UInt8(ascii: "U"))
            write(stream.uniform(below: users), to: writer)
            writer.write(UInt8(ascii: ","))
            prefix.withUnsafeBytes { writer.write($0) }
            write(stream.uniform(below: items), to: writer)
            writer.write(UInt8(ascii: ","))
            write(1 + stream.uniform(below: 5), to: writer)
            for byte in ".0,".utf8 { writer.write(byte) }
            write(1_000_000_000 + stream.uniform(below: 400_000_000), to: writer)
            writer.write(UInt8(ascii: "\n"))
        }
        try writer.finish()
    }

    private static func write(_ number: Int, to writer: FileWriter) {
        if number >= 10 { write(number / 10, to: writer) }
        writer.write(UInt8(ascii: "0") + UInt8(number % 10))
    }
}
