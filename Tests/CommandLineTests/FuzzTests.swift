import Foundation
import Testing

/// The short form of `make fuzz`: some copies of every kind of file.
struct FuzzTests {
    @Test func mutatedFilesAreReadOrRefused() throws {
        let process = Process()
        process.executableURL = try Tool.executable.deletingLastPathComponent()
            .appendingPathComponent("fuzz")
        process.arguments = ["--copies", "1500", "--seed", "17"]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(
            decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(text)")
        #expect(text.contains("0 crashes, 0 hangs, 0 errors over one line"))
    }
}
