internal import Files
public import Foundation

/// Writes per-user results as they come; memory does not grow with their number.
///
/// Rows go to a file beside the final one, which ``finish()`` moves into place: a results file that
/// is there is complete. A writer that is let go of without finishing removes what it wrote.
public final class UserResultsWriter {
    private let file: AtomicWriter
    private var buffer: [UInt8] = []
    private var isFinished = false

    private static let bufferSize = 1 << 16

    /// Starts a file with its header; one of that name is replaced on finishing.
    public init(to url: URL) throws(UserResultsError) {
        do {
            file = try AtomicWriter(url)
        } catch {
            throw .unwritable(path: error.path, reason: error.reason)
        }
        buffer.append(contentsOf: CSV.line(UserResults.columns).utf8)
    }

    /// Adds one result.
    public func write(_ result: UserResult) throws(UserResultsError) {
        precondition(!isFinished, "UserResultsWriter.write: expected a writer that is not finished")
        let groups = UserGroup.allCases.filter(result.groups.contains).map(\.rawValue)
        let outcome = result.outcome
        let line = CSV.line([
            result.user, String(result.position), result.item, result.domain,
            groups.joined(separator: String(UserResults.groupSeparator)),
            outcome.equal % 2 == 0
                ? String(1 + outcome.greater + outcome.equal / 2) : String(outcome.rank),
            String(outcome.greater), String(outcome.equal), String(outcome.candidates),
            hexadecimal(result.candidateSet),
        ])
        buffer.append(contentsOf: line.utf8)
        if buffer.count >= Self.bufferSize { try flush() }
    }

    /// Writes what is left and moves the file into place.
    public func finish() throws(UserResultsError) {
        precondition(!isFinished, "UserResultsWriter.finish: expected to be called once, got twice")
        try flush()
        do {
            try file.commit()
        } catch {
            throw .unwritable(path: error.path, reason: error.reason)
        }
        isFinished = true
    }

    private func flush() throws(UserResultsError) {
        do {
            try file.write(Data(buffer))
        } catch {
            throw .unwritable(path: error.path, reason: error.reason)
        }
        buffer.removeAll(keepingCapacity: true)
    }
}
