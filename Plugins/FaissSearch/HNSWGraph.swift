#if FAISS
import CFaiss
import PatchCore

/// A stored graph, every link of it followed before FAISS does: a link to a row that is not on its layer would lead
/// FAISS out of the row's part of the links.
struct HNSWGraph {
  /// The number of layers that each row is on, at least 1.
  let layers: [UInt8]
  /// For each row its links, layer by layer: twice `linksPerRow` on the lowest, then `linksPerRow`; -1 for none.
  let links: [Int32]
  /// The row where searches begin.
  let entryPoint: Int32

  init(_ archive: FaissArchive, rows: Int, linksPerRow: Int) throws {
    layers = try archive.tensor("layers", .uint8, [rows]).withBytes { Array($0) }
    let highest = Int(layers.max() ?? 0), possible = cfaiss_hnsw_layers(linksPerRow)
    guard layers.allSatisfy({ $0 >= 1 }), highest <= possible else {
      throw archive.damaged("layers holds 0 or \(highest), expected 1 to \(possible)")
    }
    let slots = layers.reduce(0) { $0 + (Int($1) + 1) * linksPerRow }
    links = try archive.numbers("links", [slots], in: -1..<Int32(rows))
    entryPoint = try archive.numbers("entry_point", [1], in: 0..<Int32(rows))[0]
    guard Int(layers[Int(entryPoint)]) == highest else {
      throw archive.damaged(
        "searches begin at row \(entryPoint) on \(layers[Int(entryPoint)]) layers, where the graph has \(highest)")
    }
    var slot = 0
    for row in 0..<rows {
      for layer in 0..<Int(layers[row]) {
        for link in links[slot..<slot + (layer == 0 ? 2 : 1) * linksPerRow]
        where link >= 0 && Int(layers[Int(link)]) <= layer {
          throw archive.damaged("row \(row) is linked to row \(link) on layer \(layer), which row \(link) is not on")
        }
        slot += (layer == 0 ? 2 : 1) * linksPerRow
      }
    }
  }
}
#endif
