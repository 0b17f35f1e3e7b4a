import ArgumentParser
import Foundation
import Torch

/// Where tensors live and with how many threads operators run.
struct ComputeOptions: ParsableArguments {
    @Option(help: "Where to compute: cpu, cuda or cuda:N.")
    var device = "cpu"

    @Option(help: "Threads of operators; by default as many as libtorch finds useful.")
    var threads: Int?

    func validate() throws {
        try Self.check(threads: threads)
        let parts = device.split(separator: ":", omittingEmptySubsequences: false)
        let isWellFormed =
            device == "cpu" || device == "cuda"
            || (parts.count == 2 && parts[0] == "cuda" && Int(parts[1]) != nil)
        guard isWellFormed else {
            throw ValidationError("--device: expected cpu, cuda or cuda:N, got \(device).")
        }
    }

    /// Refuses numbers of threads that no machine can start.
    static func check(threads: Int?) throws {
        guard let threads, !(1...Engine.mostThreads).contains(threads) else { return }
        throw ValidationError(
            "--threads: expected 1 to \(Engine.mostThreads), got \(threads).")
    }

    /// Sets the threads, keeps memory for reuse and finds the device, which may be missing on this machine.
    ///
    /// Where memory is exhausted, the process ends with advice.
    func prepare(
        whereMemoryIsExhausted advice: String = "end other programs, or use a larger machine"
    ) throws -> Device {
        Engine.poolMemory()
        Engine.onExhaustedMemory { error in
            Console.error("\(error.message), in \(error.operation); \(advice)")
            Foundation.exit(1)
        }
        if let threads { Engine.threads = threads }
        return try Device(named: device)
    }
}
