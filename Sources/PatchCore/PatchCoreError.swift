import TensorFiles

/// What went wrong, where, and what to do about it: the one error type of this package.
///
/// User and file problems throw it; mistakes in the program trap. The message names the file, key or stage, both
/// numbers where two disagree, and the remedy.
public struct PatchCoreError: Error, Sendable, CustomStringConvertible {
  /// The kind of problem, for programs; people read the message.
  public enum Code: String, Sendable {
    /// A description with an unknown, duplicate, missing or ill-typed key, or a value out of range.
    case invalidConfiguration
    /// A stage, engine or file type that exists but is not in this build.
    case notInThisBuild
    /// Two parts whose dimensions disagree.
    case shapeMismatch
    /// A file that cannot be read, written or understood.
    case invalidFile
    /// An image that cannot be decoded or does not fit the preprocessing.
    case invalidImage
    /// Weights that do not belong to the network.
    case invalidWeights
    /// An artifact that is damaged, of another version, or in need of something this build lacks.
    case invalidArtifact
    /// A data set with missing, empty or contradictory parts.
    case invalidDataset
    /// Numbers that are not finite where they must be.
    case notFinite
    /// A native library that reports a failure.
    case nativeFailure
  }

  /// The kind of problem.
  public var code: Code
  /// The stage or part at fault, such as `extractor` or `preprocess`; `nil` if no stage is.
  public var stage: String?
  /// What is wrong and the remedy, in one or two sentences.
  public var message: String
  /// The error that led to this one.
  public var cause: (any Error)?

  /// Creates an error.
  public init(_ code: Code, stage: String? = nil, _ message: String, cause: (any Error)? = nil) {
    self.code = code
    self.stage = stage
    self.message = message
    self.cause = cause
  }

  /// An error about a tensor file.
  public init(_ code: Code = .invalidFile, stage: String? = nil, _ error: TensorFileError) {
    self.init(code, stage: stage, error.description, cause: error)
  }

  /// `stage: message`, or the message alone.
  public var description: String { stage.map { "\($0): \(message)" } ?? message }
}
