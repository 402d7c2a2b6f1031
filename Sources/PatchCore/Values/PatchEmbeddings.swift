/// How the rows of patch embeddings lie in their images: image after image, each row by row.
public struct PatchGrid: Sendable, Hashable, Codable {
  /// Number of images.
  public var images: Int
  /// Patches per column of an image.
  public var height: Int
  /// Patches per row of an image.
  public var width: Int

  /// Creates a grid.
  public init(images: Int, height: Int, width: Int) {
    self.images = images
    self.height = height
    self.width = width
  }

  /// Patches per image.
  public var patchesPerImage: Int { height * width }
  /// Patches in all.
  public var count: Int { images * patchesPerImage }

  /// Where row `row` of the embeddings lies.
  public func location(ofRow row: Int) -> PatchLocation {
    let (image, patch) = row.quotientAndRemainder(dividingBy: patchesPerImage)
    return PatchLocation(image: image, row: patch / width, column: patch % width)
  }
}

/// A patch of an image, by its place in the patch grid.
public struct PatchLocation: Sendable, Hashable, Codable {
  /// The image's number, from 0, in the order of the images given.
  public var image: Int
  /// The patch's row in the grid, from 0 at the top.
  public var row: Int
  /// The patch's column in the grid, from 0 at the left.
  public var column: Int

  /// Creates a location.
  public init(image: Int, row: Int, column: Int) {
    self.image = image
    self.row = row
    self.column = column
  }
}

/// One vector per patch: `n x d` with the grid that says where each row lies.
public struct PatchEmbeddings: Sendable {
  /// `n x d`, one patch per row, images in order and each image row by row.
  public var vectors: Matrix
  /// Where the rows lie; `grid.count == vectors.rows`.
  public var grid: PatchGrid

  /// Pairs vectors with their grid.
  ///
  /// - Precondition: `grid.count == vectors.rows`.
  public init(vectors: Matrix, grid: PatchGrid) {
    precondition(grid.count == vectors.rows, "\(vectors.rows) rows for a grid of \(grid.count) patches")
    self.vectors = vectors
    self.grid = grid
  }

  /// Dimension of a patch embedding, d.
  public var dimension: Int { vectors.columns }
}

/// What an aggregator makes of an image: a grid of patches, each a vector.
public struct PatchShape: Sendable, Hashable {
  /// Patches per column.
  public var height: Int
  /// Patches per row.
  public var width: Int
  /// Dimension of a patch embedding, d.
  public var dimension: Int

  /// Creates a shape.
  public init(height: Int, width: Int, dimension: Int) {
    self.height = height
    self.width = width
    self.dimension = dimension
  }
}
