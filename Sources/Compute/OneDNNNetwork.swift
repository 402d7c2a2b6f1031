#if OneDNN
import PatchCore
import Synchronization

/// A network on oneDNN: layouts of its choice inside, CHW at the input and at the taps.
///
/// Several images are computed on one thread each. A single image uses all threads, unless other calls run already.
/// The results are the same either way: both use the same implementations on the same layouts.
final class OneDNNNetwork: CompiledNetwork {
  // A class because calls share the workspaces.
  private struct Workspaces {
    var free: [OneDNNNetworkWorkspace] = []
    var lent = 0
  }

  private let plan: OneDNNNetworkPlan
  private let workspaces = Mutex(Workspaces())

  init(_ plan: OneDNNNetworkPlan) { self.plan = plan }

  var outputs: [FeatureShape] { plan.outputs }

  func run(_ images: FeatureMap, into maps: inout [FeatureMap]) throws {
    try makeRoom(in: &maps, for: images, input: plan.input)
    // On the stack: a single image must not allocate.
    try withUnsafeTemporaryAllocation(of: NetworkAddress.self, capacity: plan.outputs.count) { targets in
      for index in maps.indices {
        targets.initializeElement(
          at: index, to: maps[index].withUnsafeMutableBufferPointer { NetworkAddress($0.baseAddress) })
      }
      nonisolated(unsafe) let targets = UnsafeBufferPointer(targets)
      try images.withUnsafeBufferPointer { buffer in
        let source = NetworkAddress(UnsafeMutablePointer(mutating: buffer.baseAddress))
        try parallelLoop(images.batch) { image in
          guard let source = source.base else { return }
          try withWorkspace { workspace, isAlone in
            let wide = images.batch == 1 && isAlone && ThreadCount.current >= plan.threads
            try workspace.run(source + image * plan.input.count, into: targets, number: image, wide: wide)
          }
        }
      }
    }
    withExtendedLifetime(maps) {}
  }

  private func withWorkspace(_ body: (OneDNNNetworkWorkspace, Bool) throws -> Void) throws {
    let (found, isAlone) = workspaces.withLock { state in
      state.lent += 1
      return (state.free.popLast(), state.lent == 1)
    }
    var workspace = found
    defer {
      workspaces.withLock { state in
        state.lent -= 1
        if let workspace { state.free.append(workspace) }
      }
    }
    let used = try workspace ?? OneDNNNetworkWorkspace(plan)
    workspace = used
    try body(used, isAlone)
  }
}
#endif
