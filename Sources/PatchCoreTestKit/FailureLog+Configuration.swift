import Foundation
import PatchCore

extension FailureLog {
  /// Checks what holds for the configuration of every role: its kind, its keys and that it survives coding.
  mutating func checkConfiguration<C: StageConfiguration>(
    _ configuration: C, userInfo: [CodingUserInfoKey: any Sendable]
  ) {
    expect(Self.isSnakeCase(C.kind), "kind in snake case", "the kind is \(C.kind)")
    run("configuration survives coding") { log in
      let encoder = JSONEncoder(), decoder = JSONDecoder()
      encoder.outputFormatting = .sortedKeys
      encoder.userInfo = userInfo
      decoder.userInfo = userInfo
      let first = try encoder.encode(configuration)
      let second = try encoder.encode(decoder.decode(C.self, from: first))
      log.expect(
        first == second, "configuration survives coding",
        "\(String(decoding: first, as: UTF8.self)) comes back as \(String(decoding: second, as: UTF8.self))")
      guard let object = try JSONSerialization.jsonObject(with: first) as? [String: Any] else {
        return log.expect(false, "configuration is a set of keys", String(decoding: first, as: UTF8.self))
      }
      for key in object.keys.sorted() {
        log.expect(Self.isSnakeCase(key), "keys in snake case", "the key \(key); give it a name through CodingKeys")
        log.expect(key != "kind", "no key kind", "kind is the stage's own name and cannot be a setting")
      }
    }
  }

  private static func isSnakeCase(_ name: String) -> Bool {
    guard let first = name.unicodeScalars.first, ("a"..."z").contains(first) else { return false }
    return name.unicodeScalars.allSatisfy { ("a"..."z").contains($0) || ("0"..."9").contains($0) || $0 == "_" }
  }

  /// Expects an error of this package's type, not a result and not a foreign error.
  mutating func expectRefusal(_ property: String, _ body: () throws -> Void) {
    do {
      try body()
      expect(false, property, "accepted; throw a PatchCoreError that names both numbers")
    } catch let error as PatchCoreError {
      expect(!error.message.isEmpty, property, "the error has no message")
    } catch {
      expect(false, property, "throws \(type(of: error)), not PatchCoreError: \(error)")
    }
  }

  /// Runs the body and returns its value; a refusal by a PatchCoreError is allowed and gives `nil`.
  mutating func allowingRefusal<R>(_ property: String, _ body: () throws -> R) -> R? {
    do {
      return try body()
    } catch is PatchCoreError {
      return nil
    } catch {
      expect(false, property, "throws \(type(of: error)), not PatchCoreError: \(error)")
      return nil
    }
  }
}
