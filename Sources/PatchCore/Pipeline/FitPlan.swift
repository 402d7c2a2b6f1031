/// What a fit will compute and hold, known before it starts.
public struct FitPlan: Sendable, Hashable {
  /// Number of training images.
  public var images: Int
  /// The network's input, `3 x height x width`.
  public var input: FeatureShape
  /// The tapped layers' maps of one image.
  public var layers: [FeatureShape]
  /// The patch grid and dimension of one image.
  public var patches: PatchShape
  /// Rows of the memory bank.
  public var bankRows: Int
  /// In how many bits embeddings and bank are kept.
  public var storage = StorageSettings()
  /// What the fit holds beside embeddings and bank.
  public var working = WorkingMemory()

  /// Memory beside embeddings and bank, in bytes.
  public struct WorkingMemory: Sendable, Hashable {
    /// The network: weights as given and as the engine arranges them, and room for what it computes.
    public var network = 0
    /// The images that are begun and not finished with, their feature maps and patches.
    public var images = 0
    /// What the subsampler works with.
    public var subsampler = 0
    /// The index over the bank, beside the bank.
    public var neighbourIndex = 0
    /// The pixels of maps that thresholds are made of.
    public var thresholds = 0
    /// The program and its libraries, and memory that the allocator keeps.
    public var program = 64 << 20

    /// The program alone.
    public init() {}

    /// Bytes of the images that are begun and not finished with: those of `inOrder` and the one that is handed on.
    ///
    /// Of each there are up to 6 bytes a pixel, the network's input with what resizing and normalising hold, maps, and
    /// the vectors made of them with what is held on the way.
    package static func bytesOfImages(pixels: Int, input: FeatureShape, layers: [FeatureShape], vectors: Int) -> Int {
      let floats = 3 * input.count + 2 * layers.reduce(0) { $0 + $1.count } + 3 * vectors
      return (2 * ThreadCount.current + 1) * (6 * pixels + floats * MemoryLayout<Float>.stride)
    }
  }

  /// Patch embeddings of all images.
  public var candidateRows: Int { images * patches.height * patches.width }
  /// Bytes of the embeddings of all images.
  public var candidateBytes: Int { candidateRows * storage.embeddings.format.bytesPerRow(patches.dimension) }
  /// Bytes of the memory bank.
  public var bankBytes: Int { bankRows * storage.bank.bytesPerRow(patches.dimension) }

  /// Bytes of memory at the busiest moment but for the embeddings, if these lie in a file.
  ///
  /// The bank is there twice while it is brought from the embeddings' format to its own.
  public var bytesBesideCandidates: Int {
    let given = storage.embeddings.format
    let selected = storage.bank == given ? 0 : bankRows * given.bytesPerRow(patches.dimension)
    let bank = bankBytes + selected
    // Thresholds are made by inspecting images with the finished detector.
    let inspecting = working.thresholds > 0 ? bankBytes + working.neighbourIndex + working.images : 0
    return working.program + working.network + working.thresholds
      + max(working.images, working.subsampler + bank, bank + working.neighbourIndex, inspecting)
  }

  /// Bytes of memory at the busiest moment, with the embeddings in memory.
  public var bytesInMemory: Int { bytesBesideCandidates + candidateBytes }

  /// Bytes of memory that stay once the detector is made.
  var detectorBytes: Int { working.network + bankBytes + working.neighbourIndex }

  /// Whether the embeddings lie in a file: with a stated budget if the fit would exceed it, otherwise if they exceed half
  /// the machine's memory.
  func spools(_ budget: MemoryBudget?) -> Bool {
    if let budget { bytesInMemory > budget.bytes } else { candidateBytes > MemoryBudget.ofThisMachine.bytes }
  }
}

extension FitPlan {
  /// The plan in a sentence, with sizes in MB.
  public var summary: String {
    let size = MemoryBudget.megabytes
    return "\(images) images of \(input.width) x \(input.height), \(patches.height) x \(patches.width) patches of "
      + "\(patches.dimension) dimensions each: \(candidateRows) embeddings (\(size(candidateBytes))), "
      + "a memory bank of \(bankRows) (\(size(bankBytes)))"
  }

  /// The memory in a sentence: how much in all, of which what takes how much, and where the embeddings lie.
  ///
  /// - Parameter spools: whether the embeddings lie in a file.
  /// - Returns: sizes in MB.
  public func memorySummary(spools: Bool) -> String {
    let size = MemoryBudget.megabytes
    var parts: [(name: String, bytes: Int)] = [
      ("network", working.network), ("images in work", working.images), ("subsampler", working.subsampler),
      ("bank", bankBytes), ("neighbour index", working.neighbourIndex), ("thresholds", working.thresholds),
      ("program", working.program),
    ]
    if !spools { parts.insert(("embeddings", candidateBytes), at: 0) }
    return "memory: at most \(size(spools ? bytesBesideCandidates : bytesInMemory)), not all at once: "
      + MemoryBudget.listing(parts)
      + (spools ? "; the embeddings in a file of \(size(candidateBytes))" : "")
  }

  /// What to change if a budget cannot hold the fit.
  static let remedy =
    "raise the budget, or lower subsampler.fraction or its projection.dimension, or keep a smaller storage.bank"
}
