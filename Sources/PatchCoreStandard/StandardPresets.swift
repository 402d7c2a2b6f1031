import PatchCore

// Each preset states every number on which the three implementations differ, so that a change of a default elsewhere
// cannot change what a preset means. None names an extractor: a preset fixes the numerics, not the weights.
extension Preset {
  /// What amazon-science/patchcore-inspection computes.
  static let official = Preset(
    name: "official",
    summary: "the numbers of amazon-science/patchcore-inspection",
    yaml: """
      preprocess: {resize: 256, crop: 224, resampling: bilinear_8bit, orientation: ignore}
      aggregator: {kind: official, patch_size: 3, stride: 1, layer_dimension: 1024, dimension: 1024}
      subsampler:
        kind: coreset
        fraction: 0.1
        projection: {kind: uniform, dimension: 128}
        start: {kind: mean_of_random, points: 10}
      neighbour_index: {kind: exact}
      scorer: {kind: maximum, neighbours: 1, distance: squared_euclidean}
      map: {upsampling: bilinear, sigma: 4, border: repeat_edge}
      evaluation: {masks: official}
      """)

  /// What the paper says, and a choice where it says nothing.
  static let paper = Preset(
    name: "paper",
    summary: "Roth et al. (2022) as printed, with Eq. 7",
    yaml: """
      preprocess: {resize: 256, crop: 224, resampling: bilinear_8bit, orientation: ignore}
      aggregator: {kind: official, patch_size: 3, stride: 1, layer_dimension: 1024, dimension: 1024}
      subsampler:
        kind: coreset
        fraction: 0.1
        projection: {kind: uniform, dimension: 128}
        start: {kind: random}
      neighbour_index: {kind: exact}
      scorer: {kind: reweighted, neighbours: 1, bank_neighbours: 9, distance: euclidean}
      map: {upsampling: bilinear, sigma: 4, border: repeat_edge}
      evaluation: {masks: anomalib}
      """,
    paperSilent: [
      "preprocess.resampling", "preprocess.orientation", "aggregator.layer_dimension", "aggregator.dimension",
      "subsampler.projection.kind", "subsampler.projection.dimension", "subsampler.start.kind",
      "scorer.bank_neighbours", "map.border", "evaluation.masks",
    ])

  /// What anomalib's PatchCore computes.
  static let anomalib = Preset(
    name: "anomalib",
    summary: "the numbers of anomalib's PatchCore",
    yaml: """
      preprocess:
        resize: {height: 256, width: 256}
        crop: none
        resampling: bilinear_float
        orientation: ignore
      aggregator: {kind: concatenate, patch_size: 3}
      subsampler:
        kind: coreset
        fraction: 0.1
        projection: {kind: sparse, epsilon: 0.9}
        start: {kind: random}
      neighbour_index: {kind: exact}
      scorer: {kind: reweighted, neighbours: 1, bank_neighbours: 9, distance: euclidean}
      map: {upsampling: nearest, sigma: 4, border: reflect}
      evaluation: {masks: anomalib}
      """)
}
