import Foundation
import PatchCore

/// The feature maps of training images, one image after another.
///
/// A class, because it notes the images that it has read.
public final class FeatureReader {
  private let images: ImageSource
  private let preprocess: Preprocessing
  private let extractor: any FeatureExtractor
  /// What every image must come out at.
  private let input: FeatureShape
  /// The shapes of the layers' maps of one image.
  public let layers: [FeatureShape]
  private let clock: StageClock
  /// The images read so far.
  public private(set) var trainingImages: [TrainingImage] = []

  init(
    images: ImageSource, preprocess: Preprocessing, extractor: any FeatureExtractor, input: FeatureShape,
    layers: [FeatureShape], clock: StageClock
  ) {
    self.images = images
    self.preprocess = preprocess
    self.extractor = extractor
    self.input = input
    self.layers = layers
    self.clock = clock
  }

  /// Number of images.
  public var count: Int { images.count }

  /// Hands on the layers' maps of all images; several are computed at a time.
  ///
  /// - Parameters:
  ///   - progress: told how far the work is; throws when it should stop.
  ///   - body: takes the number of an image and its maps, in order of the numbers, on this thread.
  /// - Throws: `PatchCoreError` naming the image at fault, or what `progress` or `body` throws.
  public func read(
    progress: ProgressReporter, _ body: (_ number: Int, _ maps: [FeatureMap]) throws -> Void
  ) throws {
    try progress.report("embedding", 0, of: images.count)
    try inOrder(images.count) { [images, preprocess, extractor, input, layers, clock] number in
      let entry = try clock.measure("decode") { try images.load(number) }
      let name = images.names[number]
      guard try preprocess.inputShape(for: entry.image, named: name) == input else {
        throw PatchCoreError(
          .shapeMismatch, stage: "preprocess",
          "\(name) comes out at another size than \(images.names[0]); set preprocess.crop, or preprocess.resize to "
            + "both sides")
      }
      let maps = try naming(name) {
        let pixels = try clock.measure("preprocess") { try preprocess.apply([entry.image]) }
        return try clock.measure("extractor") { try extractor.extract(pixels) }
      }
      guard maps.map(\.shape) == layers else {
        throw PatchCoreError(
          .shapeMismatch, stage: "extractor",
          "made maps of \(maps.map(\.shape).listing) of \(name) where its shapes(height:width:) promised "
            + layers.listing)
      }
      guard maps.allSatisfy({ $0.firstImageNotFinite() == nil }) else {
        throw PatchCoreError(
          .notFinite, stage: "extractor", "the feature maps of \(name) are not finite; check the weights")
      }
      return (digest: entry.digest, maps: maps)
    } deliver: { number, read in
      trainingImages.append(TrainingImage(name: images.names[number], digest: read.digest))
      try body(number, read.maps)
      try progress.report("embedding", number + 1, of: images.count)
    }
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
