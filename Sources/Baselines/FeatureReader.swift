import Foundation
import PatchCore

/// The feature maps of training images, batch by batch.
///
/// A class, because it notes the images that it has read.
public final class FeatureReader {
  private let images: ImageSource
  private let preprocess: Preprocessing
  private let extractor: any FeatureExtractor
  /// The shapes of the layers' maps of one image.
  public let layers: [FeatureShape]
  private let clock: StageClock
  /// The images read so far.
  public private(set) var trainingImages: [TrainingImage] = []
  /// What the first image comes out at.
  private var inputShape: FeatureShape?

  init(
    images: ImageSource, preprocess: Preprocessing, extractor: any FeatureExtractor, layers: [FeatureShape],
    clock: StageClock
  ) {
    self.images = images
    self.preprocess = preprocess
    self.extractor = extractor
    self.layers = layers
    self.clock = clock
  }

  /// Number of images.
  public var count: Int { images.count }

  /// Hands on the layers' maps of all images.
  ///
  /// - Parameters:
  ///   - progress: told how far the work is; throws when it should stop.
  ///   - body: takes the number of the first image of a batch and its maps.
  /// - Throws: `PatchCoreError` naming the image at fault, or what `progress` or `body` throws.
  public func read(
    progress: ProgressReporter, _ body: (_ first: Int, _ maps: [FeatureMap]) throws -> Void
  ) throws {
    for start in stride(from: 0, to: images.count, by: Pipeline.batchSize) {
      try progress.report("embedding", start, of: images.count)
      let numbers = start..<min(start + Pipeline.batchSize, images.count)
      let entries = try clock.measure("decode") { try images.load(numbers) }
      trainingImages += zip(numbers, entries).map { TrainingImage(name: images.names[$0], digest: $1.digest) }
      let shapes = try zip(numbers, entries).map { number, entry in
        try preprocess.inputShape(for: entry.image, named: images.names[number])
      }
      for (number, shape) in zip(numbers, shapes) {
        guard shape == inputShape ?? shape else { throw differs(number) }
        inputShape = shape
      }
      let input = try clock.measure("preprocess") { try preprocess.apply(entries.map(\.image)) }
      let maps = try clock.measure("extractor") { try extractor.extract(input) }
      guard maps.map(\.shape) == layers else { throw differs(start) }
      if let image = maps.lazy.compactMap({ $0.firstImageNotFinite() }).first {
        throw PatchCoreError(
          .notFinite, stage: "extractor",
          "the feature maps of \(images.names[start + image]) are not finite; check the weights")
      }
      try body(start, maps)
    }
    try progress.report("embedding", images.count, of: images.count)
  }

  private func differs(_ number: Int) -> PatchCoreError {
    PatchCoreError(
      .shapeMismatch, stage: "preprocess",
      "\(images.names[number]) comes out at another size than \(images.names[0]); set preprocess.crop, or "
        + "preprocess.resize to both sides")
  }
}

extension Matrix {
  /// Zeros on the heap, or in an unlinked file in the temporary folder if they exceed half the machine's memory.
  static func large(rows: Int, columns: Int) throws -> Matrix {
    rows * columns * MemoryLayout<Float>.stride > MemoryBudget.ofThisMachine.bytes
      ? try spooled(rows: rows, columns: columns, inDirectory: NSTemporaryDirectory())
      : Matrix(rows: rows, columns: columns)
  }
}
