import PatchCore

/// The suites in the program, which reproduce the paper's tables and figures.
public enum SuiteLibrary {
  private static let files: [(name: String, yaml: [UInt8])] = [
    ("bank-storage", PackageResources.bank_storage_yaml),
    ("bank-use", PackageResources.bank_use_yaml),
    ("figure-s3", PackageResources.figure_s3_yaml),
    ("figure-s4", PackageResources.figure_s4_yaml),
    ("figure-s5", PackageResources.figure_s5_yaml),
    ("figure-s6", PackageResources.figure_s6_yaml),
    ("figure3", PackageResources.figure3_yaml),
    ("figure4", PackageResources.figure4_yaml),
    ("figure5", PackageResources.figure5_yaml),
    ("misclassifications", PackageResources.misclassifications_yaml),
    ("stride", PackageResources.stride_yaml),
    ("table-s4", PackageResources.table_s4_yaml),
    ("table-s5", PackageResources.table_s5_yaml),
    ("table-s6", PackageResources.table_s6_yaml),
    ("table1", PackageResources.table1_yaml),
    ("table2", PackageResources.table2_yaml),
    ("table3", PackageResources.table3_yaml),
    ("table4", PackageResources.table4_yaml),
    ("table5", PackageResources.table5_yaml),
    ("table6", PackageResources.table6_yaml),
  ]

  /// The names, in order.
  public static var names: [String] { files.map(\.name) }

  /// The suite of a name.
  ///
  /// - Throws: `PatchCoreError` with code `.invalidConfiguration` and the nearest name if there is none.
  public static func suite(named name: String) throws -> Suite {
    guard let file = files.first(where: { $0.name == name }) else {
      let nearest = nearestName(to: name, among: names).map { "did you mean \($0)? " } ?? ""
      throw PatchCoreError(
        .invalidConfiguration,
        "there is no suite \(name); \(nearest)known: \(names.joined(separator: ", ")); a file of your own is named with "
          + "its ending, such as \(name).yaml")
    }
    return try Suite(yaml: String(decoding: file.yaml, as: UTF8.self), file: "suite \(name)", name: name)
  }
}
