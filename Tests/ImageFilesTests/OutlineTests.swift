import ImageFiles
import PatchCore
import Testing

@Suite struct OutlineTests {
  /// A block of 3 x 3 pixels and a single one that touches its corner.
  @Test func theRegionsOwnBorderIsDrawn() throws {
    let width = 6, height = 5
    var values = [Float](repeating: 0, count: width * height)
    for row in 1...3 { for column in 1...3 { values[row * width + column] = 9 } }
    values[4 * width + 4] = 9
    let map = AnomalyMap(height: height, width: width, values: values)
    let placement = MapPlacement(width: width, height: height)
    let heatMap = try HeatMap(lower: 0, upper: 10)
    let plain = try heatMap.image(of: map)
    let regions = map.regions(above: 5, placement: placement)
    #expect(regions.count == 1)
    let outlined = try heatMap.outlining(regions, on: plain, placement: placement)
    for row in 0..<height {
      for column in 0..<width {
        let place = row * plain.rowStride + column * 3
        let isMiddle = row == 2 && column == 2
        let isChanged = outlined.bytes[place..<place + 3] != plain.bytes[place..<place + 3]
        #expect(isChanged == (values[row * width + column] == 9 && !isMiddle), "column \(column), row \(row)")
      }
    }
    let small = try Image(width: 2, height: 2, format: .rgb8, bytes: [UInt8](repeating: 0, count: 12))
    #expect(throws: PatchCoreError.self) { try heatMap.outlining(regions, on: small, placement: placement) }
  }
}
