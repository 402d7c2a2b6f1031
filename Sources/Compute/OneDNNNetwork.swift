#if OneDNN
import PatchCore
import Synchronization

/// A network on oneDNN: layouts of its choice inside, CHW at the input and at the taps.
///
/// Several images are computed on one thread each. A single image uses all threads if no other call computes and that is
/// the faster way. The results are the same either way: both use the same implementations on the same layouts.
final class OneDNNNetwork: CompiledNetwork {
  // A class because calls share the workspaces.
  private struct Workspaces {
    var free: [OneDNNNetworkWorkspace] = []
    var width = WidthChoice()
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
          try withWorkspace { workspace in
            try choosingWidth(images.batch) { wide in
              try workspace.run(source + image * plan.input.count, into: targets, number: image, wide: wide)
            }
          }
        }
      }
    }
    withExtendedLifetime(maps) {}
  }

  private func withWorkspace(_ body: (OneDNNNetworkWorkspace) throws -> Void) throws {
    let workspace = try workspaces.withLock { $0.free.popLast() } ?? OneDNNNetworkWorkspace(plan)
    defer { workspaces.withLock { $0.free.append(workspace) } }
    try body(workspace)
  }

  /// Runs an image on all threads of the plan or on the calling one alone.
  private func choosingWidth(_ batch: Int, _ run: (_ wide: Bool) throws -> Void) throws {
    // Inside one of several pieces the other threads are at other images.
    guard batch == 1, plan.threads > 1, ThreadCount.current > 1 else { return try run(false) }
    let start = ContinuousClock.now
    let wide = workspaces.withLock { $0.width.isWide }
    if wide {
      let isDone = try ThreadCount.withFurtherThreads(plan.threads - 1) { isGranted in
        try isGranted && OpenMPThread.shared.runIfIdle { try run(true) } != nil
      }
      guard isDone else { return try run(false) }
    } else {
      try run(false)
    }
    let taken = ContinuousClock.now - start
    // Unless another call has changed its mind in the meantime.
    workspaces.withLock { if $0.width.isWide == wide { $0.width.add(taken / .seconds(1)) } }
  }
}
#endif
