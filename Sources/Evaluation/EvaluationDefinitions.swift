import PatchCore

/// What each number of a report means, in words that stand beside it.
struct EvaluationDefinitions {
  /// The meaning of each number by its key.
  let texts: [String: String]

  /// The definitions under a detector's mask rule and map size.
  init(_ detector: EvaluationReport.DetectorSummary, proLimit: Double) {
    let rule =
      switch detector.masks {
      case .official: "a pixel is a defect if its mask is exactly 255"
      case .anomalib: "a pixel is a defect if its mask is above 0"
      }
    let resizing =
      switch (detector.mapSize, detector.masks) {
      case ("original", _): " at the mask's own size"
      case (_, .official): " after resizing like the image (8-bit masks bilinear, 1-bit masks nearest)"
      case (_, .anomalib): " after resizing to the nearest sample"
      }
    texts = [
      "image_auroc": "area under the ROC curve over the scores of all test images, ties counted half",
      "image_average_precision": "precision of image scores at each threshold, weighed by the recall it adds; not "
        + "interpolated",
      "image_f1_optimum": "the threshold of image scores with the greatest F1, chosen on these test images; of equal "
        + "ones the lowest",
      "error_at_full_recall": "nominal images with at least the lowest score of an anomalous one, as a share of all "
        + "test images",
      "pixel_auroc": "area under the ROC curve over all pixels of all test images, nominal ones included, ties counted "
        + "half; \(rule)\(resizing)",
      "pixel_auroc_anomalous_images": "pixel_auroc over the images that have a defect pixel alone",
      "pixel_average_precision": "precision of all pixels at each threshold, weighed by the recall it adds; not "
        + "interpolated",
      "pixel_f1_optimum":
        "the threshold of all pixels with the greatest F1, chosen on these test images; of equal ones "
        + "the lowest",
      "pro": "per-region overlap as MVTec AD's evaluation defines it: mean share of each 8-connected defect region "
        + "found, over the false-positive rate of all nominal pixels up to \(proLimit), divided by \(proLimit)",
      "pro_image_averaged":
        "per-region overlap of each image by itself, over the false-positive rate of its own nominal "
        + "pixels up to \(proLimit), averaged over the images that have a defect pixel; not comparable with pro",
      "bank_use": "share of the memory bank's rows that are the nearest neighbour of at least one test patch",
      "unseen_defect_share": "share of the defect pixels of the original masks that lie outside the crop",
      "classes": "image_auroc of a class compares its images with the nominal test images alone",
    ]
  }
}
