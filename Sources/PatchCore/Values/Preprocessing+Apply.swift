extension Preprocessing {
  /// The preprocessed images, normalised, for a network.
  ///
  /// Images are spread over threads; each result depends on its image alone.
  ///
  /// - Parameter images: at least one, of any format and size, that come out at one size.
  /// - Returns: `batch x 3 x height x width`.
  /// - Throws: `PatchCoreError` with code `.shapeMismatch` if images come out at different sizes, `.invalidImage` if one
  ///   is smaller than the crop, `.invalidConfiguration` if a setting is out of range.
  public func apply(_ images: [Image]) throws -> FeatureMap {
    try validate()
    let geometries = try images.map { try geometry(for: $0) }
    guard let first = geometries.first else {
      throw PatchCoreError(.shapeMismatch, stage: "preprocess", "a batch of 0 images; give at least 1")
    }
    for (number, geometry) in geometries.enumerated()
    where geometry.outputWidth != first.outputWidth || geometry.outputHeight != first.outputHeight {
      throw PatchCoreError(
        .shapeMismatch, stage: "preprocess",
        "image \(number) of the batch comes out at \(geometry.outputWidth) x \(geometry.outputHeight) pixels and image "
          + "0 at \(first.outputWidth) x \(first.outputHeight); set preprocess.resize or preprocess.crop to one size, "
          + "or give the images one by one")
    }
    let shape = FeatureShape(channels: 3, height: first.outputHeight, width: first.outputWidth)
    var result = FeatureMap(batch: images.count, shape: shape)
    try result.withUnsafeMutableBufferPointer { values in
      nonisolated(unsafe) let base = values.baseAddress!
      try parallelLoop(images.count) { number in
        apply(images[number], geometries[number], into: base + number * shape.count)
      }
    }
    return result
  }

  /// The part of an image that the network sees, at the network's size and not normalised: what an anomaly map of the
  /// same size is laid over.
  ///
  /// - Returns: an upright 8-bit image, grey or RGB. 16-bit samples keep their upper half.
  /// - Throws: as `geometry(for:)`.
  public func picture(of image: Image) throws -> Image {
    let geometry = try geometry(for: image)
    let image = (orientation == .apply ? image.upright() : image).with8BitSamples()
    let channels = image.format == .grey8 ? 1 : 3
    let count = geometry.outputWidth * geometry.outputHeight * channels
    let samples = [UInt8](unsafeUninitializedCapacity: count) { target, initialised in
      image.bytes.withUnsafeBufferPointer {
        geometry.plan.resize8(
          $0.baseAddress!, rowStride: image.rowStride, pixelStride: image.format.bytesPerPixel, channels: channels,
          into: target.baseAddress!)
      }
      initialised = count
    }
    return Image(
      turned: samples, width: geometry.outputWidth, height: geometry.outputHeight,
      format: image.format == .rgba8 ? .rgb8 : image.format)
  }

  /// Preprocesses one image into `3 x height x width` values.
  private func apply(_ image: Image, _ geometry: PreprocessingGeometry, into target: UnsafeMutablePointer<Float>) {
    let image = orientation == .apply ? image.upright() : image
    if resampling == .bilinear8Bit, !image.format.is16Bit {
      apply8(image, geometry, into: target)
    } else {
      applyFloat(image, geometry, into: target)
    }
    if channels == .bgr {
      let plane = geometry.outputWidth * geometry.outputHeight
      for pixel in 0..<plane { swap(&target[pixel], &target[2 * plane + pixel]) }
    }
  }

  private func apply8(_ image: Image, _ geometry: PreprocessingGeometry, into target: UnsafeMutablePointer<Float>) {
    let channels = image.format == .grey8 ? 1 : 3
    let plane = geometry.outputWidth * geometry.outputHeight
    // (v / 255 - mean) / deviation in 32-bit floats, step by step as torchvision rounds it.
    let tables = (0..<3).map { channel in
      let mean = Float(mean[channel]), deviation = Float(deviation[channel])
      return (0..<256).map { (Float($0) / 255 - mean) / deviation }
    }
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: plane * channels) { samples in
      let samples = samples.baseAddress!
      image.bytes.withUnsafeBufferPointer {
        geometry.plan.resize8(
          $0.baseAddress!, rowStride: image.rowStride, pixelStride: image.format.bytesPerPixel, channels: channels,
          into: samples)
      }
      for channel in 0..<3 {
        let offset = channels == 1 ? 0 : image.format == .bgr8 ? 2 - channel : channel
        let output = target + channel * plane
        tables[channel].withUnsafeBufferPointer { table in
          for pixel in 0..<plane { output[pixel] = table[Int(samples[pixel &* channels &+ offset])] }
        }
      }
    }
  }

  private func applyFloat(
    _ image: Image, _ geometry: PreprocessingGeometry, into target: UnsafeMutablePointer<Float>
  ) {
    let isGrey = image.format == .grey8 || image.format == .grey16
    let plane = geometry.outputWidth * geometry.outputHeight
    image.bytes.withUnsafeBytes { bytes in
      for channel in 0..<(isGrey ? 1 : 3) {
        let offset = isGrey ? 0 : image.format == .bgr8 ? 2 - channel : channel
        geometry.plan.resizeFloat(into: target + channel * plane) { row, line in
          image.loadRow(row, sample: offset, from: bytes, into: line)
        }
      }
    }
    // The last channel first, since a grey image's values stand in the first.
    for channel in (0..<3).reversed() {
      let mean = Float(mean[channel]), deviation = Float(deviation[channel])
      let input = target + (isGrey ? 0 : channel * plane), output = target + channel * plane
      for pixel in 0..<plane { output[pixel] = (input[pixel] - mean) / deviation }
    }
  }
}

extension Image {
  /// The same image with the upper half of each 16-bit sample.
  fileprivate func with8BitSamples() -> Image {
    guard format.is16Bit else { return self }
    let samples = width * format.bytesPerPixel / 2
    let upper = [UInt8](unsafeUninitializedCapacity: samples * height) { target, initialised in
      bytes.withUnsafeBytes { source in
        for row in 0..<height {
          for sample in 0..<samples {
            let value = source.loadUnaligned(fromByteOffset: row * rowStride + sample * 2, as: UInt16.self)
            target[row * samples + sample] = UInt8(value >> 8)
          }
        }
      }
      initialised = samples * height
    }
    return Image(turned: upper, width: width, height: height, format: format == .grey16 ? .grey8 : .rgb8)
  }

  /// Writes one sample of each pixel of a row, between 0 and 1.
  func loadRow(
    _ row: Int, sample: Int, from bytes: UnsafeRawBufferPointer, into line: UnsafeMutablePointer<Float>
  ) {
    let start = bytes.baseAddress! + row * rowStride
    let step = format.bytesPerPixel
    if format.is16Bit {
      for column in 0..<width {
        let value = start.loadUnaligned(fromByteOffset: column &* step &+ 2 &* sample, as: UInt16.self)
        line[column] = Float(value) / 65535
      }
    } else {
      let samples = start.assumingMemoryBound(to: UInt8.self)
      for column in 0..<width { line[column] = Float(samples[column &* step &+ sample]) / 255 }
    }
  }
}
