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
}
