/// The sign of the distance in the softmax of equation 8.
///
/// Roth et al., *Towards Total Recall in Industrial Anomaly Detection* (2022), section 4.4.2.
public enum ProxyExponent: String, Sendable, Hashable, Codable, CaseIterable {
  /// `negative_distance`: near proxies weigh most, so that a patch is rebuilt from those that resemble it.
  case negativeDistance = "negative_distance"
  /// `printed`: the distance as the paper prints it, with which far proxies weigh most.
  case printed

  /// The factor of the distance.
  var sign: Float { self == .printed ? 1 : -1 }
}
