import Foundation
import PatchCore

/// How patches are projected to fewer dimensions before the coreset compares them.
public enum CoresetProjection: ConfigurationChoice, Equatable {
  /// `none`: patches are compared as they are.
  case none
  /// `uniform`: a dense matrix of uniform numbers, as in the official code.
  case uniform(UniformProjection)
  /// `sparse`: a sparse matrix whose size grows with the number of patches, as in anomalib.
  case sparse(SparseProjection)

  /// One value of each kind, with its defaults.
  public static let choices: [CoresetProjection] = [
    .none, .uniform(UniformProjection()), .sparse(SparseProjection()),
  ]

  /// The name of the kind.
  public var kind: String {
    switch self {
    case .none: "none"
    case .uniform: "uniform"
    case .sparse: "sparse"
    }
  }

  /// Reads the settings of a kind.
  public init(kind: String, from decoder: any Decoder) throws {
    switch kind {
    case "uniform": self = .uniform(try UniformProjection(from: decoder))
    case "sparse": self = .sparse(try SparseProjection(from: decoder))
    default: self = .none
    }
  }

  /// Writes the settings of the kind.
  public func encodeSettings(to encoder: any Encoder) throws {
    switch self {
    case .none: break
    case .uniform(let settings): try settings.encode(to: encoder)
    case .sparse(let settings): try settings.encode(to: encoder)
    }
  }

  /// The matrix for n patches of d dimensions; `nil` if they are to be compared as they are.
  ///
  /// - Returns: `p x d`, one row per projected dimension.
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration` for a value out of range.
  public func matrix(patches n: Int, dimension d: Int, seed: UInt64) throws -> Matrix? {
    try validate()
    switch self {
    case .none: return nil
    case .uniform(let settings): return settings.matrix(dimension: d, seed: seed)
    case .sparse(let settings): return settings.matrix(patches: n, dimension: d, seed: seed)
    }
  }

  /// The dimension in which n patches of d dimensions are compared.
  func dimension(forPatches n: Int, dimension d: Int) -> Int {
    switch self {
    case .none: d
    case .uniform(let settings): settings.dimension
    case .sparse(let settings): min(d, settings.dimension(forPatches: n))
    }
  }

  /// Checks the settings.
  func validate() throws {
    switch self {
    case .none: break
    case .uniform(let settings):
      guard settings.dimension >= 1 else {
        throw PatchCoreError(
          .invalidConfiguration, stage: "subsampler",
          "projection.dimension is \(settings.dimension); it must be at least 1, the usual value is 128")
      }
    case .sparse(let settings):
      guard settings.epsilon > 0, settings.epsilon < 1 else {
        throw PatchCoreError(
          .invalidConfiguration, stage: "subsampler",
          "projection.epsilon is \(settings.epsilon); it must lie between 0 and 1, the usual value is 0.9")
      }
    }
  }
}

/// Settings of the projection `uniform`: numbers between -1/sqrt(d) and 1/sqrt(d), each equally likely.
public struct UniformProjection: Codable, Sendable, Equatable {
  /// The dimension to project to, at least 1; default 128.
  ///
  /// Patches that have it already are compared as they are.
  public var dimension = 128

  /// The default settings.
  public init() {}

  func matrix(dimension d: Int, seed: UInt64) -> Matrix? {
    guard dimension != d else { return nil }
    var generator = SeededGenerator(seed: seed)
    var matrix = Matrix(rows: dimension, columns: d)
    let limit = 1 / Double(d).squareRoot()
    matrix.withUnsafeMutableBufferPointer { values in
      for position in values.indices { values[position] = generator.nextUniform(limit: limit) }
    }
    return matrix
  }
}

/// Settings of the projection `sparse`: most numbers are 0, the others are one positive or negative value.
///
/// Of d columns, one in sqrt(d) is not 0 on average. Li, Hastie, Church, *Very Sparse Random Projections* (2006),
/// doi:10.1145/1150402.1150436; as scikit-learn's `SparseRandomProjection`.
public struct SparseProjection: Codable, Sendable, Equatable {
  /// How much the projection may distort squared distances, between 0 and 1, which fixes the dimension; default 0.9.
  public var epsilon = 0.9

  /// The default settings.
  public init() {}

  /// The dimension to project n patches to, at least 1.
  ///
  /// `4 ln n / (epsilon^2 / 2 - epsilon^3 / 3)`, cut to a whole number:
  /// Johnson and Lindenstrauss' lemma in the form of Dasgupta and Gupta (2003), doi:10.1002/rsa.10073.
  public func dimension(forPatches n: Int) -> Int {
    max(1, Int(4 * log(Double(n)) / (epsilon * epsilon / 2 - epsilon * epsilon * epsilon / 3)))
  }

  /// The matrix, or `nil` where the lemma asks for at least the d dimensions there are.
  ///
  /// Projecting would then save nothing and blur distances. scikit-learn refuses that case, which networks with few
  /// channels always meet.
  func matrix(patches n: Int, dimension d: Int, seed: UInt64) -> Matrix? {
    let dimension = dimension(forPatches: n)
    guard dimension < d else { return nil }
    var generator = SeededGenerator(seed: seed)
    var matrix = Matrix(rows: dimension, columns: d)
    let density = 1 / Double(d).squareRoot()
    let value = Float((1 / density).squareRoot() / Double(dimension).squareRoot())
    matrix.withUnsafeMutableBufferPointer { values in
      for position in values.indices {
        let draw = generator.nextUnit()
        values[position] = draw < density / 2 ? value : draw < density ? -value : 0
      }
    }
    return matrix
  }
}
