import TensorFiles

/// The digest of an artifact's tensors: by the bytes of their names, for each the line `NAME TYPE [SHAPE]` and what
/// stands for its bytes.
///
/// Tensors of a mapped file hold no memory afterwards: what was read is given back piece by piece.
enum DataDigest {
  /// Bytes of a piece; part of the format.
  private static let pieceBytes = 1 << 20

  /// Since format version 3: of each tensor the SHA-256 of every megabyte (2^20 bytes) and of the rest, 32 bytes each.
  ///
  /// The pieces are digested on several threads, at the speed at which memory is read.
  static func ofPieces(_ tensors: [String: Tensor]) throws -> String {
    let ordered = ordered(tensors)
    let pieces = ordered.enumerated().flatMap { number, entry in
      stride(from: 0, to: entry.tensor.byteCount, by: pieceBytes).map { (tensor: number, start: $0) }
    }
    var digests = [[UInt8]](repeating: [], count: pieces.count)
    try digests.withUnsafeMutableBufferPointer { digests in
      // Each piece writes its own place.
      nonisolated(unsafe) let digests = digests
      try parallelLoop(pieces.count) { number in
        let (tensor, start) = (ordered[pieces[number].tensor].tensor, pieces[number].start)
        var digest = Digest.Running()
        update(&digest, with: tensor, start..<min(start + pieceBytes, tensor.byteCount))
        digests[number] = digest.finishedBytes()
      }
    }
    var whole = Digest.Running()
    var next = 0
    for (number, entry) in ordered.enumerated() {
      whole.update(line(entry.name, entry.tensor))
      while next < pieces.count, pieces[next].tensor == number {
        whole.update(digests[next])
        next += 1
      }
    }
    return whole.finish()
  }

  /// In format version 2: each tensor's bytes themselves.
  static func inOneGo(_ tensors: [String: Tensor]) -> String {
    var digest = Digest.Running()
    for (name, tensor) in ordered(tensors) {
      digest.update(line(name, tensor))
      for start in stride(from: 0, to: tensor.byteCount, by: pieceBytes) {
        update(&digest, with: tensor, start..<min(start + pieceBytes, tensor.byteCount))
      }
    }
    return digest.finish()
  }

  private static func ordered(_ tensors: [String: Tensor]) -> [(name: String, tensor: Tensor)] {
    tensors.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map { ($0.key, $0.value) }
  }

  private static func line(_ name: String, _ tensor: Tensor) -> String.UTF8View {
    let shape = tensor.shape.map(String.init).joined(separator: ",")
    return "\(name) \(tensor.elementType.rawValue) [\(shape)]\n".utf8
  }

  private static func update(_ digest: inout Digest.Running, with tensor: Tensor, _ range: Range<Int>) {
    tensor.withBytes { digest.update(UnsafeRawBufferPointer(rebasing: $0[range])) }
    tensor.storage.releasePages(range.lowerBound + tensor.byteOffset..<range.upperBound + tensor.byteOffset)
  }
}
