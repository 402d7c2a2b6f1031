import Compute
import ConvNet
import Extractors
import PatchCore
import Testing

/// Every network of the family against torchvision, on every engine of the build and on plain loops.
@Suite struct ResNetGoldenTests {
  /// The agreement asked for.
  ///
  /// Seen: 1.0e-6 with oneDNN and 5.4e-7 with OpenBLAS over 152 layers; torchvision's own float32 differs by 9.0e-7.
  static let tolerance = 1e-5

  /// Plain loops in double precision differ by the rounding of folded weights and goldens alone; 6.3e-8 seen.
  static let naiveTolerance = 3e-7

  static let engines: [ComputeSettings.Engine] = {
    #if OneDNN
    [.openblas, .onednn]
    #else
    [.openblas]
    #endif
  }()

  @Test(arguments: ResNet.allCases)
  func enginesAgreeWithTorchvision(_ network: ResNet) throws {
    let goldens = try NetworkGoldens(network)
    let architecture = network.architecture
    let weights = try CheckpointLoader(architecture: architecture, layers: NetworkGoldens.layers)
      .load(try HashedNumbers.checkpoint(network, layers: NetworkGoldens.layers), file: "hashed").weights
    for engine in Self.engines {
      let extractor = try NetworkExtractor(
        architecture: architecture, layers: NetworkGoldens.layers, parameters: weights,
        weights: WeightsOrigin(name: "hashed"), compute: ComputeSettings(engine: engine))
      for input in NetworkGoldens.Input.allCases {
        for (layer, map) in zip(NetworkGoldens.layers, try extractor.extract(input.images)) {
          let values = map.withUnsafeBufferPointer { $0.map { Double($0) } }
          let error = try goldens.error(of: values, batch: map.batch, shape: map.shape, layer: layer, input)
          #expect(error <= Self.tolerance, "\(engine) \(network.rawValue) \(input) \(layer)")
        }
      }
    }
  }

  /// Table and folding without an engine: if only the test above fails, the engine is at fault.
  @Test(arguments: [ResNet.resnet18, .resnet50])
  func plainLoopsAgreeWithTorchvision(_ network: ResNet) throws {
    let goldens = try NetworkGoldens(network)
    let architecture = network.architecture
    let weights = try CheckpointLoader(architecture: architecture, layers: NetworkGoldens.layers)
      .load(try HashedNumbers.checkpoint(network, layers: NetworkGoldens.layers), file: "hashed").weights
    let taps = try architecture.taps(for: NetworkGoldens.layers)
    for input in NetworkGoldens.Input.allCases {
      let images = input.images
      let maps = NaiveNetwork.run(architecture.table, weights, batch: images)
      for (layer, tap) in zip(NetworkGoldens.layers, taps) {
        let map = try required(maps[tap], tap)
        let error = try goldens.error(of: map.values, batch: images.batch, shape: map.shape, layer: layer, input)
        #expect(error <= Self.naiveTolerance, "\(network.rawValue) \(input) \(layer)")
      }
    }
  }
}
