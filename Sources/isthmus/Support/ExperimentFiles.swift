import Experiments
import Foundation
import Interactions
import Recommenders

/// Files of experiments by what a person may mean who has none.
enum ExperimentFiles {
    /// Throws where there is no such file, with the files that are there; a model's name is a common mistake.
    static func require(
        _ url: URL, in folder: URL = URL(fileURLWithPath: "experiments")
    ) throws {
        guard !FileManager.default.fileExists(atPath: url.path) else { return }
        let name = url.lastPathComponent
        let isModel = Models.all[name] != nil
        let all = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
            .filter { $0.hasSuffix(".yaml") }.sorted()
        let own = all.filter { file in
            let text = try? String(contentsOf: folder.appendingPathComponent(file), encoding: .utf8)
            return text?.split(separator: "\n").contains("model: \(name)") == true
        }
        var reason = isModel ? "no such file; \(name) is a model, and an" : "no such file; an"
        reason += " experiment's YAML file is meant"
        let listed = isModel ? own : nearestName(to: name, in: all).map { [$0] } ?? []
        if !listed.isEmpty {
            let places = listed.map { "\(folder.lastPathComponent)/\($0)" }
            reason += ", such as \(places.joined(separator: ", "))"
        } else if isModel {
            reason += ", with the line model: \(name)"
        }
        throw ExperimentFileError(path: url.path, reason: reason)
    }
}
