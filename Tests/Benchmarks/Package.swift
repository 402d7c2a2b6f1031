// swift-tools-version: 6.1
import PackageDescription

let patchcore = Target.Dependency.product(name: "PatchCore", package: "patchcore")

let package = Package(
  name: "Benchmarks",
  dependencies: [.package(name: "patchcore", path: "../..")],
  targets: [
    .target(name: "CAllocations", linkerSettings: [.linkedLibrary("dl")]),
    .target(name: "Rounds", dependencies: [patchcore]),
    .executableTarget(name: "allocations", dependencies: ["CAllocations", patchcore]),
    .executableTarget(name: "coreset", dependencies: ["Rounds", patchcore]),
    .executableTarget(name: "images", dependencies: [patchcore]),
    .executableTarget(name: "loading", dependencies: [patchcore]),
    .executableTarget(name: "networks", dependencies: [patchcore]),
    .executableTarget(name: "proxies", dependencies: [patchcore]),
    .executableTarget(name: "search", dependencies: ["Rounds", patchcore]),
    .executableTarget(name: "stages", dependencies: ["Rounds", patchcore]),
  ]
)
