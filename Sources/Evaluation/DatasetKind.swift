import PatchCore

/// The layouts of data sets that can be read.
public enum DatasetKind: String, Sendable, CaseIterable {
  /// One category of MVTec AD: `train/good`, `test/CLASS`, `ground_truth/CLASS`.
  case mvtec
  /// Magnetic Tile Defects: `MT_CLASS/Imgs`, JPEG images and PNG masks side by side.
  case magneticTile = "magnetic-tile"
  /// Every fifth frame of ShanghaiTech Campus: `training/frames/VIDEO`, `testing/frames/VIDEO` and masks as arrays.
  case mstc
  /// `good`, one folder per class of defect, and `masks/CLASS`; or nominal images alone.
  case folder
  /// A CSV file that lists images with their labels, masks and uses.
  case csv

  /// The names of all kinds in a sentence: `a, b or c`.
  public static var names: String {
    let names = allCases.map(\.rawValue)
    return names.dropLast().joined(separator: ", ") + " or " + (names.last ?? "")
  }

  /// Whether the layout says which images are for training; a CSV list does if it has the column `use`.
  var fixesSplit: Bool {
    switch self {
    case .mvtec, .mstc: true
    case .magneticTile, .folder, .csv: false
    }
  }
}

/// A data set as the command line names it: `KIND:PATH`.
public struct DatasetLocation: Sendable, Hashable {
  /// The layout.
  public var kind: DatasetKind
  /// The folder, or the file of a CSV list.
  public var path: String

  /// Creates a location.
  public init(kind: DatasetKind, path: String) {
    self.kind = kind
    self.path = path
  }

  /// Reads `KIND:PATH`, such as `mvtec:data/hazelnut`.
  ///
  /// - Throws: `PatchCoreError` with code `.invalidDataset` for a missing part or a kind that does not exist.
  public init(parsing text: String) throws {
    let known = DatasetKind.allCases.map(\.rawValue)
    guard let colon = text.firstIndex(of: ":") else {
      throw PatchCoreError(
        .invalidDataset,
        "the data set \(text) has no kind; write KIND:PATH, where KIND is "
          + "\(DatasetKind.names), such as \(text.lowercased().hasSuffix(".csv") ? "csv" : "folder"):\(text)")
    }
    let name = String(text[..<colon]), path = String(text[text.index(after: colon)...])
    guard let kind = DatasetKind(rawValue: name) else {
      let nearest = nearestName(to: name, among: known).map { "; did you mean \($0)?" } ?? ""
      throw PatchCoreError(
        .invalidDataset, "there is no data set kind \(name); known: \(known.joined(separator: ", "))\(nearest)")
    }
    guard !path.isEmpty else {
      throw PatchCoreError(.invalidDataset, "the data set \(text) has no path; write \(name):PATH")
    }
    self.init(kind: kind, path: path)
  }

  /// Reads the data set's file names; images are not opened.
  ///
  /// - Throws: `PatchCoreError` with code `.invalidDataset` as the reader of the kind.
  public func read() throws -> Dataset {
    switch kind {
    case .mvtec: try Dataset.mvtec(path)
    case .magneticTile: try Dataset.magneticTile(path)
    case .mstc: try Dataset.mstc(path)
    case .folder: try Dataset.folder(path)
    case .csv: try Dataset.csv(path)
    }
  }
}
