import Foundation
import PatchCore
import Testing

@Suite struct ConnectedRegionsTests {
  private struct Case: Decodable {
    var name: String
    var height: Int
    var width: Int
    /// A digit for each pixel, 1 if it belongs to a region.
    var grid: String
    var labels: [Int32]
    var count: Int
  }

  private static func cases(file: String = #filePath) throws -> [Case] {
    let folder = URL(fileURLWithPath: file).deletingLastPathComponent()
    return try JSONDecoder().decode(
      [Case].self, from: Data(contentsOf: folder.appendingPathComponent("Fixtures/regions.json")))
  }

  @Test func equalSciPys() throws {
    let cases = try Self.cases()
    #expect(cases.count == 17)
    for example in cases {
      let isMember = example.grid.utf8.map { $0 == UInt8(ascii: "1") }
      let regions = ConnectedRegions(height: example.height, width: example.width, isMember: isMember)
      #expect(regions.labels == example.labels, "\(example.name)")
      #expect(regions.count == example.count, "\(example.name)")
      #expect(
        regions.areas
          == (1...max(1, example.count)).prefix(example.count).map { label in
            example.labels.count { $0 == label }
          }, "\(example.name)")
    }
  }

  /// Many labels that all turn out to be one: the worst case of joining, and no recursion to overflow.
  @Test func joinsManyBranches() {
    let height = 1000, width = 1001
    var isMember = (0..<height * width).map { ($0 % width) % 2 == 0 }
    for column in 0..<width { isMember[(height - 1) * width + column] = true }
    let regions = ConnectedRegions(height: height, width: width, isMember: isMember)
    #expect(regions.count == 1)
    #expect(regions.areas == [isMember.count { $0 }])
  }

  @Test func holdsAnEmptyGrid() {
    let regions = ConnectedRegions(height: 0, width: 7, isMember: [])
    #expect(regions.count == 0 && regions.labels.isEmpty && regions.areas.isEmpty)
  }
}
