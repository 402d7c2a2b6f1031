import Foundation
import PatchCore
import TensorFiles
import Testing

/// Artifacts altered by someone who knows the format, digest included: refused with a reason, never a crash.
@Suite struct HostileArtifactTests {
  private let folder = NSTemporaryDirectory() + "patchcore-artifact-\(UUID().uuidString)"

  init() throws { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }

  private func image(_ seed: Int) throws -> Image {
    try Image(width: 16, height: 16, format: .grey8, bytes: (0..<256).map { UInt8(($0 * 7 + seed * 31) % 251) })
  }

  /// An artifact as parts that can be changed.
  private struct Parts {
    var tensors: [String: Tensor]
    var manifest: [String: Any]
  }

  private func fittedParts(_ yaml: String = "") throws -> Parts {
    let path = folder + "/\(UUID().uuidString).safetensors"
    let description = try PipelineDescription(yaml: yaml, catalogue: .toy)
    try Pipeline(description).fit(ImageSource((0..<4).map { try image($0) })).write(to: path)
    let file = try SafetensorsFile(contentsOf: path)
    let json = try #require(file.metadata["patchcore"])
    let manifest = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
    return Parts(tensors: file.tensors, manifest: manifest)
  }

  /// Writes the parts, with the digest that belongs to them unless `manifest` holds another, and reads the file.
  ///
  /// Returns the error; `nil` if the detector was read and predicts.
  private func problem(_ parts: Parts, digest: Bool = true) throws -> PatchCoreError? {
    var running = Digest.Running()
    for (name, tensor) in parts.tensors.sorted(by: { $0.key < $1.key }) {
      running.update(
        "\(name) \(tensor.elementType.rawValue) [\(tensor.shape.map(String.init).joined(separator: ","))]\n".utf8)
      // Pieces of a megabyte; these tensors are smaller.
      if tensor.byteCount > 0 {
        let hexadecimal = Array(tensor.withBytes { Digest.sha256($0) }.utf8)
        running.update(
          stride(from: 0, to: hexadecimal.count, by: 2).compactMap {
            UInt8(String(decoding: hexadecimal[$0..<$0 + 2], as: UTF8.self), radix: 16)
          })
      }
    }
    var manifest = parts.manifest
    if digest { manifest["data_digest"] = running.finish() }
    let json = String(
      decoding: try JSONSerialization.data(withJSONObject: manifest, options: .fragmentsAllowed), as: UTF8.self)
    return try problem(json: json, parts.tensors)
  }

  private func problem(json: String, _ tensors: [String: Tensor]) throws -> PatchCoreError? {
    let path = folder + "/\(UUID().uuidString).safetensors"
    try SafetensorsFile.write(tensors: tensors, metadata: ["patchcore": json], to: path)
    do {
      let detector = try FittedDetector(contentsOf: path, catalogue: .toy)
      _ = try detector.predict(image(9))
      // What was read can be written.
      try detector.write(to: path)
      return nil
    } catch let error as PatchCoreError {
      return error
    }
  }

