/// A rectangle of a resized image, computed without the rest: pixels along each row are mixed, then rows, or the other
/// way round; a step is skipped if its size stays.
struct ResamplingPlan: Sendable {
  let width: Int
  let height: Int
  let newWidth: Int
  let newHeight: Int
  /// The columns of the resized image that are wanted.
  let columns: Range<Int>
  /// The rows of the resized image that are wanted.
  let rows: Range<Int>

  /// Resizes interleaved 8-bit samples as Pillow does.
  ///
  /// - Parameters:
  ///   - source: the first sample of the first row.
  ///   - rowStride: bytes between rows.
  ///   - pixelStride: bytes between pixels, at least `channels`.
  ///   - channels: 1 or 3; the first ones of each pixel are read.
  ///   - target: `rows.count x columns.count x channels`.
  func resize8(
    _ source: UnsafePointer<UInt8>, rowStride: Int, pixelStride: Int, channels: Int,
    into target: UnsafeMutablePointer<UInt8>
  ) {
    let across = ResamplingWeights<Int32>(size: width, newSize: newWidth, range: columns)
    let down = ResamplingWeights<Int32>(size: height, newSize: newHeight, range: rows)
    let neededRows = down?.span ?? rows, neededColumns = across?.span ?? columns
    let lineCount = columns.count * channels

    func mixColumns(_ line: UnsafePointer<UInt8>, stride: Int, into target: UnsafeMutablePointer<UInt8>) {
      let line = line - neededColumns.lowerBound * stride
      if let across {
        channels == 1
          ? across.mix1(line, pixelStride: stride, into: target) : across.mix3(line, pixelStride: stride, into: target)
      } else {
        for column in 0..<columns.count {
          for channel in 0..<channels {
            target[column &* channels &+ channel] = line[(columns.lowerBound &+ column) &* stride &+ channel]
          }
        }
      }
    }

    let start = source + neededRows.lowerBound * rowStride + neededColumns.lowerBound * pixelStride
    guard let down else {
      for row in 0..<rows.count {
        mixColumns(start + row * rowStride, stride: pixelStride, into: target + row * lineCount)
      }
      return
    }
    if takesRowsFirst {
      let count = neededColumns.count * pixelStride
      // Mixed in place, the bytes between a pixel's samples come along; the last pixel may lack them.
      let mixed = count - pixelStride + channels
      withUnsafeTemporaryAllocation(of: UInt8.self, capacity: rows.count * count) { lines in
        let lines = lines.baseAddress!
        down.mixRows(start, rowStride: rowStride, count: mixed, into: lines, targetStride: count)
        for row in 0..<rows.count {
          mixColumns(lines + row * count, stride: pixelStride, into: target + row * lineCount)
        }
      }
    } else {
      withUnsafeTemporaryAllocation(of: UInt8.self, capacity: neededRows.count * lineCount) { lines in
        let lines = lines.baseAddress!
        for row in 0..<neededRows.count {
          mixColumns(start + row * rowStride, stride: pixelStride, into: lines + row * lineCount)
        }
        down.mixRows(lines, rowStride: lineCount, count: lineCount, into: target, targetStride: lineCount)
      }
    }
  }

  /// Whether Pillow mixes whole rows before the pixels of a row, which decides how the result is rounded.
  ///
  /// Found by trying Pillow 13.0: it does so if the height shrinks, and by more than twice what the width loses. Earlier
  /// versions never do; samples then differ by 1.
  private var takesRowsFirst: Bool { newHeight < height && height - newHeight > 2 * (width - newWidth) }

  /// Resizes a plane of floats as PyTorch's antialiased bilinear does.
  ///
  /// - Parameters:
  ///   - target: `rows.count x columns.count`.
  ///   - load: writes a row of the plane, `width` values, to the given place.
  func resizeFloat(
    into target: UnsafeMutablePointer<Float>, load: (_ row: Int, _ line: UnsafeMutablePointer<Float>) -> Void
  ) {
    let across = ResamplingWeights<Float>(size: width, newSize: newWidth, range: columns)
    let down = ResamplingWeights<Float>(size: height, newSize: newHeight, range: rows)
    let needed = down?.span ?? rows
    withUnsafeTemporaryAllocation(of: Float.self, capacity: width) { input in
      func fill(_ row: Int, _ line: UnsafeMutablePointer<Float>) {
        load(row, input.baseAddress!)
        if let across {
          across.mix(input.baseAddress!, into: line)
        } else {
          line.update(from: input.baseAddress! + columns.lowerBound, count: columns.count)
        }
      }
      guard let down else {
        for (position, row) in needed.enumerated() { fill(row, target + position * columns.count) }
        return
      }
      withUnsafeTemporaryAllocation(of: Float.self, capacity: needed.count * columns.count) { lines in
        for (position, row) in needed.enumerated() { fill(row, lines.baseAddress! + position * columns.count) }
        down.mixRows(lines.baseAddress!, firstRow: needed.lowerBound, count: columns.count, into: target)
      }
    }
  }
}

