/// The package's own small network: depthwise convolutions, layers of stride 4, 8 and 16.
///
/// It imitates layers 2 and 3 of a residual network and is trained for nothing else, so it has no classifier. A block is
/// a depthwise convolution, then a wide 1x1 with ReLU, then a narrow 1x1 to which the block's input is added (Liu et al.,
/// *A ConvNet for the 2020s*, 2022, with batch norm for its normalisation). Only where the channels are many does a ReLU
/// follow (Sandler et al., *MobileNetV2*, 2018). Checkpoints hold `NODE.weight` and `NODE.bias`, batch norm folded in.
public enum CompactNetwork {
  /// A layer: what reduces the resolution, then blocks of one form.
  private struct Stage {
    enum Entry {
      /// A 3x3 convolution over all channels.
      case full
      /// A depthwise 3x3, then a 1x1.
      case separable
    }
    var channels: Int
    var entry: Entry
    var blocks: Int
    /// Side of the blocks' depthwise kernel.
    var kernel: Int
  }

  private static let stemChannels = 24
  private static let stages = [
    Stage(channels: 48, entry: .full, blocks: 1, kernel: 3),
    Stage(channels: 96, entry: .separable, blocks: 3, kernel: 5),
    Stage(channels: 192, entry: .separable, blocks: 5, kernel: 5),
  ]
  /// How much wider a block is inside.
  private static let expansion = 2

  /// The network's operations, the layers `layer1` to `layer3`, and the tensors of its checkpoints.
  ///
  /// A layer is tapped behind a factor and an offset per channel, which bring its channels to one scale; the network goes
  /// on from before them.
  public static var architecture: NetworkArchitecture {
    var builder = NetworkBuilder()
    builder.convolution("stem", halving(outputs: stemChannels, activation: .relu))
    for (number, stage) in stages.enumerated() {
      let layer = "layer\(number + 1)"
      switch stage.entry {
      case .full: builder.convolution("\(layer).0", halving(outputs: stage.channels, activation: .relu))
      case .separable:
        builder.convolution("\(layer).0.depthwise", halving(outputs: builder.channels, groups: builder.channels))
        builder.convolution("\(layer).0.expand", pointwise(outputs: stage.channels, activation: .relu))
      }
      for block in 1...stage.blocks { builder.block("\(layer).\(block)", kernel: stage.kernel, expansion: expansion) }
      let end = builder.last
      builder.scale("\(layer).output")
      builder.layer(layer)
      builder.last = end
    }
    return builder.architecture("compact")
  }

  /// A 3x3 convolution that halves the resolution.
  private static func halving(
    outputs: Int, groups: Int = 1, activation: NetworkTable.Activation = .none
  ) -> NetworkTable.Convolution {
    .init(
      outputs: outputs, window: .init(kernel: 3, stride: 2, padding: 1), groups: groups, activation: activation)
  }

  fileprivate static func pointwise(
    outputs: Int, activation: NetworkTable.Activation = .none
  ) -> NetworkTable.Convolution {
    .init(outputs: outputs, window: .init(kernel: 1), activation: activation)
  }
}

extension NetworkBuilder {
  fileprivate mutating func block(_ path: String, kernel: Int, expansion: Int) {
    let (input, width) = (last, channels)
    convolution(
      "\(path).depthwise", .init(outputs: width, window: .init(kernel: kernel, padding: kernel / 2), groups: width))
    convolution("\(path).expand", CompactNetwork.pointwise(outputs: expansion * width, activation: .relu))
    convolution("\(path).project", CompactNetwork.pointwise(outputs: width), adding: input)
  }
}
