/// What a file is that is no text in UTF-8, by its first bytes.
public enum FileKind: Sendable {
    /// Compressed by gzip.
    case gzip
    /// Compressed by zstd.
    case zstd
    /// Compressed by bzip2.
    case bzip2
    /// Compressed by xz.
    case xz
    /// A zip archive, as spreadsheets and `.npz` files are.
    case zip
    /// Apache Parquet.
    case parquet
    /// Text in UTF-16, of any byte order.
    case utf16
    /// Text in UTF-32, of any byte order.
    case utf32
    /// A database of SQLite.
    case sqlite
    /// HDF5.
    case hdf5
    /// HTML or XML.
    case markup

    /// What the first bytes of a file show; nil for text.
    init?(_ bytes: UnsafeRawBufferPointer) {
        // The mark of UTF-32 begins with that of UTF-16, and so comes first.
        let marks: [(FileKind, [UInt8])] = [
            (.utf32, [0xFF, 0xFE, 0, 0]), (.utf32, [0, 0, 0xFE, 0xFF]),
            (.gzip, [0x1F, 0x8B]), (.zstd, [0x28, 0xB5, 0x2F, 0xFD]),
            (.bzip2, Array("BZh".utf8)), (.xz, [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]),
            (.zip, [0x50, 0x4B, 0x03, 0x04]), (.parquet, Array("PAR1".utf8)),
            (.utf16, [0xFF, 0xFE]), (.utf16, [0xFE, 0xFF]),
            (.sqlite, Array("SQLite format 3".utf8)), (.hdf5, [0x89, 0x48, 0x44, 0x46]),
            (.markup, Array("<!".utf8)), (.markup, Array("<?xml".utf8)),
            (.markup, Array("<html".utf8)),
        ]
        if let found = marks.first(where: { bytes.starts(with: $0.1) }) {
            self = found.0
            return
        }
        // Without a mark: every other byte of the first letters is zero.
        let head = bytes.prefix(64)
        for parity in 0...1 where head.count >= 16 {
            let zeros = head.indices.count { $0 % 2 == parity && head[$0] == 0 }
            let others = head.indices.count { $0 % 2 != parity && head[$0] == 0 }
            if zeros * 10 >= head.count * 4, others == 0 {
                self = .utf16
                return
            }
        }
        return nil
    }

    /// What it is and what to do.
    var words: String {
        switch self {
        case .gzip: "is compressed (gzip); unpack it first: gunzip -k FILE"
        case .zstd: "is compressed (zstd); unpack it first: unzstd FILE"
        case .bzip2: "is compressed (bzip2); unpack it first: bunzip2 -k FILE"
        case .xz: "is compressed (xz); unpack it first: unxz -k FILE"
        case .zip: "is a zip archive, as spreadsheets are too; unpack it, or save the sheet as CSV"
        case .parquet: "is a Parquet file, which is not read; write it as CSV"
        case .utf16: "is text in UTF-16; save it as UTF-8: iconv -f UTF-16 -t UTF-8 FILE"
        case .utf32: "is text in UTF-32; save it as UTF-8: iconv -f UTF-32 -t UTF-8 FILE"
        case .sqlite: "is a database of SQLite; write its table as CSV"
        case .hdf5: "is an HDF5 file, which is not read; write it as CSV"
        case .markup:
            "is HTML or XML, perhaps a web page instead of the file; events are read from CSV"
        }
    }
}
