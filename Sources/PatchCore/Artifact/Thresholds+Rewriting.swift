import TensorFiles

extension Thresholds {
  /// The minimum area of regions that an artifact asks for: that of its thresholds, else that of its description.
  ///
  /// - Parameter path: an artifact.
  /// - Returns: pixels of the upright original.
  /// - Throws: `PatchCoreError` with code `.invalidArtifact` if the artifact is damaged or of another version.
  public static func minimumArea(inArtifact path: String) throws -> Double {
    let manifest = try ArtifactManifest.read(path).manifest
    if let thresholds = manifest.thresholds { return thresholds.minimumArea }
    let described = ConfigurationNode(manifest.description, origin: .file(name: path, line: 1))["thresholds"]
    return described?["minimum_area"]?.text.flatMap(Double.init) ?? 0
  }

  /// Writes a copy of an artifact with other thresholds, or without.
  ///
  /// All else stays as it is: tensors, description, engine of the fit, weights or the lack of them. The file appears
  /// whole or not at all, so `path` and `target` may be one.
  ///
  /// - Parameters:
  ///   - thresholds: the new ones; `nil` for none.
  ///   - path: an artifact.
  ///   - target: the file to write; an existing one is replaced.
  ///   - progress: told how far the work is; throws when it should stop, and then nothing is written.
  /// - Throws: `PatchCoreError` with code `.invalidArtifact` if the artifact is damaged or of another version,
  ///   `.invalidConfiguration` if the thresholds cannot be, `.invalidFile` if the file cannot be written.
  public static func replace(
    by thresholds: Thresholds?, inArtifact path: String, writingTo target: String, progress: ProgressReporter = .silent
  ) throws {
    try thresholds?.validate()
    var (file, manifest) = try ArtifactManifest.read(path)
    manifest.thresholds = thresholds
    // The writer orders by element width, so what stands first is among the widest.
    let widest = file.tensors.values.map(\.elementType.byteWidth).max()
    let first = file.tensors.filter { $0.value.elementType.byteWidth == widest && $0.value.byteCount > 0 }
      .min { $0.value.byteOffset < $1.value.byteOffset }
    do {
      try SafetensorsFile.write(
        tensors: file.tensors, metadata: [ArtifactManifest.key: manifest.json()], first: first?.key, to: target
      ) { try progress.report("writing", $0, of: $1) }
    } catch let error as TensorFileError {
      throw PatchCoreError(.invalidFile, error)
    }
  }
}
