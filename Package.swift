// swift-tools-version: 6.2
import Foundation
import PackageDescription

/// The prebuilt libtorch that `make setup` unpacks beside this manifest; `LIBTORCH` names another one.
let libtorch =
    ProcessInfo.processInfo.environment["LIBTORCH"] ?? "\(Context.packageDirectory)/.libtorch"
let hasCUDA = FileManager.default.fileExists(atPath: "\(libtorch)/lib/libtorch_cuda.so")

let package = Package(
    name: "isthmus",
    products: [
        .library(
            name: "Isthmus",
            targets: [
                "Torch", "TorchNN", "Interactions", "RankingMetrics", "Recommenders", "Experiments",
            ]),
        .executable(name: "isthmus", targets: ["isthmus"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .target(
            name: "CTorch",
            cxxSettings: [
                .unsafeFlags([
                    "-isystem", "\(libtorch)/include", "-isystem",
                    "\(libtorch)/include/torch/csrc/api/include", "-O2", "-fopenmp-simd",
                ])
            ],
            linkerSettings: [
                .unsafeFlags(
                    ["-L", "\(libtorch)/lib", "-Xlinker", "-rpath", "-Xlinker", "\(libtorch)/lib"]
                        + (hasCUDA ? ["-Xlinker", "--no-as-needed", "-ltorch_cuda"] : [])),
                .linkedLibrary("torch"), .linkedLibrary("torch_cpu"), .linkedLibrary("c10"),
            ]),
        .target(name: "Files"),
        .target(name: "Torch", dependencies: ["CTorch", "Files"]),
        .target(name: "TorchNN", dependencies: ["Torch"]),
        .target(name: "Interactions", dependencies: ["Files"]),
        .target(name: "RankingMetrics", dependencies: ["Files"]),
        .target(name: "Recommenders", dependencies: ["Torch", "TorchNN", "Interactions"]),
        .target(
            name: "Experiments",
            dependencies: [
                "Files", "Torch", "TorchNN", "Interactions", "RankingMetrics", "Recommenders",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Yams", package: "Yams"),
            ]),
        .executableTarget(
            name: "isthmus",
            dependencies: [
                "Experiments", "Files", "Interactions", "RankingMetrics", "Recommenders", "Torch",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ]),
        .executableTarget(
            name: "fuzz",
            dependencies: ["Experiments", "Interactions", "RankingMetrics", "Torch"],
            path: "Tests/Fuzz"),
        .testTarget(name: "TorchTests", dependencies: ["Torch", "CTorch"]),
        .testTarget(name: "TorchNNTests", dependencies: ["TorchNN", "Torch"]),
        .testTarget(name: "FilesTests", dependencies: ["Files"]),
        .testTarget(name: "InteractionsTests", dependencies: ["Interactions"]),
        .testTarget(name: "RankingMetricsTests", dependencies: ["RankingMetrics"]),
        .testTarget(
            name: "RecommendersTests",
            dependencies: ["Recommenders", "Torch", "TorchNN", "Interactions"]),
        .testTarget(
            name: "ExperimentsTests",
            dependencies: [
                "Experiments", "Recommenders", "Torch", "TorchNN", "Interactions",
                "RankingMetrics",
            ]),
        .testTarget(
            name: "CommandLineTests",
            dependencies: [
                "isthmus", "fuzz", "Experiments", "RankingMetrics",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], exclude: ["Golden"]),
    ],
    cxxLanguageStandard: .cxx20
)

for target in package.targets where target.type != .system && target.name != "CTorch" {
    target.swiftSettings = [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
    ]
}
