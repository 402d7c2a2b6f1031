import Foundation
import TensorFiles
import Testing

@Suite("Damaged files")
struct DamagedFileTests {
  /// SplitMix64, so that a seed names its damage.
  private struct Generator {
    var state: UInt64
    mutating func next(_ bound: Int) -> Int {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
      return Int((z ^ z >> 31) % UInt64(bound))
    }
  }

  /// Numbers that break careless arithmetic.
  private static let edges: [UInt64] = [0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFF_FFFF, 0xFFFF_FFFF, .max >> 1, .max]

  /// Reads with every reader and touches every byte; gives the number of readers that accepted the bytes.
  private func read(_ contents: [UInt8]) throws -> Int {
    let storage = GuardedBytes.storage(contents)
    let readers: [() throws -> [Tensor]] = [
      { try Array(SafetensorsFile(storage: storage, name: "x").tensors.values) },
      { try Array(TorchCheckpoint(storage: storage, name: "x").tensors.values) },
      { [try NumpyFile(storage: storage, name: "x").tensor] },
    ]
    var accepted = 0
    for reader in readers {
      do {
        var sum = 0
        for tensor in try reader() {
          #expect(tensor.shape.reduce(1, *) * tensor.elementType.byteWidth == tensor.byteCount)
          tensor.withBytes { bytes in for byte in bytes { sum &+= Int(byte) } }
        }
        #expect(sum >= 0)
        accepted += 1
      } catch is TensorFileError {
        continue
      }
    }
    return accepted
  }

  @Test("cut at any length are refused")
  func truncated() throws {
    for name in try Fixture.names() {
      let bytes = try Fixture.bytes(name)
      #expect(try read(bytes) == (name.hasPrefix("refused") ? 0 : 1), "\(name)")
      for length in bytes.indices {
        #expect(try read(Array(bytes[..<length])) == 0, "\(name) cut to \(length) bytes was accepted")
      }
    }
  }

  @Test("with one byte changed are refused or give well-formed tensors")
  func changedByte() throws {
    for name in try Fixture.names() {
      let bytes = try Fixture.bytes(name)
      for seed in 0..<2000 {
        var random = Generator(state: UInt64(seed))
        var damaged = bytes
        damaged[random.next(bytes.count)] ^= UInt8(1 + random.next(255))
        _ = try read(damaged)
      }
    }
  }

  @Test("with numbers replaced, pieces repeated or removed are refused or give well-formed tensors")
  func changedPieces() throws {
    for name in try Fixture.names() {
      let bytes = try Fixture.bytes(name)
      for seed in 0..<1000 {
        var random = Generator(state: UInt64(seed) << 32)
        var damaged = bytes
        for _ in 0..<1 + random.next(3) {
          let place = random.next(damaged.count)
          let end = min(damaged.count, place + [1, 2, 4, 8][random.next(4)])
          switch random.next(4) {
          case 0, 1:
            let edge = withUnsafeBytes(of: Self.edges[random.next(Self.edges.count)].littleEndian) { Array($0) }
            for position in place..<end { damaged[position] = edge[position - place] }
          case 2: damaged.insert(contentsOf: bytes[random.next(bytes.count)...].prefix(8), at: place)
          default: damaged.removeSubrange(place..<end)
          }
          if damaged.isEmpty { damaged = bytes }
        }
        _ = try read(damaged)
      }
    }
  }
}
