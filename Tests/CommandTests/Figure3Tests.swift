import Foundation
import PatchCore
import PatchCoreCommands
import PatchCoreStandard
import Testing

/// The picture of coreset and random subsampling in the plane.
@Suite struct Figure3Tests {
  @Test(arguments: [0, 1, 2] as [UInt64]) func coresetCoversBetterThanRandom(seed: UInt64) throws {
    try WorkFolder.with { folder in
      let rows = try writeFigure3(to: folder.url("").path, catalogue: .standard, seed: seed)
      #expect(rows.map(\.data) == ["multimodal", "uniform", "multimodal", "uniform"])
      #expect(rows.map(\.subsampler) == ["coreset", "coreset", "random", "random"])
      for (coreset, random) in zip(rows[..<2], rows[2...]) {
        #expect(coreset.points == 3000 && coreset.selected == 60 && random.selected == 60)
        // Greedy k-centre is within twice of the best largest distance; a random selection is far from it.
        #expect(coreset.largestDistance < 0.75 * random.largestDistance, "\(coreset.data)")
      }
      #expect(rows[1].meanDistance < rows[3].meanDistance)
    }
  }

  /// The table of points says the same as the rows: distances are measured again, from the file.
  @Test func filesHoldWhatTheRowsSay() throws {
    try WorkFolder.with { folder in
      let rows = try writeFigure3(to: folder.url("").path, catalogue: .standard, seed: 7)
      let lines = try String(contentsOf: folder.url("figure3.csv"), encoding: .utf8).split(separator: "\n")
      #expect(lines.first == "data,x,y,coreset,random" && lines.count == 6001)
      for row in rows {
        let points = lines.dropFirst().map { $0.split(separator: ",") }.filter { $0[0] == row.data }
          .map { ($0.compactMap { Double($0) }) }
        let column = row.subsampler == "coreset" ? 2 : 3
        let chosen = points.filter { $0[column] == 1 }
        #expect(points.count == row.points && chosen.count == row.selected)
        let largest = points.map { point in
          chosen.map { hypot($0[0] - point[0], $0[1] - point[1]) }.min() ?? .infinity
        }.max()
        // The file has 32 bits of each coordinate, the row 64.
        #expect(abs((largest ?? 0) - row.largestDistance) < 1e-6)
      }
      let table = try String(contentsOf: folder.url("figure3-coverage.csv"), encoding: .utf8).split(separator: "\n")
      #expect(table.count == 5 && table[1].hasPrefix("multimodal,coreset,3000,60,\(rows[0].largestDistance)"))
      let picture = try String(contentsOf: folder.url("figure3.svg"), encoding: .utf8)
      // Every point of four panels, and two in the legend.
      #expect(picture.components(separatedBy: "<circle ").count - 1 == 4 * 3000 + 2)
    }
  }

  @Test func sameSeedSameFiles() throws {
    try WorkFolder.with { folder in
      let files = ["figure3.svg", "figure3.csv", "figure3-coverage.csv"]
      let first = try writeFigure3(to: folder.url("").path, catalogue: .standard, seed: 3)
      let before = try files.map { try Data(contentsOf: folder.url($0)) }
      #expect(try writeFigure3(to: folder.url("").path, catalogue: .standard, seed: 3) == first)
      #expect(try files.map { try Data(contentsOf: folder.url($0)) } == before)
      #expect(try writeFigure3(to: folder.url("").path, catalogue: .standard, seed: 4) != first)
    }
  }

  @Test func aCatalogueWithoutTheSubsamplersIsRefused() throws {
    try WorkFolder.with { folder in
      #expect(throws: PatchCoreError.self) {
        try writeFigure3(to: folder.url("").path, catalogue: StageCatalogue(), seed: 0)
      }
    }
  }
}
