import ConvNet
import PatchCore

/// How large the numbers of each node's output are: what an 8-bit scale has to hold.
///
/// A node without negative numbers is kept in steps of limit / 255, any other in steps of limit / 127; what exceeds the
/// limit is cut off.
public struct ActivationRanges: Sendable, Hashable {
  /// The largest magnitude to be kept, by node; positive.
  public var limits: [String: Float]

  /// Collects limits.
  public init(_ limits: [String: Float]) { self.limits = limits }
}

extension NetworkTable {
  /// The nodes whose outputs cannot be negative.
  var nonNegativeNodes: Set<String> {
    var found: Set<String> = []
    for node in nodes {
      let isNonNegative =
        switch node.operation {
        case .convolution(let form): form.activation == .relu
        case .add(let activation), .activation(let activation), .scale(let activation):
          activation == .relu || (node.operation == .activation(.none) && found.contains(node.inputs[0]))
        case .maxPool, .averagePool, .concatenate: node.inputs.allSatisfy { found.contains($0) }
        }
      if isNonNegative { found.insert(node.name) }
    }
    return found
  }
}
