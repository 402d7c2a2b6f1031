import Compute
import Testing

/// When a single image is computed on one thread although several are there.
@Suite struct WidthChoiceTests {
  /// Runs with times that a machine would take; returns how many were on several threads.
  private func run(_ choice: inout WidthChoice, _ count: Int, wide: Double, single: Double) -> Int {
    (0..<count).count { _ in
      let isWide = choice.isWide
      choice.add(isWide ? wide : single)
      return isWide
    }
  }

  @Test func idleProcessorsAlwaysServeSeveralThreads() {
    var choice = WidthChoice()
    #expect(run(&choice, 1000, wide: 10, single: 18) == 1000)
  }

  @Test func oneSlowRunChangesNothing() {
    var choice = WidthChoice()
    _ = run(&choice, 10, wide: 10, single: 18)
    choice.add(100)
    #expect(run(&choice, 100, wide: 10, single: 18) == 100)
  }

  @Test func busyProcessorsServeOneThread() {
    var choice = WidthChoice()
    _ = run(&choice, 10, wide: 10, single: 18)
    let wide = run(&choice, 1000, wide: 100, single: 25)
    // The slow runs that raised the doubt, and trials further and further apart.
    let trials = 4 + (1000 - 8 - 16 - 32) / (WidthChoice.stays.upperBound + 1)
    #expect(wide >= WidthChoice.slowRuns && wide <= WidthChoice.slowRuns + trials, "\(wide)")
  }

  @Test func severalThreadsReturnWhenProcessorsAreIdleAgain() {
    var choice = WidthChoice()
    _ = run(&choice, 10, wide: 10, single: 18)
    _ = run(&choice, 1000, wide: 100, single: 25)
    _ = run(&choice, WidthChoice.stays.upperBound, wide: 10, single: 18)
    #expect(run(&choice, 100, wide: 10, single: 18) == 100)
  }

  @Test func aSlowerProcessorKeepsSeveralThreads() {
    var choice = WidthChoice()
    _ = run(&choice, 10, wide: 10, single: 18)
    let wide = run(&choice, 100, wide: 20, single: 36)
    // One comparison, and no doubt after it.
    #expect(wide == 99)
  }
}
