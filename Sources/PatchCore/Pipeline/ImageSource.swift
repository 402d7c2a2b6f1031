/// Images by number and name, loaded one at a time: a folder's files or a camera's frames.
public struct ImageSource: Sendable {
  /// An image with what identifies it.
  public struct Entry: Sendable {
    /// The pixels.
    public var image: Image
    /// SHA-256 of the file, or of the pixels of an image that comes from no file, in hexadecimal.
    public var digest: String

    /// Creates an entry.
    public init(image: Image, digest: String) {
      self.image = image
      self.digest = digest
    }
  }

  /// The images' names, such as paths relative to a folder.
  public let names: [String]
  private let loader: @Sendable (Int) throws -> Entry

  /// Images that are loaded when needed.
  ///
  /// - Parameters:
  ///   - names: one name per image.
  ///   - load: loads the image of a number; may be called from several threads at once, and more than once.
  public init(names: [String], load: @escaping @Sendable (Int) throws -> Entry) {
    self.names = names
    loader = load
  }

  /// Images in memory, named `image 0`, `image 1` and so on.
  public init(_ images: [Image]) {
    self.init(names: images.indices.map { "image \($0)" }) { number in
      Entry(image: images[number], digest: images[number].digest)
    }
  }

  /// Number of images.
  public var count: Int { names.count }

  /// Loads an image.
  public func load(_ number: Int) throws -> Entry { try loader(number) }

  /// The same images, of which the first is loaded already.
  func beginning(with first: Entry) -> ImageSource {
    ImageSource(names: names) { [loader] number in number == 0 ? first : try loader(number) }
  }
}

extension Image {
  /// SHA-256 of format, size and pixels, in hexadecimal.
  var digest: String {
    var digest = Digest.Running()
    digest.update("\(format.rawValue) \(width) \(height) \(orientation.rawValue)\n".utf8)
    let rowBytes = width * format.bytesPerPixel
    for row in 0..<height { digest.update(bytes[row * rowStride..<row * rowStride + rowBytes]) }
    return digest.finish()
  }
}
