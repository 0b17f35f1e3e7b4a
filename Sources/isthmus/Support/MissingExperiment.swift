import Foundation
import Interactions
import Recommenders

/// There is no file of the name that was given for an experiment.
struct MissingExperiment: Error, CustomStringConvertible {
    let description: String

    /// Nil where there is something of this name.
    init?(_ url: URL) {
        let files = FileManager.default
        guard !files.fileExists(atPath: url.path) else { return nil }
        let name = url.lastPathComponent
        let names = Models.all.keys.sorted()
        if let model = names.contains(name) ? name : nearestName(to: name, in: names) {
            let shipped = "experiments/\(model).yaml"
            let example = files.fileExists(atPath: shipped) ? ", such as \(shipped)" : ""
            let what = model == name ? "\(name) is a model" : "no such file; \(model) is a model"
            description =
                "\(url.path): \(what), and an experiment is a YAML file\(example), at least of the line "
                + "\"model: \(model)\""
            return
        }
        let beside =
            (try? files.contentsOfDirectory(
                atPath: url.deletingLastPathComponent().path)) ?? []
        let near = nearestName(
            to: name, in: beside.sorted().filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") })
        description =
            "\(url.path): no such file" + (near.map { "; did you mean \($0)?" } ?? "")
    }
}
