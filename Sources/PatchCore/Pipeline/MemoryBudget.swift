import Foundation

/// How much memory a fit may take, all that the process holds included.
public struct MemoryBudget: Sendable, Hashable {
  /// The number of bytes.
  public var bytes: Int

  /// A budget in bytes.
  public init(bytes: Int) { self.bytes = bytes }

  /// Reads a number of bytes, or one with K, M, G or T behind it for 2^10, 2^20, 2^30 or 2^40 bytes: `2G`, `1.5G`, `512M`.
  ///
  /// Gives `nil` for anything else, and for less than 1 byte or more than 2^60.
  public init?(parsing text: String) {
    var digits = text[...]
    var unit = 1.0
    if let place = "KMGT".firstIndex(of: text.last.map { Character($0.uppercased()) } ?? " ") {
      unit = pow(1024, Double("KMGT".distance(from: "KMGT".startIndex, to: place) + 1))
      digits = digits.dropLast()
    }
    guard digits.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == ".") }), let number = Double(digits)
    else { return nil }
    let bytes = (number * unit).rounded(.down)
    guard bytes >= 1, bytes <= 0x1p60 else { return nil }
    self.bytes = Int(bytes)
  }

  /// Half of the machine's memory: what grows with the images lies in a file beyond it, where no budget is stated.
  package static var ofThisMachine: MemoryBudget {
    MemoryBudget(bytes: Int(ProcessInfo.processInfo.physicalMemory / 2))
  }

  /// Refuses work that needs more than the budget, before it starts.
  ///
  /// - Parameters:
  ///   - needed: bytes that the work needs at least.
  ///   - remedy: what to change, after "; ".
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration`, both numbers and the remedy.
  package func check(_ needed: Int, remedy: String) throws {
    guard needed > bytes else { return }
    throw PatchCoreError(
      .invalidConfiguration, stage: "memory",
      "the fit needs \(Self.megabytes(needed)) of memory and the budget is \(Self.megabytes(bytes)); \(remedy)")
  }

  /// Bytes as a number of MB with one decimal.
  package static func megabytes(_ bytes: Int) -> String { String(format: "%.1f MB", Double(bytes) / 1e6) }

  /// Parts and their sizes in a list, without those of no bytes.
  package static func listing(_ parts: [(name: String, bytes: Int)]) -> String {
    parts.filter { $0.bytes > 0 }.map { "\($0.name) \(megabytes($0.bytes))" }.joined(separator: ", ")
  }
}
