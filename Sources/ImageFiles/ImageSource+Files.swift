import PatchCore

extension ImageSource {
  /// Image files, decoded when needed and identified by the SHA-256 of their bytes.
  ///
  /// - Parameters:
  ///   - files: paths relative to `root`; they become the images' names.
  ///   - root: the folder; `nil` if the paths stand for themselves.
  ///   - limits: the largest image to decode.
  public init(files: [String], relativeTo root: String? = nil, limits: ImageLimits = .default) {
    self.init(names: files) { number in
      let path = root.map { $0 + "/" + files[number] } ?? files[number]
      let bytes = try ImageFile.bytes(ofFile: path, limits: limits)
      return Entry(
        image: try ImageFile.decode(bytes: bytes, name: path, limits: limits), digest: Digest.sha256(bytes))
    }
  }
}
