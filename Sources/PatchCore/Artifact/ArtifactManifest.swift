import Foundation
import TensorFiles

/// What an artifact says about itself: one JSON text under `patchcore` in the safetensors metadata.
///
/// No date, absolute path or timing enters, so the same fit gives the same bytes.
struct ArtifactManifest: Codable, Sendable {
  /// The version of this layout.
  var formatVersion = Self.currentVersion
  /// The method's name.
  var method: String
  /// The resolved description.
  var description: JSONValue
  /// The images of the fit.
  var trainingImages: [TrainingImage]
  /// Where the network's weights come from.
  var weights: WeightsOrigin
  /// Whether the artifact holds the network's weights; otherwise they are named by `weights` and given when it is read.
  var weightsIncluded: Bool
  /// The engine of the fit.
  var engine: String
  /// Scores above which an image or a pixel counts as anomalous; absent if none were set.
  var thresholds: Thresholds?
  /// What the bank and the stages noted, by part.
  var notes: [String: [String: String]]
  /// SHA-256 over name, type, shape and bytes of every tensor, by name; see `DataDigest`.
  var dataDigest: String

  enum CodingKeys: String, CodingKey {
    case formatVersion = "format_version"
    case method, description
    case trainingImages = "training_images"
    case weights
    case weightsIncluded = "weights_included"
    case engine, thresholds, notes
    case dataDigest = "data_digest"
  }

  /// The version that this build writes.
  static let currentVersion = 3
  /// The versions that this build reads; 2 has another digest of the data and no storage but 32 bits.
  static let readableVersions = 2...3
  /// The metadata key.
  static let key = "patchcore"

  /// The text for the metadata: sorted keys, one line.
  ///
  /// - Throws: `PatchCoreError` if the description, made in code, holds a number that is not finite.
  func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return String(decoding: try encoder.encode(self), as: UTF8.self)
    } catch let error as EncodingError {
      throw PatchCoreError(
        .invalidConfiguration,
        "the description or a threshold holds a number that is not finite; an artifact cannot hold it", cause: error)
    }
  }
}

extension ArtifactManifest {
  /// The manifest of what a detector keeps.
  init(method: String, description: JSONValue, archive: DetectorArchive) throws {
    self.init(
      method: method, description: description, trainingImages: archive.trainingImages, weights: archive.weights,
      weightsIncluded: archive.weightsIncluded, engine: archive.fitEngine.rawValue, thresholds: archive.thresholds,
      notes: archive.notes, dataDigest: try DataDigest.ofPieces(archive.tensors))
  }

  /// Reads a manifest, the version first.
  init(json: String, file: String) throws {
    struct Version: Decodable { var format_version: Int }
    let data = Data(json.utf8)
    do {
      let version = try JSONDecoder().decode(Version.self, from: data).format_version
      guard Self.readableVersions.contains(version) else {
        throw PatchCoreError(
          .invalidArtifact,
          "\(file): has format version \(version), this build reads \(Self.readableVersions.lowerBound) to "
            + "\(Self.readableVersions.upperBound); "
            + (version > Self.currentVersion ? "use a newer build" : "fit again"))
      }
      self = try JSONDecoder().decode(Self.self, from: data)
      try thresholds?.validate()
    } catch let error as DecodingError {
      throw PatchCoreError(.invalidArtifact, "\(file): its manifest is damaged; fit again", cause: error)
    } catch let error as PatchCoreError where error.code == .invalidConfiguration {
      // Rules and thresholds say what is wrong, not where.
      throw PatchCoreError(.invalidArtifact, "\(file): \(error.message)", cause: error)
    }
  }

  /// Reads a file that holds an artifact: its tensors, mapped, and its manifest, which agree.
  ///
  /// - Throws: `PatchCoreError` with code `.invalidArtifact`.
  static func read(_ path: String) throws -> (file: SafetensorsFile, manifest: ArtifactManifest) {
    let (file, manifest) = try open(path)
    let digest =
      try manifest.formatVersion == 2 ? DataDigest.inOneGo(file.tensors) : DataDigest.ofPieces(file.tensors)
    guard digest == manifest.dataDigest else {
      throw PatchCoreError(
        .invalidArtifact, "\(path): its data do not have the digest noted in it; the file is damaged, copy or fit again"
      )
    }
    return (file, manifest)
  }

  /// As `read`, without a look at the data.
  static func open(_ path: String) throws -> (file: SafetensorsFile, manifest: ArtifactManifest) {
    let file: SafetensorsFile
    do {
      file = try SafetensorsFile(contentsOf: path)
    } catch {
      throw PatchCoreError(.invalidArtifact, error)
    }
    guard let json = file.metadata[Self.key] else {
      throw PatchCoreError(
        .invalidArtifact, "\(path): is a safetensors file, but no detector; give a file made by `patchcore fit`")
    }
    return (file, try ArtifactManifest(json: json, file: path))
  }
}
