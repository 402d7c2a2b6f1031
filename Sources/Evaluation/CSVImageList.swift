import Foundation
import PatchCore

/// The lines of a list of images, by column.
struct CSVImageList {
  /// One image as the list has it.
  struct Row {
    /// Where it stands in the file, from 1.
    let line: Int
    let path: String
    let label: String
    let mask: String
    let use: String?
  }

  /// The file.
  let path: String
  /// Its folder.
  let folder: String
  /// Its name.
  let name: String
  /// Whether it has the column `use`.
  let hasUses: Bool
  /// At least one line.
  let rows: [Row]

  /// Reads a file and takes its columns apart; fields are not looked at.
  ///
  /// - Throws: `PatchCoreError` with code `.invalidDataset` naming file and line.
  init(_ path: String) throws {
    self.path = path
    name = DatasetFolder.lastComponent(of: path)
    if let slash = path.lastIndex(of: "/") {
      folder = slash == path.startIndex ? "/" : String(path[..<slash])
    } else {
      folder = "."
    }
    let table = try CSVTable(Self.bytes(path), name: path)
    let known = ["path", "label", "mask", "use"]
    for (number, column) in table.header.enumerated() {
      guard known.contains(column) else {
        let hint =
          column.contains(";") || column.contains("\t")
          ? "; separate columns by commas" : nearestName(to: column, among: known).map { "; did you mean \($0)?" } ?? ""
        throw PatchCoreError(
          .invalidDataset, "\(path):1: there is no column \"\(column)\"; known: \(known.joined(separator: ", "))\(hint)"
        )
      }
      guard table.header.firstIndex(of: column) == number else {
        throw PatchCoreError(.invalidDataset, "\(path):1: the column \(column) comes twice; remove one")
      }
    }
    let columns = Dictionary(uniqueKeysWithValues: table.header.enumerated().map { ($1, $0) })
    guard let pathColumn = columns["path"], let labelColumn = columns["label"] else {
      throw PatchCoreError(
        .invalidDataset,
        "\(path):1: the columns path and label are needed, the header has only "
          + table.header.joined(separator: ", "))
    }
    guard !table.rows.isEmpty else {
      throw PatchCoreError(.invalidDataset, "\(path) lists no images, its header is all it holds")
    }
    let maskColumn = columns["mask"], useColumn = columns["use"]
    hasUses = useColumn != nil
    rows = table.rows.map { row in
      Row(
        line: row.line, path: row.fields[pathColumn], label: row.fields[labelColumn],
        mask: maskColumn.map { row.fields[$0] } ?? "", use: useColumn.map { row.fields[$0] })
    }
  }

  private static func bytes(_ path: String) throws -> [UInt8] {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw PatchCoreError(.invalidDataset, "\(path): there is no such file")
    }
    guard !isFolder.boolValue else {
      throw PatchCoreError(.invalidDataset, "\(path) is a folder; name the CSV file, or write folder:\(path)")
    }
    do {
      return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    } catch {
      throw PatchCoreError(.invalidDataset, "\(path) cannot be read: \(error)", cause: error)
    }
  }

  /// An error about a line.
  func problem(_ line: Int, _ reason: String) -> PatchCoreError {
    PatchCoreError(.invalidDataset, "\(path):\(line): \(reason)")
  }

  /// A path without empty parts and dots, so that one file has one name.
  func relative(_ text: String, _ what: String, _ line: Int) throws -> String {
    guard !text.hasPrefix("/") else {
      throw problem(line, "the \(what) \(text) is an absolute path; write it relative to the folder of the list")
    }
    let parts = text.split(separator: "/").filter { $0 != "." }
    guard !parts.isEmpty else { throw problem(line, "the \(what)'s path is empty") }
    guard !parts.contains("..") else {
      throw problem(line, "the \(what) \(text) leaves the folder of the list; put the list in a folder above its files")
    }
    return parts.joined(separator: "/")
  }

  /// Notes a file that is not there.
  func check(_ file: String, _ what: String, _ line: Int, _ absent: inout [String]) throws {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: folder + "/" + file, isDirectory: &isFolder) else {
      absent.append("\(what) \(file) on line \(line)")
      return
    }
    guard !isFolder.boolValue else { throw problem(line, "the \(what) \(file) is a folder") }
  }

  /// What a label says; refuses what would otherwise quietly become a class of defect.
  func label(_ text: String, _ line: Int) throws -> DatasetSample.Label {
    switch text {
    case Dataset.nominalName, "0": return .nominal
    case "1": return .anomalous(defect: "anomaly")
    default: break
    }
    let isNumber = text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    guard !text.isEmpty, !isNumber, !["good", "ok", "normal", "nominal"].contains(text.lowercased()) else {
      throw problem(
        line,
        text.isEmpty
          ? "the label is empty; write good or the name of the defect"
          : "the label \(text) is not known; images without a defect are good or 0, others 1 or the name of the defect")
    }
    guard !text.contains("/"), text != ".", text != ".." else {
      throw problem(line, "the label \(text) cannot name a folder of results; write it without /, and not . or ..")
    }
    return .anomalous(defect: text)
  }

  /// What an image is for; `nil` without the column.
  func use(_ text: String?, _ line: Int) throws -> DatasetSample.Use? {
    switch text {
    case nil: return nil
    case "train": return .train
    case "test": return .test
    case let text?:
      throw problem(
        line, "the use is \"\(text)\"; write train or test on every line, or leave the column out")
    }
  }
}
