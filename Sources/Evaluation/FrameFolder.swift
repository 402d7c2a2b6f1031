import PatchCore

/// The frames of one video in the order of their numbers.
struct FrameFolder {
  /// The folder, relative to the data set.
  let folder: String
  /// File names, by position.
  let names: [String]

  /// Lists a folder whose images are named by numbers without a gap.
  ///
  /// - Throws: `PatchCoreError` with code `.invalidDataset` naming the first file that is no number, comes twice or is
  ///   missing.
  init(_ root: String, _ folder: String) throws {
    self.folder = folder
    let listed = try DatasetFolder(root + "/" + folder)
    guard !listed.images.isEmpty else { throw try DatasetFolder.noImages(in: listed.path) }
    var numbered: [(number: Int, name: String)] = []
    for name in listed.images {
      let stem = DatasetFolder.splitExtension(name).stem
      guard stem.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(stem) else {
        throw PatchCoreError(
          .invalidDataset,
          "\(listed.path)/\(name) is not named by its frame's number, such as 000.jpg; rename or remove it")
      }
      numbered.append((number, name))
    }
    numbered.sort { $0.number < $1.number }
    for (one, next) in zip(numbered, numbered.dropFirst()) where next.number != one.number + 1 {
      throw PatchCoreError(
        .invalidDataset,
        one.number == next.number
          ? "\(listed.path): \(one.name) and \(next.name) are the same frame; remove one"
          : "\(listed.path): \(next.name) follows \(one.name), so \(next.number - one.number - 1) frames are missing; "
            + "extract or copy the video's frames again")
    }
    names = numbered.map(\.name)
  }

  /// A frame's file, relative to the data set.
  func path(_ position: Int) -> String { folder + "/" + names[position] }
}
