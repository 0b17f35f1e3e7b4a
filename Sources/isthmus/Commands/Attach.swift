import ArgumentParser
import Foundation
import Interactions

/// `isthmus attach`: precomputed item vectors become a part of a dataset.
struct Attach: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attach",
        abstract: "Attach precomputed item vectors to a dataset.",
        discussion: """
            --matrix is a NumPy file of float32, a row an item (numpy.save of an array of type \
            "<f4"); --ids is a text file with the external id of each row's item, one a line. \
            Items of the domain without a row have no vector; rows of unknown items are left out \
            and counted.

            The dataset changes at once, when everything is written, and has another checksum then: \
            runs that were trained on it before can neither be resumed nor evaluated on it any \
            more. Attach before you train, or to a copy of the directory.
            """)

    @Argument(help: "The dataset.")
    var dataset: FilePath

    @Option(help: ArgumentHelp("The vectors' name, such as image or text.", valueName: "name"))
    var name: String

    @Option(help: ArgumentHelp("The domain of the items.", valueName: "name"))
    var domain: String

    @Option(help: ArgumentHelp("The .npy file with the vectors.", valueName: "file"))
    var matrix: FilePath

    @Option(help: ArgumentHelp("The text file with the rows' items.", valueName: "file"))
    var ids: FilePath

    @Flag(help: "Replace vectors of this name and domain.")
    var replace = false

    func validate() throws {
        guard VectorAttachment.isName(name) else {
            throw ValidationError(
                "--name: expected lower-case letters, digits and dashes, got \(name).")
        }
    }

    func run() throws {
        let attachment = VectorAttachment(
            name: name, domain: domain, matrix: matrix.url, ids: ids.url, replace: replace)
        let summary = try attachment.attach(to: try Dataset.open(dataset.url))
        var text =
            "\(name) of \(domain): \(Number.counted(summary.rows, "row")) of width \(summary.width), "
            + "\(Number.counted(summary.items, "item")) with a vector, "
            + "\(Number.grouped(summary.missing)) without\n"
        if let unknown = summary.firstUnknown {
            text +=
                "\(Number.counted(summary.unknown, "row")) of unknown items left out, the first of "
                + "\"\(unknown)\"\n"
        }
        Console.write(
            text
                + "dataset: \(dataset.url.path), checksum \(summary.checksum); runs that were trained on it before "
                + "are of another dataset now\n")
    }
}
