import CustomSubsampler
import Foundation
import ImageFiles
import PatchCore
import PatchCoreStandard
import PatchCoreTestKit
import Testing

/// A stage from outside the package, in code and through its own command line.
@Suite struct CustomSubsamplerTests {
  private let program = ExampleProgram(name: "CustomSubsampler")
  private static let description = ExampleProgram.folder.appendingPathComponent("CustomSubsampler/pipeline.yaml").path

  @Test(arguments: StratifiedSubsamplerConfiguration.Stratum.allCases, [0.01, 0.3, 1])
  func conformance(_ stratum: StratifiedSubsamplerConfiguration.Stratum, _ fraction: Double) {
    var configuration = StratifiedSubsamplerConfiguration()
    configuration.stratifyBy = stratum
    configuration.fraction = fraction
    #expect(SubsamplerConformance.check(configuration) == [])
  }

  @Test(arguments: StratifiedSubsamplerConfiguration.Stratum.allCases)
  func shares(_ stratum: StratifiedSubsamplerConfiguration.Stratum) throws {
    let candidates = ConformanceData.embeddings(images: 9, height: 4, width: 5, dimension: 3, seed: 1)
    var configuration = StratifiedSubsamplerConfiguration()
    configuration.fraction = 0.3
    configuration.stratifyBy = stratum
    let bank = try configuration.makeSubsampler(StageContext(seed: 7)).subsample(candidates, progress: .silent)
    let shares = Dictionary(grouping: bank.locations) { stratum == .image ? $0.image : $0.row * 5 + $0.column }
    // 54 of 180 rows: 20 positions get 2 or 3 each, 9 images 6 each.
    #expect(bank.count == 54)
    #expect(shares.count == (stratum == .image ? 9 : 20))
    #expect(shares.values.allSatisfy { stratum == .image ? $0.count == 6 : (2...3).contains($0.count) })
  }

  @Test func refusals() throws {
    var catalogue = StageCatalogue.standard
    catalogue.register(StratifiedSubsamplerConfiguration.self)
    func message(_ settings: String) -> String {
      do {
        let yaml = "extractor: {weights: random}\nsubsampler: {kind: stratified, \(settings)}"
        let description = try PipelineDescription(yaml: yaml, catalogue: catalogue)
        _ = try Pipeline(description).plan(images: 1, width: 224, height: 224)
        return "accepted"
      } catch { return "\(error)" }
    }
    #expect(message("stratify_by: image") == "accepted")
    #expect(message("stratify_by: images").contains("did you mean image?"))
    #expect(message("strata: image").contains("known keys: kind, fraction, stratify_by"))
    #expect(message("fraction: 5").contains("at most 1"))
  }

  @Test func stages() throws {
    let outcome = try program.run(["stages"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    let entry = "  stratified\n    fraction: 0.1\n    stratify_by: position\n"
    #expect(outcome.output.contains(entry), "\(outcome.output)")
  }

  @Test func fitAndPredict() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(atPath: folder.path("good"), withIntermediateDirectories: true)
    for number in 0..<6 {
      try ImageFile.write(part(number, isScratched: false), to: folder.path("good/\(number).png"))
    }
    try ImageFile.write(part(6, isScratched: false), to: folder.path("whole.png"))
    try ImageFile.write(part(7, isScratched: true), to: folder.path("scratched.png"))

    let model = folder.path("model.safetensors")
    let fitted = try program.run(["fit", Self.description, "--images", folder.path("good"), "-o", model, "--quiet"])
    try #require(fitted.status == 0, "\(fitted.errors)")
    let predicted = try program.run(["predict", model, folder.path("whole.png"), folder.path("scratched.png")])
    try #require(predicted.status == 0, "\(predicted.errors)")
    let scores = try predicted.lines.map { try #require(Float($0.prefix { $0 != "\t" })) }
    try #require(scores.count == 2)
    #expect(scores[1] > 1.5 * scores[0], "the scratch must stand out: \(predicted.output)")

    // A model that needs the stage is refused by name where the stage is unknown.
    #expect { try FittedDetector(contentsOf: model, catalogue: .standard) } throws: {
      "\($0)".contains("stratified") && "\($0)".contains("known: coreset, learned_proxies, none, random")
    }
  }

  /// Grey stripes with noise, and a bright scratch where asked for.
  private func part(_ number: Int, isScratched: Bool) throws -> Image {
    let side = 96
    var generator = SeededGenerator(seed: UInt64(number))
    let bytes = (0..<side * side).map { pixel -> UInt8 in
      let (y, x) = pixel.quotientAndRemainder(dividingBy: side)
      let stripe = (x / 8).isMultiple(of: 2) ? 100 : 140
      let isScratch = isScratched && abs(x - y) < 4 && (30..<70).contains(y)
      return UInt8((isScratch ? 225 : stripe) + generator.next(below: 20))
    }
    return try Image(width: side, height: side, format: .grey8, bytes: bytes)
  }
}
