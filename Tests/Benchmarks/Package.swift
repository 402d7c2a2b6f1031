// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "Benchmarks",
  dependencies: [.package(name: "patchcore", path: "../..")],
  targets: [
    .executableTarget(name: "loading", dependencies: [.product(name: "PatchCore", package: "patchcore")]),
    .executableTarget(name: "images", dependencies: [.product(name: "PatchCore", package: "patchcore")]),
    .executableTarget(name: "networks", dependencies: [.product(name: "PatchCore", package: "patchcore")]),
    .executableTarget(name: "search", dependencies: [.product(name: "PatchCore", package: "patchcore")]),
    .executableTarget(name: "proxies", dependencies: [.product(name: "PatchCore", package: "patchcore")]),
  ]
)
