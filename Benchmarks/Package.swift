// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "isthmus-benchmarks",
    dependencies: [.package(name: "isthmus", path: "..")],
    targets: [
        .executableTarget(
            name: "bench",
            dependencies: [.product(name: "Isthmus", package: "isthmus")],
            swiftSettings: [
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("MemberImportVisibility"),
                .enableUpcomingFeature("InternalImportsByDefault"),
            ])
    ]
)
