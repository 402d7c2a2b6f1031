/// How an image is brought to another size: both are bilinear and smooth over the pixels they leave out.
///
/// Images of 16 bits are always resized in float.
public enum Resampling: String, Sendable, Hashable, Codable, CaseIterable {
  /// On 8-bit samples with fixed-point weights, equal to the bilinear of Pillow 13.0 bit for bit.
  case bilinear8Bit = "bilinear_8bit"
  /// On 32-bit floats between 0 and 1, as torchvision's antialiased resize of a tensor.
  case bilinearFloat = "bilinear_float"
}

extension Resampling {
  /// Which stored pixel stands for a resized one when none are mixed.
  public enum NearestRule: Sendable {
    /// The pixel under the centre, as Pillow chooses.
    case pillow
    /// The pixel under the upper left corner, as PyTorch's `nearest` chooses.
    case torch
  }

  /// Resizes interleaved 8-bit samples, equal to the bilinear of Pillow 13.0 bit for bit.
  ///
  /// - Parameters:
  ///   - samples: `height x width x channels`.
  ///   - width: columns of pixels.
  ///   - height: rows of pixels.
  ///   - channels: 1 or 3.
  ///   - newWidth: columns of the result, at least 1.
  ///   - newHeight: rows of the result, at least 1.
  /// - Returns: `newHeight x newWidth x channels`.
  public static func bilinear8(
    _ samples: [UInt8], width: Int, height: Int, channels: Int = 1, newWidth: Int, newHeight: Int
  ) -> [UInt8] {
    precondition(channels == 1 || channels == 3, "1 or 3 channels")
    precondition(samples.count == width * height * channels, "\(samples.count) samples")
    precondition(newWidth > 0 && newHeight > 0, "a positive size")
    let plan = ResamplingPlan(
      width: width, height: height, newWidth: newWidth, newHeight: newHeight, columns: 0..<newWidth,
      rows: 0..<newHeight)
    let count = newWidth * newHeight * channels
    return [UInt8](unsafeUninitializedCapacity: count) { target, initialised in
      samples.withUnsafeBufferPointer {
        plan.resize8(
          $0.baseAddress!, rowStride: width * channels, pixelStride: channels, channels: channels,
          into: target.baseAddress!)
      }
      initialised = count
    }
  }

  /// Resizes one plane of floats as torchvision's antialiased bilinear resize does (corners not aligned).
  ///
  /// - Parameters:
  ///   - values: `height x width`.
  ///   - width: columns of values.
  ///   - height: rows of values.
  ///   - newWidth: columns of the result, at least 1.
  ///   - newHeight: rows of the result, at least 1.
  /// - Returns: `newHeight x newWidth`.
  public static func bilinearFloat(
    _ values: [Float], width: Int, height: Int, newWidth: Int, newHeight: Int
  ) -> [Float] {
    precondition(values.count == width * height, "\(values.count) values")
    precondition(newWidth > 0 && newHeight > 0, "a positive size")
    let plan = ResamplingPlan(
      width: width, height: height, newWidth: newWidth, newHeight: newHeight, columns: 0..<newWidth,
      rows: 0..<newHeight)
    return [Float](unsafeUninitializedCapacity: newWidth * newHeight) { target, initialised in
      values.withUnsafeBufferPointer { source in
        plan.resizeFloat(into: target.baseAddress!) { row, line in
          line.update(from: source.baseAddress! + row * width, count: width)
        }
      }
      initialised = newWidth * newHeight
    }
  }

  /// Resizes one plane by taking single samples.
  ///
  /// - Parameters:
  ///   - samples: `height x width`.
  ///   - width: columns of samples.
  ///   - height: rows of samples.
  ///   - newWidth: columns of the result, at least 1.
  ///   - newHeight: rows of the result, at least 1.
  ///   - rule: which sample stands for a new one.
  /// - Returns: `newHeight x newWidth`.
  public static func nearest(
    _ samples: [UInt8], width: Int, height: Int, newWidth: Int, newHeight: Int, rule: NearestRule
  ) -> [UInt8] {
    precondition(samples.count == width * height, "\(samples.count) samples")
    precondition(newWidth > 0 && newHeight > 0, "a positive size")
    let columns = rule.sources(size: width, newSize: newWidth)
    var result: [UInt8] = []
    result.reserveCapacity(newWidth * newHeight)
    for row in rule.sources(size: height, newSize: newHeight) {
      for column in columns { result.append(samples[row * width + column]) }
    }
    return result
  }
}

extension Resampling.NearestRule {
  /// For each new pixel of a line, the number of the old one.
  func sources(size: Int, newSize: Int) -> [Int] {
    switch self {
    case .pillow:
      // Pillow adds the step up pixel by pixel; the sum's rounding decides where a centre falls on a border.
      let step = Double(size) / Double(newSize)
      var position = step * 0.5
      return (0..<newSize).map { _ in
        defer { position += step }
        return min(Int(position), size - 1)
      }
    case .torch:
      let step = Float(size) / Float(newSize)
      return (0..<newSize).map { min(Int(Float($0) * step), size - 1) }
    }
  }
}
