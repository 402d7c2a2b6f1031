import Compute
import PatchCore
import Search
import Testing

/// The `exact` index: its contract and its errors.
@Suite struct ExactIndexTests {
  static let bank = NearestTests.data(
    .init(description: "", queries: 1, bank: 2300, dimension: 24, k: 1, distinctRows: 800), seed: 4
  ).bank

  static func index() throws -> any NeighbourIndex {
    try ExactIndexConfiguration().makeIndex(over: bank, StageContext(compute: ComputeSettings(engine: .openblas)))
  }

  @Test func findsNearestRows() throws {
    let index = try Self.index()
    #expect(index.count == 2300 && index.dimension == 24)
    let queries = NearestTests.data(.init(description: "", queries: 40, bank: 1, dimension: 24, k: 1), seed: 5).queries
    for k in [1, 7] {
      try NearestTests.check(try index.search(queries, k: k), queries: queries, bank: Self.bank, k: k)
    }
  }

  @Test func equalRowsComeByRowNumber() throws {
    let found = try Self.index().search(Self.bank.slice(1700..<1701), k: 4)
    #expect(Array(found.rows.prefix(2)) == [100, 900], "row 1700 repeats rows 100 and 900")
    #expect(found.rows[2] == 1700)
    #expect(Array(found.squaredDistances.prefix(3)) == [0, 0, 0])
    #expect(found.squaredDistances[3] > 0)
  }

  @Test func restoredIndexEqualsTheFirst() throws {
    let index = try Self.index()
    let archive = try index.archive()
    #expect(archive.isEmpty)
    let restored = try ExactIndexConfiguration().restoreIndex(
      from: archive, over: Self.bank, StageContext(compute: ComputeSettings(engine: .openblas)))
    let queries = Self.bank.slice(10..<30)
    #expect(try restored.search(queries, k: 5) == index.search(queries, k: 5))
  }

  @Test func otherDimensionIsRefused() throws {
    let index = try Self.index()
    let error = try #require(throws: PatchCoreError.self) { try index.search(Matrix(rows: 1, columns: 25), k: 1) }
    #expect(error.code == .shapeMismatch)
    #expect(error.message.contains("24") && error.message.contains("25"))
  }

  @Test func noNeighboursAreRefused() throws {
    let index = try Self.index()
    let error = try #require(throws: PatchCoreError.self) { try index.search(Self.bank.slice(0..<1), k: 0) }
    #expect(error.code == .invalidConfiguration)
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity])
  func numbersThatAreNotFiniteAreRefused(_ value: Float) throws {
    let index = try Self.index()
    var rows = Self.bank.slice(0..<3)
    rows.withUnsafeMutableBufferPointer { $0[24 + 7] = value }
    let query = try #require(throws: PatchCoreError.self) { try index.search(rows, k: 1) }
    #expect(query.code == .notFinite && query.message.contains("row 1"))
    let bank = try #require(throws: PatchCoreError.self) { try ExactIndex(over: rows, engine: OpenBLASEngine()) }
    #expect(bank.code == .notFinite && bank.message.contains("row 1"))
  }

  @Test func emptyBankIsRefused() throws {
    let error = try #require(throws: PatchCoreError.self) {
      try ExactIndex(over: Matrix(rows: 0, columns: 4), engine: OpenBLASEngine())
    }
    #expect(error.code == .shapeMismatch)
  }
}
