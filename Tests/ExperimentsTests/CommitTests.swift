import Foundation
import Testing

@testable import Experiments

/// The commit that a run's manifest names: the one recorded since the executable was linked, or none.
struct CommitTests {
    @Test func commitIsTheRecordedOneOrUnknown() throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("isthmus-tests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let tool = folder.appendingPathComponent("tool")
        let record = folder.appendingPathComponent("tool.commit")
        try Data().write(to: tool)
        #expect(Isthmus.commit(of: tool) == "unknown")
        let commit = String(repeating: "0123456789", count: 4)
        for (text, expected) in [
            (commit + "\n", commit), (commit + "+changes\n", commit + "+changes"),
            ("", "unknown"), ("abc\n", "unknown"), (commit + " and more", "unknown"),
        ] {
            try Data(text.utf8).write(to: record)
            #expect(Isthmus.commit(of: tool) == expected, "\(text)")
        }
        // Linked again since: nobody knows from what.
        try Data(commit.utf8).write(to: record)
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: 10)], ofItemAtPath: tool.path)
        #expect(Isthmus.commit(of: tool) == "unknown")
    }
}
