import TensorFiles

/// Feature maps of a batch: `batch x channels x height x width` (NCHW), 32-bit floats.
///
/// Also the type of a preprocessed batch of images, with 3 channels. A value: copies share memory until written.
public struct FeatureMap: Sendable {
  /// Number of images.
  public let batch: Int
  /// Channels, height and width of each image.
  public let shape: FeatureShape
  private var matrix: Matrix

  /// Zeros.
  public init(batch: Int, shape: FeatureShape) {
    self.batch = batch
    self.shape = shape
    matrix = Matrix(rows: batch, columns: shape.count)
  }

  /// Numbers that are undefined until they are written, for whoever writes them all.
  package init(undefinedBatch batch: Int, shape: FeatureShape) {
    self.batch = batch
    self.shape = shape
    matrix = .undefined(rows: batch, columns: shape.count)
  }

  /// A copy of values in NCHW order.
  ///
  /// - Precondition: `values.count == batch * shape.count`.
  public init(batch: Int, shape: FeatureShape, _ values: [Float]) {
    self.batch = batch
    self.shape = shape
    matrix = Matrix(rows: batch, columns: shape.count, values)
  }

  /// Channels per image.
  public var channels: Int { shape.channels }
  /// Rows of each channel.
  public var height: Int { shape.height }
  /// Columns of each channel.
  public var width: Int { shape.width }

  /// The same numbers as a float32 tensor of shape [batch, channels, height, width], without a copy.
  public var tensor: Tensor {
    Tensor(
      elementType: .float32, shape: [batch, channels, height, width], storage: matrix.tensor.storage,
      byteOffset: matrix.tensor.byteOffset)
  }

  /// Calls `body` with all elements in NCHW order.
  public func withUnsafeBufferPointer<R>(_ body: (UnsafeBufferPointer<Float>) throws -> R) rethrows -> R {
    try matrix.withUnsafeBufferPointer(body)
  }

  /// Calls `body` with all elements for writing, in NCHW order.
  public mutating func withUnsafeMutableBufferPointer<R>(
    _ body: (UnsafeMutableBufferPointer<Float>) throws -> R
  ) rethrows -> R {
    try matrix.withUnsafeMutableBufferPointer(body)
  }

  /// The first image that holds a NaN or an infinity; `nil` if every number is finite.
  public func firstImageNotFinite() -> Int? { matrix.firstRowNotFinite() }
}

/// Channels, height and width of one image's feature map.
public struct FeatureShape: Sendable, Hashable, Codable {
  /// Number of channels.
  public var channels: Int
  /// Number of rows.
  public var height: Int
  /// Number of columns.
  public var width: Int

  /// Creates a shape.
  public init(channels: Int, height: Int, width: Int) {
    self.channels = channels
    self.height = height
    self.width = width
  }

  /// Elements per image.
  public var count: Int { channels * height * width }
}
