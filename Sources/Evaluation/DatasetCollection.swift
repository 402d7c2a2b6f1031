import PatchCore

/// Several data sets that are fitted and evaluated one by one: the categories of MVTec AD, or the scenes of ShanghaiTech
/// Campus.
///
/// A result over a collection is the mean of its categories' results, each counted once (section 4.1 of Roth et al. 2022:
/// "class-average AUROC").
public struct DatasetCollection: Sendable, Hashable {
  /// The fifteen categories of MVTec AD, in the order of the paper's tables.
  public static let mvtecCategories = [
    "bottle", "cable", "capsule", "carpet", "grid", "hazelnut", "leather", "metal_nut", "pill", "screw", "tile",
    "toothbrush", "transistor", "wood", "zipper",
  ]

  /// The folder that holds them.
  public let root: String
  /// The layout of each.
  public let kind: DatasetKind
  /// The data sets, at least one, named by their category.
  public let categories: [Dataset]
  /// Names that a complete collection would also have.
  ///
  /// For MVTec AD, those of the fifteen that the folder lacks or that were not asked for: with any of them, an average is
  /// not over what the paper's is. For scenes, those that have training or test videos but not both.
  public let missing: [String]

  /// Reads the categories in a folder, each in MVTec AD's layout.
  ///
  /// Names of MVTec AD stand first, in the order of the paper's tables, others after them in the order of their bytes.
  /// Folders that hold neither `train` nor `test` are no categories and are passed over, unless they are called like one
  /// of the fifteen.
  ///
  /// - Parameters:
  ///   - root: the folder of the categories.
  ///   - names: the categories to read, in the order wanted; `nil` for all. Others are not looked at.
  /// - Returns: the categories with their fixed splits.
  /// - Throws: `PatchCoreError` with code `.invalidDataset` for a folder without categories, a name that is not there
  ///   (with the nearest one that is), a name given twice, and as `Dataset.mvtec` for each category.
  public static func mvtec(_ root: String, only names: [String]? = nil) throws -> DatasetCollection {
    let top = try DatasetFolder(root)
    guard !(top.folders.contains("train") && top.folders.contains("test")) else {
      throw PatchCoreError(
        .invalidDataset, "\(root) is one category, not a folder of categories; give the folder that holds it")
    }
    let found = try top.folders.filter {
      guard !mvtecCategories.contains($0) else { return true }
      let inner = try DatasetFolder(top.path + "/" + $0).folders
      return inner.contains("train") || inner.contains("test")
    }
    guard !found.isEmpty else {
      throw try DatasetFolder.noImages(in: root, what: "no categories in MVTec AD's layout")
    }
    let ordered = mvtecCategories.filter(found.contains) + found.filter { !mvtecCategories.contains($0) }
    let chosen = try choose(names, among: ordered, in: root, what: "category")
    return DatasetCollection(
      root: root, kind: .mvtec,
      categories: try chosen.map { try Dataset.mvtec(root.hasSuffix("/") ? root + $0 : root + "/" + $0) },
      missing: mvtecCategories.filter { !chosen.contains($0) })
  }

  /// Reads the scenes of ShanghaiTech Campus as data sets of their own, each with a bank of its own.
  ///
  /// The paper does not say whether it fitted one bank or one per scene; `Dataset.mstc` is one bank.
  ///
  /// - Parameters:
  ///   - root: the folder that holds `training` and `testing`.
  ///   - names: the scenes to read, such as `01`, in the order wanted; `nil` for all that have training and test videos.
  /// - Returns: one data set per scene, named by it.
  /// - Throws: `PatchCoreError` with code `.invalidDataset` for a scene that is not there or a name given twice, and as
  ///   `Dataset.mstc`.
  public static func mstc(_ root: String, only names: [String]? = nil) throws -> DatasetCollection {
    let whole = try Dataset.mstc(root)
    let scenes = Dictionary(grouping: whole.samples) { Dataset.scene(ofFrame: $0.path) }
    let ordered = scenes.keys.sorted(by: DatasetFolder.precedes)
    let complete = ordered.filter { scene in
      let uses = Set((scenes[scene] ?? []).map(\.use))
      return uses.contains(.train) && uses.contains(.test)
    }
    guard !complete.isEmpty else {
      throw PatchCoreError(
        .invalidDataset,
        "\(root): none of the scenes \(DatasetFolder.listing(ordered)) has both training and test videos")
    }
    let chosen = try choose(names, among: complete, in: root, what: "scene")
    return DatasetCollection(
      root: root, kind: .mstc,
      categories: chosen.map {
        Dataset(root: root, kind: .mstc, samples: scenes[$0] ?? [], name: $0)
      },
      missing: ordered.filter { !complete.contains($0) })
  }

  private static func choose(
    _ names: [String]?, among known: [String], in root: String, what: String
  ) throws -> [String] {
    guard let names else { return known }
    var chosen: [String] = []
    for name in names {
      guard known.contains(name) else {
        let nearest = nearestName(to: name, among: known).map { "; did you mean \($0)?" } ?? ""
        throw PatchCoreError(
          .invalidDataset,
          "\(root) has no \(what) \(name.isEmpty ? "without a name" : name), it has "
            + "\(DatasetFolder.listing(known, limit: mvtecCategories.count))\(nearest)")
      }
      guard !chosen.contains(name) else {
        throw PatchCoreError(.invalidDataset, "the \(what) \(name) of \(root) is named twice; name each once")
      }
      chosen.append(name)
    }
    guard !chosen.isEmpty else {
      throw PatchCoreError(.invalidDataset, "no \(what) of \(root) is named; name one, or leave the list out for all")
    }
    return chosen
  }
}
