/// Why a dataset cannot be opened.
public enum DatasetError: Error, Equatable, CustomStringConvertible {
    /// The path is not a directory.
    case notADirectory(path: String)
    /// The directory has no `dataset.json`.
    case notADataset(path: String)
    /// A file cannot be read.
    case unreadable(path: String, reason: String)
    /// `dataset.json` was written by a version of the format that this library does not read.
    case unsupportedVersion(path: String, found: Int, supported: Int)
    /// A data file has another size than the counts in `dataset.json` ask for.
    case wrongSize(path: String, expected: Int, got: Int)
    /// A file's content contradicts itself or `dataset.json`.
    case invalid(path: String, reason: String)
    /// A file's bytes have another checksum than `dataset.json` says.
    case checksumMismatch(path: String, expected: String, got: String)

    /// One line that says what is wrong and, where it helps, what to do.
    public var description: String {
        switch self {
        case .notADirectory(let path): "\(path): no such dataset directory"
        case .notADataset(let path):
            "\(path): not a dataset, because it has no dataset.json; make one with an import"
        case .unreadable(let path, let reason): "\(path): \(reason)"
        case .unsupportedVersion(let path, let found, let supported):
            found < supported
                ? "\(path): format \(found) of an earlier version, which this one, with format "
                    + "\(supported), does not read; import the sources anew"
                : "\(path): format \(found) of a later version, this one reads \(supported); use "
                    + "the later version, or import the sources anew"
        case .wrongSize(let path, let expected, let got):
            "\(path): expected \(expected) bytes, got \(got); import the dataset again"
        case .invalid(let path, let reason): "\(path): \(reason)"
        case .checksumMismatch(let path, let expected, let got):
            "\(path): expected checksum \(expected), got \(got); import the dataset again"
        }
    }
}
