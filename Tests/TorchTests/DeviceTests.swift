import Testing

@testable import Torch

@Suite struct DeviceTests {
    @Test func readsTheProcessorsName() throws {
        #expect(try Device(named: "cpu") == .cpu)
        #expect(Device.cpu.description == "cpu")
        #expect(Device.cuda(1).description == "cuda:1")
        #expect(Device(code: Device.cuda(3).code) == .cuda(3))
        #expect(Device(code: Device.cpu.code) == .cpu)
    }

    @Test(arguments: ["gpu", "", "cpu:0", "cuda:", "cuda:x", "cuda:0:1", "CUDA"])
    func refusesUnknownNames(name: String) throws {
        let error = try #require(throws: TorchError.self) { try Device(named: name) }
        #expect(error.description == "device: expected cpu, cuda or cuda:N, got \(name)")
    }

    @Test(arguments: ["cuda:99", "cuda:-1"])
    func refusesAbsentDevices(name: String) throws {
        let error = try #require(throws: TorchError.self) { try Device(named: name) }
        #expect(error.operation == "device")
        #expect(
            error.message
                == "no device \(name); this machine and libtorch show \(Device.cudaDeviceCount)")
    }
}