extension ResamplingWeights<Int32> {
  /// The whole number nearest to a fixed-point sum, within 8 bits.
  ///
  /// Sums are never negative: no weight is.
  @inline(__always)
  private static func rounded(_ sum: Int32) -> UInt8 { UInt8(truncatingIfNeeded: min(sum &>> precision, 255)) }

  private static var half: Int32 { 1 << (precision - 1) }

  /// New pixels of one row of one channel.
  func mix1(_ source: UnsafePointer<UInt8>, pixelStride: Int, into target: UnsafeMutablePointer<UInt8>) {
    weights.withUnsafeBufferPointer { weights in
      for pixel in 0..<starts.count {
        let from = source + starts[pixel] * pixelStride
        let weight = weights.baseAddress! + pixel * stride
        var sum = Self.half
        for tap in 0..<counts[pixel] { sum &+= Int32(from[tap &* pixelStride]) &* weight[tap] }
        target[pixel] = Self.rounded(sum)
      }
    }
  }

  /// New pixels of one row of three channels.
  func mix3(_ source: UnsafePointer<UInt8>, pixelStride: Int, into target: UnsafeMutablePointer<UInt8>) {
    weights.withUnsafeBufferPointer { weights in
      for pixel in 0..<starts.count {
        var from = source + starts[pixel] * pixelStride
        let weight = weights.baseAddress! + pixel * stride
        var first = Self.half, second = Self.half, third = Self.half
        for tap in 0..<counts[pixel] {
          let factor = weight[tap]
          first &+= Int32(from[0]) &* factor
          second &+= Int32(from[1]) &* factor
          third &+= Int32(from[2]) &* factor
          from += pixelStride
        }
        target[pixel * 3] = Self.rounded(first)
        target[pixel * 3 + 1] = Self.rounded(second)
        target[pixel * 3 + 2] = Self.rounded(third)
      }
    }
  }

  /// New rows made of rows of `count` samples; `lines` is the first row that any of them needs.
  func mixRows(
    _ lines: UnsafePointer<UInt8>, rowStride: Int, count: Int, into target: UnsafeMutablePointer<UInt8>,
    targetStride: Int
  ) {
    let firstRow = starts[0]
    withUnsafeTemporaryAllocation(of: Int32.self, capacity: count) { buffer in
      let sums = buffer.baseAddress!
      for row in 0..<starts.count {
        sums.update(repeating: Self.half, count: count)
        for tap in 0..<counts[row] {
          let line = lines + (starts[row] + tap - firstRow) * rowStride
          let factor = weights[row * stride + tap]
          for sample in 0..<count { sums[sample] &+= Int32(line[sample]) &* factor }
        }
        let output = target + row * targetStride
        for sample in 0..<count { output[sample] = Self.rounded(sums[sample]) }
      }
    }
  }
}

extension ResamplingWeights<Float> {
  /// New values of one row.
  func mix(_ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>) {
    weights.withUnsafeBufferPointer { weights in
      for pixel in 0..<starts.count {
        let from = source + starts[pixel]
        let weight = weights.baseAddress! + pixel * stride
        var sum: Float = 0
        for tap in 0..<counts[pixel] { sum += from[tap] * weight[tap] }
        target[pixel] = sum
      }
    }
  }

  /// New rows made of whole rows of `count` values, the first of which is row `firstRow` of the plane.
  func mixRows(
    _ lines: UnsafePointer<Float>, firstRow: Int, count: Int, into target: UnsafeMutablePointer<Float>
  ) {
    for row in 0..<starts.count {
      let output = target + row * count
      output.update(repeating: 0, count: count)
      for tap in 0..<counts[row] {
        let line = lines + (starts[row] + tap - firstRow) * count
        let factor = weights[row * stride + tap]
        for column in 0..<count { output[column] += line[column] * factor }
      }
    }
  }
}
