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

    /// A sweep names an experiment, where an experiment names a model.
    private static func isSweep(_ file: String) -> Bool {
        let text = try? String(contentsOf: folder.appendingPathComponent(file), encoding: .utf8)
        return text?.contains("\nmodel: ") == false
    }

    @Test func everyFileDecodes() throws {
        // The folder was found.
        #expect(Self.files.count > 25)
        for file in Self.files where !Self.isSweep(file) {
            let url = Self.folder.appendingPathComponent(file)
            let configuration = try ExperimentConfiguration(contentsOf: url)
            #expect(try ExperimentConfiguration(yaml: configuration.yaml()) == configuration)
        }
    }

    @Test func everySweepDecodesWithItsExperiments() throws {
        let sweeps = Self.files.filter(Self.isSweep)
        #expect(!sweeps.isEmpty)
        for file in sweeps {
            let sweep = try SweepFile(contentsOf: Self.folder.appendingPathComponent(file))
            #expect(!sweep.seeds.isEmpty)
            #expect(throws: Never.self, "\(file)") { try sweep.experiments() }
        }
    }

    @Test func everyFileOpensWithItsCommand() throws {
        for file in Self.files {
            let text = try String(
                contentsOf: Self.folder.appendingPathComponent(file), encoding: .utf8)
            let head = text.split(separator: "\n")
                .prefix { $0.hasPrefix("#") }.joined(separator: "\n")
            let command = Self.isSweep(file) ? "sweep" : "train"
            #expect(head.contains("isthmus \(command) experiments/\(file) "), "\(file)")
        }
    }
}
