import Foundation

/// Seconds of wall time and of processor time that `body` takes.
func seconds(_ body: () throws -> Void) rethrows -> (wall: Double, processor: Double) {
  let (wall, processor) = (ContinuousClock.now, clock())
  try body()
  let taken = (ContinuousClock.now - wall).components
  return (
    Double(taken.seconds) + Double(taken.attoseconds) * 1e-18, Double(clock() - processor) / Double(CLOCKS_PER_SEC)
  )
}

func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

func milliseconds(_ value: Double) -> String { String(format: "%.2f", value * 1000) }
