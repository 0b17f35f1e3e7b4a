import ArgumentParser
import Torch

/// Where tensors live and with how many threads operators run.
struct ComputeOptions: ParsableArguments {
    @Option(help: "Where to compute: cpu, cuda or cuda:N.")
    var device = "cpu"

    @Option(help: "Threads of operators; by default as many as libtorch finds useful.")
    var threads: Int?

    func validate() throws {
        if let threads, threads < 1 {
            throw ValidationError("--threads: expected at least 1, got \(threads).")
        }
        let parts = device.split(separator: ":", omittingEmptySubsequences: false)
        let isWellFormed =
            device == "cpu" || device == "cuda"
            || (parts.count == 2 && parts[0] == "cuda" && Int(parts[1]) != nil)
        guard isWellFormed else {
            throw ValidationError("--device: expected cpu, cuda or cuda:N, got \(device).")
        }
    }

    /// Sets the threads, keeps memory for reuse and finds the device, which may be missing on this machine.
    func prepare() throws -> Device {
        Engine.poolMemory()
        if let threads { Engine.threads = threads }
        return try Device(named: device)
    }
}
