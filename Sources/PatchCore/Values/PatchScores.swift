/// What a scorer finds in one image: a score for each patch and one for the image.
public struct PatchScores: Sendable, Equatable {
  /// Patches per column.
  public let height: Int
  /// Patches per row.
  public let width: Int
  /// `height x width` patch scores, row by row, in the scorer's unit of distance.
  public var values: [Float]
  /// The image's anomaly score.
  public var imageScore: Float
  /// The patch that decided the image score, as an index into `values`.
  public var decidingPatch: Int
  /// The bank row nearest to the deciding patch.
  public var nearestBankRow: Int
  /// For each patch the bank row nearest to it, by the index's ranking; empty if the scorer or method does not tell.
  public var nearestRows: [Int32]

  /// Collects an image's scores.
  ///
  /// - Precondition: `values.count == height * width`, and `nearestRows` is empty or as long.
  public init(
    height: Int, width: Int, values: [Float], imageScore: Float, decidingPatch: Int, nearestBankRow: Int,
    nearestRows: [Int32] = []
  ) {
    precondition(values.count == height * width, "\(values.count) values for \(height) x \(width) patches")
    precondition(
      nearestRows.isEmpty || nearestRows.count == values.count, "\(nearestRows.count) rows for \(values.count) patches")
    self.height = height
    self.width = width
    self.values = values
    self.imageScore = imageScore
    self.decidingPatch = decidingPatch
    self.nearestBankRow = nearestBankRow
    self.nearestRows = nearestRows
  }
}

/// One anomaly score per pixel.
public struct AnomalyMap: Sendable, Equatable {
  /// Rows of pixels.
  public let height: Int
  /// Columns of pixels.
  public let width: Int
  /// `height x width` scores, row by row, in the scorer's unit of distance.
  public var values: [Float]

  /// Creates a map.
  ///
  /// - Precondition: `values.count == height * width`.
  public init(height: Int, width: Int, values: [Float]) {
    precondition(values.count == height * width, "\(values.count) values for \(height) x \(width) pixels")
    self.height = height
    self.width = width
    self.values = values
  }
}
