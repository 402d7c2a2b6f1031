/// One property of a stage's contract that a plugin does not keep.
///
/// A check returns all that it finds, so that one run shows everything that is wrong. From Swift Testing:
///
///     #expect(try SubsamplerConformance.check(MyConfiguration()) == [])
public struct ConformanceFailure: Sendable, Hashable, CustomStringConvertible {
  /// The kind of the stage that was checked.
  public var kind: String
  /// The property, such as `same result on two threads`.
  public var property: String
  /// What was found instead.
  public var message: String

  /// `kind: property: message`.
  public var description: String { "\(kind): \(property): \(message)" }
}

/// Collects the failures of one check.
struct FailureLog {
  let kind: String
  private(set) var failures: [ConformanceFailure] = []

  init(kind: String) { self.kind = kind }

  /// Notes a failure unless the condition holds.
  mutating func expect(_ condition: Bool, _ property: String, _ message: @autoclosure () -> String) {
    if !condition { failures.append(ConformanceFailure(kind: kind, property: property, message: message())) }
  }

  /// Runs a part of the check; an error becomes a failure, and the parts that follow still run.
  mutating func run(_ property: String, _ body: (inout FailureLog) throws -> Void) {
    do {
      try body(&self)
    } catch {
      expect(false, property, "throws \(error)")
    }
  }
}
