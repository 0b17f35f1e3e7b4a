// swift-tools-version: 6.2
// The part of the package that holds C++, for tools/sanitize: its flags differ, and nothing else need be built.
import Foundation
import PackageDescription

let libtorch =
    ProcessInfo.processInfo.environment["LIBTORCH"]
    ?? "\(Context.packageDirectory)/../../.libtorch"

let package = Package(
    name: "sanitized",
    targets: [
        .target(
            name: "CTorch",
            cxxSettings: [
                .unsafeFlags([
                    "-isystem", "\(libtorch)/include", "-isystem",
                    "\(libtorch)/include/torch/csrc/api/include", "-O1", "-fopenmp-simd",
                    "-fno-omit-frame-pointer", "-fsanitize=undefined",
                    "-fno-sanitize-recover=undefined",
                    // Tests pass codes that no enumeration has, and libtorch's classes are not instrumented.
                    "-fno-sanitize=enum,function,vptr",
                ])
            ],
            linkerSettings: [
                .unsafeFlags([
                    "-L", "\(libtorch)/lib", "-Xlinker", "-rpath", "-Xlinker", "\(libtorch)/lib",
                ]),
                .linkedLibrary("torch"), .linkedLibrary("torch_cpu"), .linkedLibrary("c10"),
            ]),
        .target(name: "Files"),
        .target(name: "Torch", dependencies: ["CTorch", "Files"]),
        .testTarget(name: "TorchTests", dependencies: ["Torch", "CTorch"]),
    ],
    cxxLanguageStandard: .cxx20
)

for target in package.targets where target.name != "CTorch" {
    target.swiftSettings = [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
    ]
}