  @Test func thePartsAloneAreAccepted() throws { #expect(try problem(fittedParts()) == nil) }

  @Test func everyKeyOfTheManifestIsNeeded() throws {
    let whole = try fittedParts()
    #expect(whole.manifest.count == 9)
    for key in whole.manifest.keys {
      var parts = whole
      parts.manifest[key] = nil
      #expect(try problem(parts, digest: false)?.code == .invalidArtifact, "without \(key)")
      for value in [NSNull(), 1.5, -1, "x", true, [1], ["a": 1], [String](), [String: String]()] as [Any] {
        parts.manifest[key] = value
        let error = try problem(parts, digest: false)
        // No notes at all, and a truth value that is one, are right.
        if (key == "notes" && (value as? [String: String])?.isEmpty == true)
          || (key == "weights_included" && value is Bool)
        {
          continue
        }
        let expected: PatchCoreError.Code = key == "method" && value is String ? .notInThisBuild : .invalidArtifact
        #expect(error?.code == expected, "\(key) = \(value): \(error.map { "\($0)" } ?? "accepted")")
      }
    }
  }

  @Test func everyKeyOfTheDescriptionIsChecked() throws {
    let whole = try fittedParts("neighbour_index: {kind: wrapped}")
    let description = try #require(whole.manifest["description"] as? [String: Any])
    #expect(description.count == 14)
    func check(_ changed: [String: Any], _ what: String, canBeRight: Bool) throws {
      var parts = whole
      parts.manifest["description"] = changed
      guard let error = try problem(parts) else {
        #expect(canBeRight, "\(what) was accepted")
        return
      }
      #expect([.invalidArtifact, .invalidConfiguration, .shapeMismatch].contains(error.code), "\(what): \(error)")
    }
    for (key, value) in description {
      var changed = description
      changed[key] = nil
      // Artifacts from before there was a storage mean 32 bits.
      try check(changed, "without \(key)", canBeRight: key == "storage")
      for other in [NSNull(), -1, "x", [1], ["kind": "x"], ["kind": NSNull()]] as [Any] {
        changed[key] = other
        try check(changed, "\(key) = \(other)", canBeRight: key == "preset" && other is String)
      }
      guard let settings = value as? [String: Any] else { continue }
      for name in settings.keys {
        for other in [nil, NSNull(), -1, 0, 1e300, "x", [1], [String: Int](), ["kind": "x"]] as [Any?] {
          var inner = settings
          inner[name] = other
          changed[key] = inner
          // Some of these values suit some keys; then the detector must work.
          try check(changed, "\(key).\(name) = \(other ?? "nothing")", canBeRight: true)
        }
      }
    }
    var extra = description
    extra["more"] = 1
    try check(extra, "another key", canBeRight: false)
  }

  @Test func everyKeyOfTheThresholdsIsChecked() throws {
    let whole = try fittedParts("thresholds: {from: held_out, rule: {kind: quantile}}")
    let thresholds = try #require(whole.manifest["thresholds"] as? [String: Any])
    #expect(Set(thresholds.keys) == ["image", "pixel", "minimum_area", "measurement"])
    func check(_ changed: Any?, _ what: String, canBeRight: Bool) throws {
      var parts = whole
      parts.manifest["thresholds"] = changed
      let error = try problem(parts)
      #expect(
        error == nil ? canBeRight : error?.code == .invalidArtifact, "\(what): \(error.map { "\($0)" } ?? "accepted")")
    }
    let others: [Any?] = [nil, NSNull(), -1, 1e300, 1.5, "x", [1], [String: Int](), ["kind": "x"]]
    try check(nil, "no thresholds", canBeRight: true)
    for (key, value) in thresholds {
      for other in others {
        var changed = thresholds
        changed[key] = other
        // Any number is a threshold, an area is not negative, and what was set by hand has no measurement.
        let number = (other as? Int).map(Double.init) ?? other as? Double
        let isRight =
          switch key {
          case "minimum_area": number.map { $0 >= 0 } ?? false
          case "measurement": other == nil || other is NSNull
          default: number.map { $0 < 1e30 } ?? false
          }
        try check(changed, "\(key) = \(other ?? "nothing")", canBeRight: isRight)
      }
      guard var parts = value as? [String: Any] else { continue }
      for (name, part) in parts {
        for other in others {
          parts[name] = other
          try check(thresholds.merging([key: parts]) { $1 }, "\(name) = \(other ?? "nothing")", canBeRight: false)
        }
        guard var scores = part as? [String: Any] else {
          parts[name] = part
          continue
        }
        for inner in scores.keys where inner != "mean" {
          let before = scores[inner]
          scores[inner] = -1e9
          parts[name] = scores
          let isLeast = inner == "least"
          try check(thresholds.merging([key: parts]) { $1 }, "\(name).\(inner)", canBeRight: isLeast)
          scores[inner] = before
        }
        parts[name] = part
      }
      // Folds belong to cross-validation alone.
      parts["folds"] = 5
      try check(thresholds.merging([key: parts]) { $1 }, "folds", canBeRight: false)
      parts["source"] = "cross_validation"
      try check(thresholds.merging([key: parts]) { $1 }, "cross-validation with images", canBeRight: false)
      parts["images"] = [Any]()
      try check(thresholds.merging([key: parts]) { $1 }, "cross-validation", canBeRight: true)
      parts["folds"] = 1
      try check(thresholds.merging([key: parts]) { $1 }, "one fold", canBeRight: false)
    }
  }

  @Test func deepJSONIsRefused() throws {
    let whole = try fittedParts("neighbour_index: {kind: wrapped}")
    for depth in [60, 5000] {
      var description = try #require(whole.manifest["description"] as? [String: Any])
      description["neighbour_index"] = "INDEX"
      var manifest = whole.manifest
      manifest["description"] = description
      let text = String(decoding: try JSONSerialization.data(withJSONObject: manifest), as: UTF8.self)
      let nested =
        String(repeating: #"{"kind":"wrapped","index":"#, count: depth) + #"{"kind":"plain"}"#
        + String(repeating: "}", count: depth)
      let error = try problem(json: text.replacingOccurrences(of: "\"INDEX\"", with: nested), whole.tensors)
      #expect(
        depth == 60 ? error == nil : error?.code == .invalidArtifact, "\(depth): \(error.map { "\($0)" } ?? "accepted")"
      )
    }
  }

