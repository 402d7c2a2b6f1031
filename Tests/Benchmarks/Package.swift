// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "Benchmarks",
  dependencies: [.package(name: "patchcore", path: "../..")],
  targets: [
    .executableTarget(name: "networks", dependencies: [.product(name: "PatchCore", package: "patchcore")]),
    .target(name: "CAllocations", linkerSettings: [.linkedLibrary("dl")]),
    .executableTarget(
      name: "allocations", dependencies: ["CAllocations", .product(name: "PatchCore", package: "patchcore")]),
    .executableTarget(name: "proxies", dependencies: [.product(name: "PatchCore", package: "patchcore")]),
  ]
)
