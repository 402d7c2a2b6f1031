/// The numbers and the algorithm that a compiled network computes with.
///
/// Inputs and tapped outputs are float32 in every case.
public enum NetworkPrecision: Sendable, Hashable {
  /// 32-bit floating point, convolutions by their definition.
  case float32
  /// 32-bit floating point, 3x3 convolutions of stride 1 by Winograd's algorithm where the engine has it.
  ///
  /// Lavin and Gray, *Fast Algorithms for Convolutional Neural Networks* (2016). Tiles of 2x2 or 4x4 outputs.
  case winograd
  /// Weights and maps in bfloat16; sums, biases and what is added to a sum in float32.
  case bfloat16
  /// As `bfloat16`, 3x3 convolutions of stride 1 by Winograd's algorithm on processors with bfloat16 instructions.
  ///
  /// Tiles of 2x2 outputs; transformed maps and weights are rounded to bfloat16 once more.
  case bfloat16Winograd
  /// Weights and maps of convolutions as 8-bit whole numbers on the scales given; other operations in float32.
  ///
  /// The convolution of the image is not quantised: bfloat16 for a ResNet's on processors with it, else float32.
  case int8(ActivationRanges)
}
