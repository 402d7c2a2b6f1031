import Compute
import ConvNet
import Extractors
import PatchCore
import Testing

/// Every network against torchvision, on every engine of the build and on plain loops.
@Suite struct NetworkGoldenTests {
  /// The agreement asked for.
  ///
  /// Seen: 1.0e-6 with oneDNN and 5.4e-7 with OpenBLAS over 152 layers; torchvision's own float32 differs by 9.0e-7.
  static let tolerance = 1e-5

  /// Plain loops in double precision differ by the rounding of folded weights and goldens alone; 7.3e-8 seen.
  static let naiveTolerance = 3e-7

  static let engines: [ComputeSettings.Engine] = {
    #if OneDNN
    [.openblas, .onednn]
    #else
    [.openblas]
    #endif
  }()

  @Test(arguments: try GoldenNetwork.all + [GoldenNetwork.firstConv1x1()])
  func enginesAgreeWithTorchvision(_ network: GoldenNetwork) throws {
    let goldens = try network.goldens()
    let weights = try network.weights()
    for engine in Self.engines {
      let extractor = try NetworkExtractor(
        architecture: network.architecture, layers: network.layers, parameters: weights,
        weights: WeightsOrigin(name: "hashed"), compute: ComputeSettings(engine: engine))
      for input in network.inputs {
        for (layer, map) in zip(network.layers, try extractor.extract(input.images)) {
          let values = map.withUnsafeBufferPointer { $0.map { Double($0) } }
          let error = try goldens.error(of: values, batch: map.batch, shape: map.shape, layer: layer, input)
          #expect(error <= Self.tolerance, "\(engine) \(network.architecture.name) \(input) \(layer)")
        }
      }
    }
  }

  static let namesOfPlainLoops = ["resnet18", "resnet50", "resnext50_32x4d", "densenet121"]

  /// Table and folding without an engine: if only the test above fails, the engine is at fault.
  @Test(
    arguments: try GoldenNetwork.all.filter { namesOfPlainLoops.contains($0.architecture.name) }
      + [GoldenNetwork.firstConv1x1()])
  func plainLoopsAgreeWithTorchvision(_ network: GoldenNetwork) throws {
    let goldens = try network.goldens()
    let weights = try network.weights()
    let taps = try network.architecture.taps(for: network.layers)
    for input in network.inputs {
      let images = input.images
      let maps = NaiveNetwork.run(network.architecture.table, weights, batch: images)
      for (layer, tap) in zip(network.layers, taps) {
        let map = try required(maps[tap], tap)
        let error = try goldens.error(of: map.values, batch: images.batch, shape: map.shape, layer: layer, input)
        #expect(error <= Self.naiveTolerance, "\(network.architecture.name) \(input) \(layer)")
      }
    }
  }
}
