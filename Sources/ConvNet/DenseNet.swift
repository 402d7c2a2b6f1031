/// The densely connected networks that torchvision names, each one line of a table.
///
/// Huang et al., *Densely Connected Convolutional Networks* (2017). A dense layer puts its channels behind those that it
/// was given, so a block's channels are those of all its layers. Batch norm and ReLU stand before a convolution: the
/// norms of joined channels are nodes of their own, since each of their users has another one; the others are folded into
/// the convolution before them. Nodes and tensors have torchvision's names; timm's checkpoints of the same networks use
/// them too.
public enum DenseNet: String, Sendable, Hashable, CaseIterable, Codable {
  /// 6, 12, 24 and 16 dense layers of 32 channels.
  case densenet121
  /// 6, 12, 36 and 24 dense layers of 48 channels.
  case densenet161
  /// 6, 12, 32 and 32 dense layers of 32 channels.
  case densenet169
  /// 6, 12, 48 and 32 dense layers of 32 channels.
  case densenet201

  private struct Form {
    /// Dense layers per block.
    var depths: [Int]
    /// Channels that a dense layer adds.
    var growth = 32
    /// Channels of the first convolution.
    var stem = 64
  }

  private var form: Form {
    switch self {
    case .densenet121: Form(depths: [6, 12, 24, 16])
    case .densenet161: Form(depths: [6, 12, 36, 24], growth: 48, stem: 96)
    case .densenet169: Form(depths: [6, 12, 32, 32])
    case .densenet201: Form(depths: [6, 12, 48, 32])
    }
  }

  /// The network's operations, the layers `features.denseblock1` to `features.denseblock4`, and the tensors of its
  /// checkpoints.
  ///
  /// A layer is a block's output, before the transition to the next. The published files of torchvision write
  /// `norm.1`, `conv.1`, `norm.2` and `conv.2` for a dense layer's parts; both forms are known.
  public var architecture: NetworkArchitecture {
    let form = form
    var builder = NetworkBuilder()
    builder.convolution(
      "features.conv0", norm: "features.norm0",
      .init(outputs: form.stem, window: .init(kernel: 7, stride: 2, padding: 3), activation: .relu))
    builder.maxPool("features.pool0", .init(kernel: 3, stride: 2, padding: 1))
    for (position, depth) in form.depths.enumerated() {
      let block = "features.denseblock\(position + 1)"
      if position > 0 { builder.transition("features.transition\(position)") }
      for layer in 1...depth { builder.denseLayer("\(block).denselayer\(layer)", growth: form.growth) }
      builder.layer(block)
    }
    let closingNorm = ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]
    return builder.architecture(
      rawValue, leftovers: Set(closingNorm.map { "features.norm5." + $0 } + ["classifier.weight", "classifier.bias"]))
  }
}

extension NetworkBuilder {
  /// How many times more channels a dense layer's 1x1 convolution makes than its 3x3 convolution.
  private static let expansion = 4

  fileprivate mutating func denseLayer(_ path: String, growth: Int) {
    let (input, inputChannels) = (last, channels)
    norm("\(path).norm1", activation: .relu)
    convolution(
      "\(path).conv1", norm: "\(path).norm2",
      .init(outputs: Self.expansion * growth, window: .init(kernel: 1), activation: .relu))
    convolution("\(path).conv2", hasBias: false, .init(outputs: growth, window: .init(kernel: 3, padding: 1)))
    append(path, to: input, channels: inputChannels)
    for part in ["norm", "conv"] {
      for number in 1...2 { accept("\(path).\(part).\(number)", for: "\(path).\(part)\(number)") }
    }
  }

  /// Halves channels, height and width.
  fileprivate mutating func transition(_ path: String) {
    norm("\(path).norm", activation: .relu)
    convolution("\(path).conv", hasBias: false, .init(outputs: channels / 2, window: .init(kernel: 1)))
    averagePool("\(path).pool", .init(kernel: 2, stride: 2))
  }
}
