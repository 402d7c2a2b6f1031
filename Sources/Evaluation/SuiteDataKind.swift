/// The data sets that the paper's tables are about.
public enum SuiteDataKind: String, Sendable, CaseIterable, Codable {
  /// MVTec AD.
  case mvtec
  /// Magnetic Tile Defects.
  case magneticTile = "magnetic-tile"
  /// Every fifth frame of ShanghaiTech Campus.
  case mstc

  /// The name in the paper.
  public var label: String {
    switch self {
    case .mvtec: "MVTec AD"
    case .magneticTile: "Magnetic Tile Defects"
    case .mstc: "mSTC"
    }
  }
}
