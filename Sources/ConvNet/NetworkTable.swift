/// A convolutional network as data: its operations in the order they run.
///
/// Every operation has a unique name, and any of them can be tapped by that name. Engines compile a table; they never
/// see an architecture.
public struct NetworkTable: Sendable, Hashable {
  /// One step of the network.
  public struct Node: Sendable, Hashable {
    /// Unique within the table, such as `layer2.0.conv1`.
    public var name: String
    /// What is computed.
    public var operation: Operation
    /// The names of the nodes whose outputs it takes; `NetworkTable.input` names the network's input.
    public var inputs: [String]

    /// Creates a node.
    public init(_ name: String, _ operation: Operation, inputs: [String]) {
      self.name = name
      self.operation = operation
      self.inputs = inputs
    }
  }

  /// What a node computes.
  public enum Operation: Sendable, Hashable {
    /// A convolution with bias, batch norm folded into both. One input, or two if `addsSecondInput`.
    case convolution(Convolution)
    /// The maximum of each window; padding never wins. One input.
    case maxPool(Window)
    /// The mean of each window, padding counted as zeros. One input.
    case averagePool(Window)
    /// The sum of two inputs of one shape.
    case add(activation: Activation)
    /// Inputs of one height and width, stacked by channel.
    case concatenate
    /// An activation alone. One input.
    case activation(Activation)
    /// Each channel times a factor plus an offset (a batch norm that no convolution can absorb). One input.
    case scale(activation: Activation)
  }

  /// A convolution's form.
  ///
  /// Weights are `outputs x inputs/groups x kernelHeight x kernelWidth`, the bias `outputs`.
  public struct Convolution: Sendable, Hashable {
    /// Output channels.
    public var outputs: Int
    /// Kernel size, stride and zero padding.
    public var window: Window
    /// Number of groups; the number of input channels for a depthwise convolution.
    public var groups: Int = 1
    /// Whether a second input is added to the result, before the activation.
    public var addsSecondInput = false
    /// What is applied last.
    public var activation: Activation = .none

    /// Creates a convolution.
    public init(
      outputs: Int, window: Window, groups: Int = 1, addsSecondInput: Bool = false, activation: Activation = .none
    ) {
      self.outputs = outputs
      self.window = window
      self.groups = groups
      self.addsSecondInput = addsSecondInput
      self.activation = activation
    }
  }

  /// A sliding window; the same on all four sides.
  public struct Window: Sendable, Hashable {
    /// Height and width of the kernel.
    public var kernel: Int
    /// Step, down and to the right.
    public var stride: Int
    /// Zeros (for a maximum: nothing) added on each side.
    public var padding: Int

    /// Creates a window.
    public init(kernel: Int, stride: Int = 1, padding: Int = 0) {
      self.kernel = kernel
      self.stride = stride
      self.padding = padding
    }

    /// The output size for an input size: `floor((size + 2 padding - kernel) / stride) + 1`, 0 if the kernel is larger.
    public func outputSize(_ size: Int) -> Int {
      let room = size + 2 * padding - kernel
      return room < 0 ? 0 : room / stride + 1
    }
  }

  /// A function of each element.
  public enum Activation: String, Sendable, Hashable {
    /// The element itself.
    case none
    /// The element, or 0 if it is negative.
    case relu
  }

  /// The name under which nodes refer to the network's input.
  public static let input = "input"

  /// Channels of the input.
  public var inputChannels: Int
  /// The steps in the order they run; inputs come before their users.
  public var nodes: [Node]

  /// Creates a table.
  public init(inputChannels: Int = 3, nodes: [Node]) {
    self.inputChannels = inputChannels
    self.nodes = nodes
  }
}
