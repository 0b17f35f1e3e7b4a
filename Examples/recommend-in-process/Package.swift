// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "recommend-in-process",
    dependencies: [
        .package(name: "isthmus", path: "../..")
    ],
    targets: [
        .executableTarget(
            name: "recommend-in-process",
            dependencies: [
                .product(name: "Isthmus", package: "isthmus")
            ])
    ]
)
