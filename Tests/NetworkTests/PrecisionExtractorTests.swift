import Compute
import ConvNet
import Extractors
import Foundation
import Logging
import PatchCore
import Synchronization
import TensorFiles
import Testing

/// The settings `compute.precision` and `compute.convolution`, as extractors follow them.
@Suite struct PrecisionExtractorTests {
  private static let images = HashedNumbers.images("precision", batch: 2, height: 64, width: 64)

  private func extractor(_ compute: ComputeSettings, mayMeasure: Bool = false) throws -> any FeatureExtractor {
    try ResNetConfiguration(architecture: .resnet18, layers: ["layer1", "layer2"], weights: .random)
      .makeExtractor(StageContext(seed: 3, compute: compute, mayMeasure: mayMeasure))
  }

  private func refusal(_ compute: ComputeSettings) -> String {
    let error = #expect(throws: PatchCoreError.self) { try extractor(compute) }
    #expect(error?.code == .invalidConfiguration)
    return error?.message ?? ""
  }

  @Test func openBLASIsRefusedWithARemedy() {
    for precision in [ComputeSettings.Precision.bfloat16, .int8] {
      let message = refusal(ComputeSettings(engine: .openblas, precision: precision))
      #expect(message.contains("precision \(precision.rawValue) needs the engine onednn, the engine is openblas"))
      #expect(message.contains("compute: {engine: onednn}"))
    }
    for convolution in [ComputeSettings.Convolution.winograd, .fastest] {
      let message = refusal(ComputeSettings(engine: .openblas, convolution: convolution))
      #expect(message.contains("convolution \(convolution.rawValue) needs the engine onednn"))
    }
  }

  /// Artifacts from before `convolution` existed have no such key.
  @Test func settingsAreWrittenWholeAndReadWithoutConvolution() throws {
    let old = Data(#"{"engine":"onednn","precision":"float32"}"#.utf8)
    #expect(try JSONDecoder().decode(ComputeSettings.self, from: old) == ComputeSettings(engine: .onednn))
    let settings = ComputeSettings(engine: .onednn, precision: .int8, convolution: .direct)
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let written = try encoder.encode(settings)
    let text = #"{"convolution":"direct","engine":"onednn","precision":"int8"}"#
    #expect(String(decoding: written, as: UTF8.self) == text)
    #expect(try JSONDecoder().decode(ComputeSettings.self, from: written) == settings)
  }

  #if OneDNN
  @Test func settingsThatWouldHaveNoEffectAreRefused() {
    for convolution in [ComputeSettings.Convolution.winograd, .fastest] {
      let message = refusal(ComputeSettings(engine: .onednn, precision: .int8, convolution: convolution))
      #expect(message.contains("convolution \(convolution.rawValue) needs precision float32 or bfloat16"))
    }
  }

  @Test func int8ComputesNothingBeforeItIsCalibrated() throws {
    let extractor = try extractor(ComputeSettings(engine: .onednn, precision: .int8))
    #expect(extractor.calibrationImages == 32)
    let error = #expect(throws: PatchCoreError.self) { try extractor.extract(Self.images) }
    #expect(error?.message.contains("scales from training images") == true)
  }

  @Test func anArtifactKeepsTheCalibration() throws {
    let compute = ComputeSettings(engine: .onednn, precision: .int8)
    let calibrated = try extractor(compute).calibrated(on: 2) { Self.images.image($0) }
    let expected = try calibrated.extract(Self.images).map(\.bits)
    let configuration = ResNetConfiguration(architecture: .resnet18, layers: ["layer1", "layer2"], weights: .random)
    let context = StageContext(seed: 3, compute: compute)
    let archive = try calibrated.archive()
    let restored = try configuration.restoreExtractor(from: archive, context)
    #expect(try restored.extract(Self.images).map(\.bits) == expected)
    // Without the weights in the artifact.
    let kept = try calibrated.calibration()
    #expect(kept.tensors.keys.sorted() == ["activation_ranges"])
    let rebuilt = try configuration.makeExtractor(context).calibrated(from: kept)
    #expect(try rebuilt.extract(Self.images).map(\.bits) == expected)
    // Other images set other scales.
    let dark = FeatureMap(batch: 2, shape: Self.images.shape, Self.images.values.map { $0 / 3 })
    let other = try extractor(compute).calibrated(on: 1) { dark.image($0) }
    #expect(try other.extract(Self.images).map(\.bits) != expected)
  }

  @Test func damagedCalibrationsAreRefused() throws {
    let compute = ComputeSettings(engine: .onednn, precision: .int8)
    let extractor = try extractor(compute).calibrated(on: 1) { Self.images.image($0) }
    func refused(_ archive: StageArchive) -> String {
      let error = #expect(throws: PatchCoreError.self) { try extractor.calibrated(from: archive) }
      #expect(error?.code == .invalidArtifact)
      return error?.message ?? ""
    }
    #expect(refused(StageArchive()).contains("activation_ranges"))
    #expect(refused(StageArchive(tensors: ["activation_ranges": Tensor([Float(1)], shape: [1])])).contains("F32 [1]"))
    let good = try #require(try extractor.calibration().tensors["activation_ranges"])
    for wrong in [Float.nan, 0, -1, .infinity] {
      var limits = good.floats()
      limits[2] = wrong
      let archive = StageArchive(tensors: ["activation_ranges": Tensor(limits, shape: good.shape)])
      #expect(refused(archive).contains("a positive number is needed"), "\(wrong)")
    }
  }

  /// A fit computes directly; only where it may, the setting measures, and it says what it took.
  @Test(arguments: [ComputeSettings.Precision.float32, .bfloat16])
  func fastestNeverDecidesWhereItMayNotMeasure(precision: ComputeSettings.Precision) throws {
    let direct = try extractor(ComputeSettings(engine: .onednn, precision: precision)).extract(Self.images).map(\.bits)
    let winograd = try extractor(ComputeSettings(engine: .onednn, precision: precision, convolution: .winograd))
      .extract(Self.images).map(\.bits)
    let fastest = ComputeSettings(engine: .onednn, precision: precision, convolution: .fastest)
    #expect(try extractor(fastest).extract(Self.images).map(\.bits) == direct)

    let notices = Notices()
    var context = StageContext(seed: 3, compute: fastest, mayMeasure: true)
    context.logger = Logger(label: "test") { _ in NoticeCollector(notices) }
    let measured = try ResNetConfiguration(architecture: .resnet18, layers: ["layer1", "layer2"], weights: .random)
      .makeExtractor(context)
    let found = try measured.extract(Self.images).map(\.bits)
    #expect(try measured.extract(Self.images).map(\.bits) == found, "one choice for one shape")
    let lines = notices.lines.withLock { $0 }
    try #require(lines.count == 1)
    let line = lines[0]
    let took = line.contains("takes winograd") ? winograd : direct
    #expect(line.contains("takes winograd") != line.contains("takes direct"))
    #expect(line.contains("64 x 64"))
    #expect(found == took)
  }

  /// What was logged; a class because a logger's handler is copied.
  private final class Notices: Sendable {
    let lines = Mutex<[String]>([])
  }

  private struct NoticeCollector: LogHandler {
    let notices: Notices
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.notice

    init(_ notices: Notices) { self.notices = notices }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { notices.lines.withLock { $0.append("\(event.message)") } }
  }
  #endif
}
