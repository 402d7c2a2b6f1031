// swift-tools-version: 6.1
import PackageDescription

/// The suites of `patchcore reproduce`, embedded so that one copied program has them.
let suites = [
  "bank-storage", "bank-use", "figure-s3", "figure-s4", "figure-s5", "figure-s6", "figure3", "figure4",
  "figure5", "misclassifications", "stride", "table-s4", "table-s5", "table-s6", "table1", "table2", "table3", "table4",
  "table5", "table6",
]

let package = Package(
  name: "patchcore",
  products: [
    // The plugins too: a description in Swift names their configurations.
    .library(
      name: "PatchCore",
      targets: [
        "PatchCore", "TensorFiles", "ConvNet", "Compute", "PatchCoreStandard", "ImageFiles", "Evaluation",
        "Baselines", "Extractors", "Aggregation", "Subsampling", "Search", "FaissSearch", "Scoring",
      ]),
    .library(name: "PatchCoreCommands", targets: ["PatchCoreCommands", "PatchCoreStandard"]),
    .library(name: "PatchCoreTestKit", targets: ["PatchCoreTestKit"]),
    .executable(name: "patchcore", targets: ["PatchCoreTool"]),
  ],
  traits: [
    .trait(name: "OneDNN", description: "The oneDNN compute engine (Debian: libdnnl-dev)."),
    .trait(name: "FAISS", description: "The FAISS neighbour indexes (Debian: libfaiss-dev)."),
    .trait(name: "JPEG", description: "JPEG files through TurboJPEG (Debian: libturbojpeg0-dev)."),
    .trait(name: "TIFF", description: "TIFF files through libtiff (Debian: libtiff-dev)."),
    .default(enabledTraits: ["OneDNN", "FAISS", "JPEG", "TIFF"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    // The engine: contracts, values, description, pipeline, artifact.
    .target(name: "TensorFiles"),
    .target(name: "PatchCore", dependencies: ["TensorFiles", .yams, .logging, .crypto]),

    // Networks and arithmetic.
    .target(name: "CKernels"),
    .systemLibrary(name: "COpenBLAS"),
    .systemLibrary(name: "COneDNN"),
    .target(name: "ConvNet", dependencies: ["PatchCore", "TensorFiles"]),
    .target(
      name: "Compute", dependencies: ["PatchCore", "ConvNet", "CKernels", "COpenBLAS", .on("OneDNN", "COneDNN")]),

    // Images.
    .target(name: "CLibPNG", linkerSettings: [.linkedLibrary("png")]),
    .systemLibrary(name: "CTurboJPEG"),
    .target(
      name: "CLibTIFF", cSettings: [.define("PATCHCORE_TIFF", .when(traits: ["TIFF"]))],
      linkerSettings: [.linkedLibrary("tiff", .when(traits: ["TIFF"]))]),
    .target(
      name: "ImageFiles",
      dependencies: ["PatchCore", "TensorFiles", "CLibPNG", .on("JPEG", "CTurboJPEG"), .on("TIFF", "CLibTIFF")]),

    // Stage plugins, by role.
    .target(
      name: "CCompactWeights", path: "Plugins/Extractors/CCompactWeights",
      exclude: ["README.md", "compact.safetensors", "training"]),
    .plugin(
      "Extractors", ["Compute", "ConvNet", "TensorFiles", "CCompactWeights", .logging], exclude: ["CCompactWeights"]),
    .plugin("Aggregation", ["CKernels"]),
    .plugin("Subsampling", ["Compute", "CKernels"]),
    .plugin("Search", ["Compute", "CKernels"]),
    .target(
      name: "CFaiss", dependencies: ["CKernels"], path: "Plugins/FaissSearch/CFaiss",
      cxxSettings: [.define("PATCHCORE_FAISS", .when(traits: ["FAISS"])), .headerSearchPath("openmp")],
      linkerSettings: [
        .linkedLibrary("faiss", .when(traits: ["FAISS"])), .linkedLibrary("openblas", .when(traits: ["FAISS"])),
        .linkedLibrary("gomp", .when(traits: ["FAISS"])), .linkedLibrary("stdc++", .when(traits: ["FAISS"])),
      ]),
    .target(
      name: "FaissSearch", dependencies: ["PatchCore", "TensorFiles", .on("FAISS", "CFaiss")],
      path: "Plugins/FaissSearch", exclude: ["CFaiss"]),
    .plugin("Scoring", ["CKernels"]),

    // The methods that the paper compares with.
    .target(name: "Baselines", dependencies: ["PatchCore", "TensorFiles", "Compute", "CKernels", .logging]),

    // What a user runs.
    .target(
      name: "Evaluation", dependencies: ["PatchCore", "TensorFiles", "ImageFiles", .logging],
      resources: suites.map { .embedInCode("Suites/\($0).yaml") }),
    .target(
      name: "PatchCoreStandard",
      dependencies: [
        "PatchCore", "Baselines", "Extractors", "Aggregation", "Subsampling", "Search", "FaissSearch", "Scoring",
      ]),
    .target(name: "PatchCoreTestKit", dependencies: ["PatchCore", "TensorFiles"]),
    .target(
      name: "PatchCoreCommands",
      dependencies: ["PatchCore", "Compute", "TensorFiles", "ImageFiles", "Evaluation", .argumentParser, .logging]),
    .executableTarget(
      name: "PatchCoreTool", dependencies: ["PatchCoreCommands", "PatchCoreStandard"], path: "Sources/patchcore"),

    // Examples, compiled with everything else so that they stay true.
    .example("FitAndPredict", ["PatchCoreStandard"]),
    .example("CustomSubsampler", ["PatchCoreCommands", "PatchCoreStandard"], resources: ["pipeline.yaml"]),

    // Tests, by area. ReferenceTests needs the data that PATCHCORE_TEST_DATA names.
    .tests("TensorFilesTests", ["TensorFiles"], resources: ["Fixtures"]),
    .tests("PatchCoreTests", ["PatchCore", "TensorFiles"], resources: ["Fixtures"]),
    .tests("ImageFilesTests", ["PatchCore", "ImageFiles"], resources: ["Fixtures"]),
    .tests(
      "NetworkTests", ["PatchCore", "TensorFiles", "ConvNet", "Compute", "Extractors", .logging],
      resources: ["Fixtures"]),
    .tests(
      "StageTests",
      [
        "PatchCore", "TensorFiles", "Compute", "CKernels", "PatchCoreStandard", "PatchCoreTestKit", "Extractors",
        "Aggregation", "Subsampling", "Search", "FaissSearch", "Scoring",
      ], resources: ["Fixtures"]),
    .tests(
      "BaselineTests", ["PatchCore", "PatchCoreStandard", "Baselines", "Compute", "TensorFiles"],
      resources: ["Fixtures"]),
    .tests("EvaluationTests", ["PatchCore", "ImageFiles", "Evaluation"], resources: ["Fixtures"]),
    .tests(
      "CommandTests", ["PatchCoreCommands", "PatchCoreStandard", "PatchCore", "Compute", "ImageFiles", "TensorFiles"]),
    .tests(
      "ExampleTests",
      [
        "PatchCore", "PatchCoreStandard", "PatchCoreTestKit", "ImageFiles", "Search", "FitAndPredict",
        "CustomSubsampler",
      ]),
    .tests(
      "ReferenceTests",
      [
        "PatchCore", "PatchCoreStandard", "TensorFiles", "ImageFiles", "Evaluation", "Compute", "Subsampling",
        "Extractors",
      ]),
  ]
)

extension Target.Dependency {
  static var yams: Self { .product(name: "Yams", package: "Yams") }
  static var logging: Self { .product(name: "Logging", package: "swift-log") }
  static var crypto: Self { .product(name: "Crypto", package: "swift-crypto") }
  static var argumentParser: Self { .product(name: "ArgumentParser", package: "swift-argument-parser") }

  /// A target that is only there when the trait is on.
  static func on(_ trait: String, _ target: String) -> Self {
    .target(name: target, condition: .when(traits: [trait]))
  }
}

extension Target {
  /// A library of stage plugins in the folder of its role.
  static func plugin(
    _ role: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []
  ) -> Target {
    .target(name: role, dependencies: ["PatchCore"] + dependencies, path: "Plugins/\(role)", exclude: exclude)
  }

  /// An example program.
  static func example(_ name: String, _ dependencies: [Target.Dependency], resources: [String] = []) -> Target {
    .executableTarget(
      name: name, dependencies: ["PatchCore"] + dependencies, path: "Examples/\(name)", exclude: resources)
  }

  /// Tests of one area, with golden files that are read where they stand.
  static func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [String] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, exclude: resources)
  }
}
