/// What the JSON header of a safetensors file says.
struct SafetensorsHeader {
  /// The place of one tensor in the data section.
  struct Entry {
    var name: String
    var elementType: ElementType
    var shape: [Int]
    var begin: Int
    var end: Int
  }

  var metadata: [String: String] = [:]
  var entries: [Entry] = []

  /// Checks sizes against shapes, and that the tensors cover the data section without overlap, gap or rest.
  func check(dataCount: Int, file: String) throws(TensorFileError) {
    for entry in entries {
      guard entry.begin <= entry.end, entry.end <= dataCount else {
        throw TensorFileError(
          file: file,
          message: "tensor \(entry.name) lies at bytes \(entry.begin) to \(entry.end) of a data section of "
            + "\(dataCount) bytes; the file is truncated or damaged, copy it again")
      }
      guard let size = Tensor.byteCount(shape: entry.shape, elementType: entry.elementType) else {
        throw TensorFileError(file: file, message: "tensor \(entry.name) has the impossible shape \(entry.shape)")
      }
      guard size == entry.end - entry.begin else {
        throw TensorFileError(
          file: file,
          message: "tensor \(entry.name), \(entry.elementType.rawValue) \(entry.shape), needs \(size) bytes, "
            + "the file gives it \(entry.end - entry.begin)")
      }
    }
    var covered = 0
    var previous = "the start of the data section"
    for entry in entries.sorted(by: { ($0.begin, $0.end) < ($1.begin, $1.end) }) {
      guard entry.begin == covered else {
        let relation = entry.begin < covered ? "overlaps" : "leaves a gap after"
        throw TensorFileError(
          file: file,
          message: "tensor \(entry.name) \(relation) \(previous): it begins at byte \(entry.begin), "
            + "expected \(covered)")
      }
      covered = entry.end
      previous = "tensor \(entry.name)"
    }
    guard covered == dataCount else {
      throw TensorFileError(
        file: file,
        message: "the tensors end at byte \(covered) of a data section of \(dataCount) bytes; "
          + "the file was cut, appended to or damaged")
    }
  }
}
