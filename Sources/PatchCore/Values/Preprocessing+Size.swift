extension Preprocessing {
  /// A size as a description writes it: `256`, `{height: 256, width: 320}` or `none`.
  public enum Size: Sendable, Hashable {
    /// One number: the shorter side of a resize, both sides of a crop.
    case side(Int)
    /// Both sides.
    case exact(height: Int, width: Int)
    /// Leave the image as it is.
    case none

    func validate(_ key: String) throws {
      let sides: [(name: String, value: Int)] =
        switch self {
        case .side(let side): [("", side)]
        case .exact(let height, let width): [(".height", height), (".width", width)]
        case .none: []
        }
      for side in sides where side.value < 1 || side.value > maximumSide {
        throw PatchCoreError(
          .invalidConfiguration, stage: "preprocess.\(key)\(side.name)",
          "\(side.value) pixels; give 1 to \(maximumSide), or none for the whole key")
      }
    }
  }
}

extension Preprocessing.Size: Codable {
  private enum SideKey: String, CodingKey { case height, width }

  /// Reads a whole number, `{height:, width:}` or `none`.
  public init(from decoder: any Decoder) throws {
    if let container = try? decoder.container(keyedBy: SideKey.self) {
      self = .exact(
        height: try container.decode(Int.self, forKey: .height), width: try container.decode(Int.self, forKey: .width))
      return
    }
    let container = try decoder.singleValueContainer()
    if let side = try? container.decode(Int.self) {
      self = .side(side)
    } else if (try? container.decode(String.self)) == "none" {
      self = .none
    } else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "expected a whole number, {height: , width: } or none")
    }
  }

  /// Writes what `init(from:)` reads.
  public func encode(to encoder: any Encoder) throws {
    switch self {
    case .side(let side):
      var container = encoder.singleValueContainer()
      try container.encode(side)
    case .exact(let height, let width):
      var container = encoder.container(keyedBy: SideKey.self)
      try container.encode(height, forKey: .height)
      try container.encode(width, forKey: .width)
    case .none:
      var container = encoder.singleValueContainer()
      try container.encode("none")
    }
  }
}
