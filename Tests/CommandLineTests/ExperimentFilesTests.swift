import Experiments
import Foundation
import Testing

/// The experiments that come with the package.
struct ExperimentFilesTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("experiments")

    private static var files: [String] {
        let all = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String }
        return (all ?? []).filter { $0.hasSuffix(".yaml") }.sorted()
    }

    @Test func everyFileDecodes() throws {
        #expect(Self.files.count == 15)
        for file in Self.files {
            let url = Self.folder.appendingPathComponent(file)
            let configuration = try ExperimentConfiguration(contentsOf: url)
            #expect(try ExperimentConfiguration(yaml: configuration.yaml()) == configuration)
        }
    }

    @Test func everyFileOpensWithItsCommand() throws {
        for file in Self.files {
            let text = try String(
                contentsOf: Self.folder.appendingPathComponent(file), encoding: .utf8)
            let head = text.split(separator: "\n")
                .prefix { $0.hasPrefix("#") }.joined(separator: "\n")
            #expect(head.contains("isthmus train experiments/\(file) "), "\(file)")
        }
    }
}
