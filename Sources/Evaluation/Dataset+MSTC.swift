import PatchCore

extension Dataset {
  /// Reads every fifth frame of ShanghaiTech Campus, which is mSTC.
  ///
  /// Section 4.1 of Roth et al. (2022), on the data set of Liu, Luo, Lian and Gao, *Future frame prediction for anomaly
  /// detection* (2018).
  ///
  /// `training/frames/VIDEO/NUMBER.jpg` are nominal and for training, all scenes together. `testing/frames/VIDEO` holds
  /// the frames to test with, `testing/test_frame_mask/VIDEO.npy` says which of them are anomalous (one number per frame,
  /// 0 or 1) and `testing/test_pixel_mask/VIDEO.npy` where (frames x height x width of 0 and 1). Without the folder
  /// `test_pixel_mask` there are no masks; with it every video with an anomalous frame needs one. The frame labels
  /// decide: the pixel mask of a frame labelled 0 is not read.
  ///
  /// The paper does not say which fifth frame it takes: here it is the frames at positions 0, 5, 10 and so on of each
  /// video, counted from 0 in the order of their numbers, whatever the first number is. Arrays are mapped; a video's
  /// array is never read whole.
  ///
  /// - Parameters:
  ///   - root: the folder that holds `training` and `testing`.
  ///   - step: how far the frames taken are apart; 1 takes all.
  /// - Returns: the data set with its fixed split; anomalous frames are of the class `anomaly`.
  /// - Throws: `PatchCoreError` with code `.invalidDataset` for missing folders, frames without numbers, gaps in them, and
  ///   arrays whose shape, type or values do not fit the frames, naming the file and both numbers.
  /// - Precondition: `step >= 1`.
  public static func mstc(_ root: String, step: Int = 5) throws -> Dataset {
    precondition(step >= 1, "a step of \(step) frames")
    let top = try DatasetFolder(root)
    guard top.folders.contains("training"), top.folders.contains("testing") else {
      let found = top.folders.map { $0 + "/" } + top.images + top.others
      throw PatchCoreError(
        .invalidDataset,
        "\(root) does not have ShanghaiTech Campus's layout: the folders training and testing are needed, it holds "
          + (found.isEmpty ? "nothing" : DatasetFolder.listing(found)))
    }
    let training = try videos(root, "training")
    let testing = try videos(root, "testing")
    var samples: [DatasetSample] = []
    for video in training {
      let frames = try FrameFolder(root, "training/frames/\(video)")
      for position in stride(from: 0, to: frames.names.count, by: step) {
        samples.append(DatasetSample(path: frames.path(position), label: .nominal, use: .train))
      }
    }
    let withMasks = try DatasetFolder(root + "/testing").folders.contains("test_pixel_mask")
    let labelFolder = "testing/test_frame_mask", maskFolder = "testing/test_pixel_mask"
    let labelNames = try arrays(root, labelFolder), maskNames = withMasks ? try arrays(root, maskFolder) : []
    for video in testing {
      let frames = try FrameFolder(root, "testing/frames/\(video)")
      guard labelNames.contains(video) else {
        throw PatchCoreError(
          .invalidDataset,
          "\(root)/\(labelFolder)/\(video).npy is missing; it says which frames of "
            + "testing/frames/\(video) are anomalous")
      }
      let labels = try FrameArray(root, "\(labelFolder)/\(video).npy").labels(frames: frames)
      let mask = maskNames.contains(video) ? "\(maskFolder)/\(video).npy" : nil
      if let mask { try FrameArray(root, mask).checkMasks(frames: frames) }
      for position in stride(from: 0, to: frames.names.count, by: step) {
        guard labels[position] else {
          samples.append(DatasetSample(path: frames.path(position), label: .nominal, use: .test))
          continue
        }
        guard mask != nil || !withMasks else {
          throw PatchCoreError(
            .invalidDataset,
            "\(root)/\(maskFolder)/\(video).npy is missing, but testing/frames/\(video) has anomalous "
              + "frames; add it, or remove the folder test_pixel_mask to evaluate scores alone")
        }
        samples.append(
          DatasetSample(
            path: frames.path(position), label: .anomalous(defect: "anomaly"), maskPath: mask,
            maskFrame: mask == nil ? nil : position, use: .test))
      }
    }
    for (folder, names) in [(labelFolder, labelNames), (maskFolder, maskNames)] {
      if let lost = names.first(where: { !testing.contains($0) }) {
        throw PatchCoreError(
          .invalidDataset,
          "\(root)/\(folder)/\(lost).npy belongs to no video: there is no folder testing/frames/\(lost); "
            + "add the frames, or remove it")
      }
    }
    return Dataset(root: root, kind: .mstc, samples: samples)
  }

  /// The scene of a frame: what stands before the first `_` of its video's name.
  static func scene(ofFrame path: String) -> String {
    let parts = path.split(separator: "/")
    guard parts.count > 2 else { return "" }
    return String(parts[2].prefix { $0 != "_" })
  }

  /// The names of the folders of frames.
  private static func videos(_ root: String, _ part: String) throws -> [String] {
    let path = "\(root)/\(part)"
    let folder = try DatasetFolder(path)
    guard folder.folders.contains("frames") else {
      guard folder.folders.contains("videos") else {
        throw try DatasetFolder.noImages(in: path, what: "no folder frames")
      }
      throw PatchCoreError(
        .invalidDataset,
        "\(path) holds videos, but not their frames, which have to be extracted first: cd \(path) && for v in videos/*; do "
          + "d=frames/$(basename \"${v%.*}\"); mkdir -p \"$d\"; ffmpeg -i \"$v\" -q:v 2 -start_number 0 \"$d/%03d.jpg\"; "
          + "done")
    }
    let videos = try DatasetFolder(path + "/frames")
    guard !videos.folders.isEmpty else {
      throw try DatasetFolder.noImages(in: videos.path, what: "no folders of frames")
    }
    if let odd = videos.folders.first(where: { !$0.contains("_") || $0.hasPrefix("_") }) {
      throw PatchCoreError(
        .invalidDataset,
        "\(videos.path)/\(odd) is not named like a video, SCENE_NUMBER, such as 01_001; rename or remove it")
    }
    return videos.folders
  }

  /// The names of a folder's arrays, without `.npy`.
  private static func arrays(_ root: String, _ folder: String) throws -> [String] {
    let others = try DatasetFolder(root + "/" + folder).others
    return others.filter { $0.hasSuffix(".npy") }.map { String($0.dropLast(4)) }
  }
}
