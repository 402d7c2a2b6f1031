import Foundation
import Testing

@Suite struct FailureTests {
  /// A command line that must fail, with its exit status and what the message must name.
  struct Failure: CustomTestStringConvertible {
    let arguments: String
    let status: Int32
    let parts: [String]
    var testDescription: String { arguments }

    init(_ arguments: String, _ status: Int32, _ parts: String...) {
      (self.arguments, self.status, self.parts) = (arguments, status, parts)
    }
  }

  static let fit = "fit random.yaml --images parts/train/good -o x"

  @Test(arguments: [
    // Misused.
    Failure("fit", 2, "<config>"),
    Failure("nonsense", 2, "nonsense"),
    Failure("\(fit) --threads 0", 2, "--threads 0: give 1 to 1024"),
    Failure("\(fit) --dataset mvtec:parts", 2, "give either --images or --dataset"),
    Failure("fit random.yaml --dataset cats:parts -o x", 2, "no data set kind cats", "magnetic-tile"),
    Failure("predict model", 2, "<images>"),
    Failure("predict model parts --scale 0,1", 2, "--scale goes with --maps"),
    Failure("predict model parts --maps m --scale 3,1", 2, "--scale 3,1: write LOWER,UPPER"),
    Failure("predict model parts --engine cuda", 2, "--engine cuda", "openblas"),
    Failure("threshold model -o x", 2, "give one of --images DIR"),
    Failure("threshold model --image 1 -o x", 2, "give --image and --pixel together"),
    Failure("threshold model --image nan --pixel 1 -o x", 2, "--image nan: give a finite score"),
    Failure("threshold model --clear --rule maximum -o x", 2, "--rule, --pixel-rule, --weights and --engine go with"),
    Failure(
      "threshold model --images parts --rule median -o x", 2, "--rule: kind: there is no kind median", "quantile"),
    Failure("threshold model --images parts --pixel-rule {kind:quantile} -o x", 2, "--pixel-rule"),
    Failure("threshold nowhere --clear -o x", 1, "nowhere: cannot be opened"),
    Failure("threshold random.yaml --image 1 --pixel 1 -o x", 1, "random.yaml: is not a safetensors file"),
    Failure("explain random.yaml --size 12", 2, "--size 12: write WIDTHxHEIGHT"),
    Failure("stages --threads 2", 2, "--threads"),
    // Descriptions.
    Failure("fit nowhere.yaml --images parts -o x", 1, "nowhere.yaml: cannot be read: No such file or directory"),
    Failure("fit parts --images parts -o x", 1, "parts: is a folder"),
    Failure("explain key.yaml", 1, "key.yaml:1: subsampler.fracton", "did you mean fraction?"),
    Failure("explain twice.yaml", 1, "twice.yaml:2: seed: duplicate key; it was set before"),
    Failure("explain layer.yaml", 1, "layer9", "layer4"),
    Failure("explain wide.yaml", 1, "wide.yaml: is not UTF-8"),
    Failure("fit ivfpq.yaml --images parts/train/good -o x", 1, ivfpqRefusal),
    // Images and data sets.
    Failure("fit random.yaml --images parts/nothing -o x", 1, "parts/nothing: there is no such folder"),
    Failure("fit random.yaml --images texts -o x", 1, "texts holds no images, only a.txt"),
    Failure("fit random.yaml --images torn -o x", 1, "torn/1.png", "ends too early"),
    Failure("fit crop.yaml --images parts/train/good -o x", 1, "0.png", "64 x 64", "crop of 100 x 100"),
    Failure("fit random.yaml --dataset mvtec:texts -o x", 1, "texts does not have MVTec AD's layout"),
    // Outputs, refused before the work.
    Failure("fit random.yaml --images parts/train/good -o nowhere/x", 1, "there is no folder nowhere"),
    Failure("fit random.yaml --images parts/train/good -o parts", 1, "parts: is a folder"),
    // Models.
    Failure("predict random.yaml parts", 1, "random.yaml: is not a safetensors file"),
    Failure("predict nowhere parts", 1, "nowhere: cannot be opened: No such file or directory"),
    // Weights.
    Failure("fit weights.yaml --images parts/train/good -o x", 1, "resnet18 has no weights", "--weights FILE"),
    Failure(
      "fit weights.yaml --images parts/train/good -o x --weights short.safetensors", 1, "short.safetensors", "bytes"),
    Failure(
      "fit weights.yaml --images parts/train/good -o x --weights renamed.safetensors", 1,
      "1 tensors are missing (bn1.bias)", "1 tensors are unexpected (bn1.beta)"),
    Failure(
      "fit default.yaml --images parts/train/good -o x --weights plain.safetensors", 1,
      "plain.safetensors does not hold",
      "set extractor: {kind: resnet, architecture: resnet18}, or give another file"),
    Failure(
      "explain embedded.yaml", 1, "embedded.yaml:1: extractor.weights: ",
      "weights are {file: PATH} or random, not embedded"),
    Failure(
      "explain limit.yaml", 1, "limit.yaml:1: evaluation.pro_limit: ",
      "pro_limit is 0.0; write a false-positive rate above 0 and at most 1"),
    Failure(
      "fit weights.yaml --images parts/train/good -o x --weights nan.safetensors", 1, "bn1.bias holds nan at element 3"),
  ])
  func failsAndSaysWhy(_ failure: Failure) throws {
    try WorkFolder.with { folder in
      try Self.prepare(folder)
      let run = try folder.run(failure.arguments.split(separator: " ").map(String.init))
      #expect(run.status == failure.status)
      for part in failure.parts { #expect(run.errors.contains(part), "\(run.errors)") }
      #expect(!folder.exists("x"))
      #expect(try folder.partialFiles().isEmpty)
    }
  }

  /// Settings of an index are refused before the fit, not after it.
  private static var ivfpqRefusal: String {
    #if FAISS
    "neighbour_index.probes is 0; give at least 1"
    #else
    "build with the trait FAISS"
    #endif
  }

  private static func prepare(_ folder: WorkFolder) throws {
    func write(_ text: String, _ path: String) throws { try folder.write(Data(text.utf8), to: path) }
    try write("subsampler: {kind: coreset, fracton: 0.1}\n", "key.yaml")
    try write("seed: 1\nseed: 2\n", "twice.yaml")
    try write("neighbour_index: {kind: faiss_ivfpq, probes: 0}\n", "ivfpq.yaml")
    try write("extractor: {kind: resnet, architecture: resnet18, layers: [layer9]}\n", "layer.yaml")
    try folder.write(try #require("seed: 1\n".data(using: .utf16)), to: "wide.yaml")
    let crop = WorkFolder.description(weights: "random").replacingOccurrences(of: "crop: 56", with: "crop: 100")
    try write(crop, "crop.yaml")
    // No extractor is named, so a checkpoint is taken for the default extractor's.
    try write(
      WorkFolder.description(weights: "embedded").replacing("kind: resnet, architecture: resnet18, ", with: ""),
      "default.yaml")
    try write("extractor: {kind: resnet, architecture: resnet18, weights: embedded}\n", "embedded.yaml")
    try write("evaluation: {pro_limit: 0}\n", "limit.yaml")
    try folder.writeWeights(to: "plain.safetensors", seed: 1)
    try write("no image", "texts/a.txt")
    for number in 0..<2 { try folder.drawImage("torn/\(number).png", seed: 1) }
    try folder.write(try Data(contentsOf: folder.url("torn/1.png")).prefix(1000), to: "torn/1.png")
    try folder.writeWeights(to: "renamed.safetensors", seed: 1) { $0["bn1.beta"] = $0.removeValue(forKey: "bn1.bias") }
    try folder.writeWeights(to: "nan.safetensors", seed: 1) {
      $0["bn1.bias"] = .init([Float](repeating: 0, count: 3) + [.nan] + [Float](repeating: 0, count: 60), shape: [64])
    }
    try folder.write(try Data(contentsOf: folder.url("nan.safetensors")).prefix(50_000), to: "short.safetensors")
  }

  @Test func helpAndVersionSucceed() throws {
    try WorkFolder.with { folder in
      let help = try folder.run("--help")
      #expect(help.status == 0)
      let names = [
        "demo", "fit", "predict", "evaluate", "inspect", "threshold", "reindex", "compare-indexes", "reproduce",
        "stages", "explain",
      ]
      for name in names {
        #expect(help.output.contains("\n  \(name) "), "\(name)")
        #expect(try folder.run(name, "--help").status == 0)
      }
      #expect(try folder.run("--version").output == "0.1.0\n")
    }
  }

  @Test func imagesFittedWithAreNoTestImages() throws {
    try WorkFolder.with { folder in
      try #require(try folder.run("fit", "random.yaml", "--dataset", "mvtec:parts", "-o", "model").status == 0)
      try folder.write(
        try Data(contentsOf: folder.url("parts/train/good/1.png")), to: "parts/test/good/copy.png")
      let run = try folder.run("evaluate", "model", "--dataset", "mvtec:parts", "--json", "x")
      #expect(run.status == 1)
      #expect(run.errors.contains("test/good/copy.png, fitted as train/good/1.png"))
      #expect(!folder.exists("x"))
    }
  }

  @Test func aDamagedModelIsRefused() throws {
    try WorkFolder.with { folder in
      try #require(try folder.run("fit", "random.yaml", "--dataset", "mvtec:parts", "-o", "model").status == 0)
      var bytes = try Data(contentsOf: folder.url("model"))
      try folder.write(bytes.dropLast(100), to: "cut")
      #expect(try folder.run("inspect", "cut").errors.contains("truncated"))
      bytes[bytes.count - 1] ^= 0x40
      try folder.write(bytes, to: "flipped")
      let flipped = try folder.run("predict", "flipped", "parts/test")
      #expect(flipped.status == 1)
      #expect(flipped.errors.contains("flipped: its data do not have the digest"))
      #expect(flipped.output == "")
    }
  }
}