  @Test func tensorsThatDoNotFitAreRefused() throws {
    let whole = try fittedParts()
    let bank = try #require(whole.tensors["bank.vectors"])
    let rows = bank.shape[0]
    let numbers = [Int32](repeating: 0, count: rows * 3)
    func error(_ name: String, _ tensor: Tensor?) throws -> String {
      var parts = whole
      parts.tensors[name] = tensor
      let error = try problem(parts)
      #expect(error == nil || error?.code == .invalidArtifact || error?.code == .shapeMismatch)
      return error?.message ?? "accepted"
    }
    for name in ["bank.vectors", "bank.locations", "bank.rows"] {
      #expect(try error(name, nil).contains("lacks the tensor \(name)"))
    }
    let floats = [Float](repeating: 1, count: rows * 3)
    #expect(try error("bank.vectors", Tensor(floats, shape: [rows * 3])).contains("F32 [\(rows * 3)]"))
    #expect(try error("bank.vectors", Tensor(floats, shape: [rows, 3, 1])).contains("two dimensions"))
    #expect(try error("bank.vectors", Tensor(numbers, shape: [rows, 3])).contains("I32 [\(rows), 3]"))
    #expect(try error("bank.vectors", Tensor([Float](), shape: [0, 3])).contains("F32 [0, 3]"))
    #expect(try error("bank.vectors", Tensor([Float](), shape: [rows, 0])).contains("F32 [\(rows), 0]"))
    #expect(
      try error("bank.vectors", Tensor(floats + [0, 0, 0], shape: [rows + 1, 3])).contains("a bank of \(rows + 1) rows")
    )
    #expect(
      try error("bank.vectors", Tensor([Float](repeating: 1, count: rows * 5), shape: [rows, 5])).contains(
        "5-dimensional"))
    var broken = floats
    broken[7] = .nan
    #expect(try error("bank.vectors", Tensor(broken, shape: [rows, 3])).contains("row 2 of the bank is not finite"))

    func locations(_ change: (inout [Int32]) -> Void) -> Tensor {
      var copy = numbers
      change(&copy)
      return Tensor(copy, shape: [rows, 3])
    }
    #expect(try error("bank.locations", locations { $0[3] = 4 }).contains("training image 4 of 4"))
    #expect(try error("bank.locations", locations { $0[3] = -1 }).contains("negative number -1"))
    #expect(try error("bank.locations", locations { $0[4] = -7 }).contains("negative number -7"))
    #expect(try error("bank.locations", Tensor(numbers, shape: [3, rows])).contains("I32 [3, \(rows)]"))
    #expect(try error("bank.locations", Tensor(numbers.map(Int64.init), shape: [rows, 3])).contains("I64"))
    #expect(try error("bank.locations", Tensor(floats, shape: [rows, 3])).contains("F32"))
    #expect(try error("bank.rows", Tensor([Int64](repeating: .max, count: rows), shape: [rows])).contains("I64"))
    #expect(
      try error("bank.rows", Tensor([Int32](repeating: 1, count: rows - 1), shape: [rows - 1])).contains(
        "needs I32 [\(rows)]"))
    #expect(try error("bank.rows", Tensor([Int32](repeating: -1, count: rows), shape: [rows])).contains("negative"))
  }

  @Test func dataThatWereChangedWithoutTheDigestAreRefused() throws {
    var parts = try fittedParts()
    parts.tensors["bank.more"] = Tensor([1 as Float], shape: [1])
    #expect(try problem(parts, digest: false)?.message.contains("do not have the digest") == true)
  }

  @Test func settingsSurviveAsTheyAre() throws {
    for yaml in [
      "seed: 9223372036854775809\nmap: {sigma: 4}", "seed: 18446744073709551615\nmap: {sigma: 0.1}",
      "map: {sigma: 1e-7}",
    ] {
      let description = try PipelineDescription(yaml: yaml, catalogue: .toy)
      let path = folder + "/\(UUID().uuidString).safetensors"
      try Pipeline(description).fit(ImageSource([image(1)])).write(to: path)
      let read = try FittedDetector(contentsOf: path, catalogue: .toy)
      #expect(read.description.seed == description.seed && read.description.map.sigma == description.map.sigma)
      try read.write(to: path + "2")
      #expect(FileManager.default.contentsEqual(atPath: path, andPath: path + "2"))
    }
  }

  /// A description made in code may hold what no file can; it is refused before a file appears.
  @Test func numbersThatNoArtifactCanHoldAreRefused() throws {
    var description = try PipelineDescription(yaml: "", catalogue: .toy)
    description.split.nominalTestFraction = .nan
    let detector = try Pipeline(description).fit(ImageSource([image(1)]))
    let path = folder + "/nan.safetensors"
    let error = #expect(throws: PatchCoreError.self) { try detector.write(to: path) }
    #expect(error?.message.contains("not finite") == true)
    #expect(!FileManager.default.fileExists(atPath: path))
  }
}
