import PatchCore

/// The residual networks that torchvision names, each one line of a table.
///
/// He et al., *Deep Residual Learning for Image Recognition* (2016); Zagoruyko and Komodakis, *Wide Residual Networks*
/// (2016); Xie et al., *Aggregated Residual Transformations for Deep Neural Networks* (2017). Nodes and tensors have
/// torchvision's names; timm's checkpoints of the same networks use them too.
public enum ResNet: String, Sendable, Hashable, CaseIterable, Codable {
  /// 18 layers of basic blocks.
  case resnet18
  /// 34 layers of basic blocks.
  case resnet34
  /// 50 layers of bottlenecks.
  case resnet50
  /// 101 layers of bottlenecks.
  case resnet101
  /// 152 layers of bottlenecks.
  case resnet152
  /// `resnet50` with twice the channels within its bottlenecks: the backbone of the paper.
  case wideResNet50x2 = "wide_resnet50_2"
  /// `resnet101` with twice the channels within its bottlenecks.
  case wideResNet101x2 = "wide_resnet101_2"
  /// `resnet50` whose 3x3 convolutions have 32 groups of 4 channels in the first stage.
  case resNeXt50x32x4d = "resnext50_32x4d"
  /// `resnet101` whose 3x3 convolutions have 32 groups of 8 channels in the first stage.
  case resNeXt101x32x8d = "resnext101_32x8d"

  /// The convolution of a bottleneck that reduces the resolution.
  public enum BottleneckStride: String, Sendable, Hashable, CaseIterable, Codable {
    /// The 3x3 convolution, as in torchvision, known as V1.5.
    case conv3x3
    /// The first 1x1 convolution, as He et al. (2016) had it and published weights for.
    case firstConv1x1 = "first_conv1x1"
  }

  private struct Form {
    enum Block { case basic, bottleneck }
    var block: Block
    /// Blocks per stage.
    var depths: [Int]
    var groups = 1
    /// Channels of each group within a bottleneck of the first stage.
    var groupWidth = 64
  }

  private var form: Form {
    switch self {
    case .resnet18: Form(block: .basic, depths: [2, 2, 2, 2])
    case .resnet34: Form(block: .basic, depths: [3, 4, 6, 3])
    case .resnet50: Form(block: .bottleneck, depths: [3, 4, 6, 3])
    case .resnet101: Form(block: .bottleneck, depths: [3, 4, 23, 3])
    case .resnet152: Form(block: .bottleneck, depths: [3, 8, 36, 3])
    case .wideResNet50x2: Form(block: .bottleneck, depths: [3, 4, 6, 3], groupWidth: 128)
    case .wideResNet101x2: Form(block: .bottleneck, depths: [3, 4, 23, 3], groupWidth: 128)
    case .resNeXt50x32x4d: Form(block: .bottleneck, depths: [3, 4, 6, 3], groups: 32, groupWidth: 4)
    case .resNeXt101x32x8d: Form(block: .bottleneck, depths: [3, 4, 23, 3], groups: 32, groupWidth: 8)
    }
  }

  /// The network's operations, the layers `layer1` to `layer4`, and the tensors of its checkpoints.
  ///
  /// The form is torchvision's: a bottleneck strides in its 3x3 convolution.
  public var architecture: NetworkArchitecture { architecture(form, bottleneckStride: .conv3x3) }

  /// The network with the stride of its bottlenecks in the given convolution.
  ///
  /// Both forms have the same tensors, so a checkpoint does not tell which it was trained in.
  ///
  /// - Parameter bottleneckStride: the convolution that strides.
  /// - Returns: operations, layers and tensors, as `architecture` gives them.
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration` if the network has basic blocks and the stride is
  ///   to be in a convolution that they lack.
  public func architecture(bottleneckStride: BottleneckStride) throws -> NetworkArchitecture {
    let form = form
    guard form.block == .bottleneck || bottleneckStride == .conv3x3 else {
      throw PatchCoreError(
        .invalidConfiguration, stage: "extractor",
        "bottleneck_stride is \(bottleneckStride.rawValue), but \(rawValue) has basic blocks without 1x1 convolutions; "
          + "leave it out, or choose a network with bottlenecks, such as resnet50")
    }
    return architecture(form, bottleneckStride: bottleneckStride)
  }

  private func architecture(_ form: Form, bottleneckStride: BottleneckStride) -> NetworkArchitecture {
    var builder = NetworkBuilder()
    builder.convolution(
      "conv1", norm: "bn1", .init(outputs: 64, window: .init(kernel: 7, stride: 2, padding: 3), activation: .relu))
    builder.maxPool("maxpool", .init(kernel: 3, stride: 2, padding: 1))
    for (stage, depth) in form.depths.enumerated() {
      for block in 0..<depth {
        let path = "layer\(stage + 1).\(block)"
        let stride = stage > 0 && block == 0 ? 2 : 1
        switch form.block {
        case .basic: builder.basicBlock(path, channels: 64 << stage, stride: stride)
        case .bottleneck:
          builder.bottleneck(
            path, inner: (form.groupWidth << stage) * form.groups, outputs: 256 << stage, stride: stride,
            in: bottleneckStride, groups: form.groups)
        }
      }
      builder.layer("layer\(stage + 1)")
    }
    return builder.architecture(rawValue, leftovers: ["fc.weight", "fc.bias"])
  }
}

extension NetworkBuilder {
  /// The block's input as its last convolution takes it: projected if the shape changes, else itself.
  private mutating func shortcut(_ path: String, outputs: Int, stride: Int) -> String {
    let (input, inputChannels) = (last, channels)
    guard stride > 1 || inputChannels != outputs else { return input }
    convolution(
      "\(path).downsample.0", norm: "\(path).downsample.1",
      .init(outputs: outputs, window: .init(kernel: 1, stride: stride)))
    defer { (last, channels) = (input, inputChannels) }
    return last
  }

  fileprivate mutating func basicBlock(_ path: String, channels outputs: Int, stride: Int) {
    let shortcut = shortcut(path, outputs: outputs, stride: stride)
    convolution(
      "\(path).conv1", norm: "\(path).bn1",
      .init(outputs: outputs, window: .init(kernel: 3, stride: stride, padding: 1), activation: .relu))
    convolution(
      "\(path).conv2", norm: "\(path).bn2",
      .init(outputs: outputs, window: .init(kernel: 3, padding: 1), activation: .relu), adding: shortcut)
  }

  fileprivate mutating func bottleneck(
    _ path: String, inner: Int, outputs: Int, stride: Int, in striding: ResNet.BottleneckStride, groups: Int
  ) {
    let shortcut = shortcut(path, outputs: outputs, stride: stride)
    let strides = striding == .conv3x3 ? (1, stride) : (stride, 1)
    convolution(
      "\(path).conv1", norm: "\(path).bn1",
      .init(outputs: inner, window: .init(kernel: 1, stride: strides.0), activation: .relu))
    convolution(
      "\(path).conv2", norm: "\(path).bn2",
      .init(
        outputs: inner, window: .init(kernel: 3, stride: strides.1, padding: 1), groups: groups, activation: .relu))
    convolution(
      "\(path).conv3", norm: "\(path).bn3",
      .init(outputs: outputs, window: .init(kernel: 1), activation: .relu), adding: shortcut)
  }
}
