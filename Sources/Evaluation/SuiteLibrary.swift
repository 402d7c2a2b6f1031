import PatchCore

/// The suites in the program, which reproduce the paper's tables and figures.
public enum SuiteLibrary {
  private static let files: [(name: String, yaml: [UInt8])] = [
    ("stride", PackageResources.stride_yaml),
    ("table1", PackageResources.table1_yaml),
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
