import TensorFiles

/// The parameters of a network table: one weight and one bias per convolution or scale, batch norm folded in.
public struct NetworkWeights: Sendable {
  /// The parameters of one node.
  public struct Parameters: Sendable {
    /// float32; `outputs x inputs/groups x kernel x kernel` for a convolution, `channels` for a scale.
    public var weight: Tensor
    /// float32; one number per output channel.
    public var bias: Tensor

    /// Pairs a weight with its bias.
    public init(weight: Tensor, bias: Tensor) {
      self.weight = weight
      self.bias = bias
    }
  }

  /// Parameters by node name.
  public var parameters: [String: Parameters]

  /// Collects parameters.
  public init(_ parameters: [String: Parameters]) { self.parameters = parameters }
}
