import Documents

/// A test with what it is called in pictures.
public struct NamedTest: Sendable {
  /// In the legend.
  public var name: String
  /// A number that tells this test from others, such as a radius, which then gives its colour; with the label of that number:
  /// `Particle radius / nm`.
  public var value: Double?
  public var valueLabel: String?
  public var data: CyclerData
  public var profiles: ProfileData?
  /// Whether it was measured and stands beside what was computed: grey points.
  public var isMeasured: Bool

  public init(
    name: String, value: Double? = nil, valueLabel: String? = nil, data: CyclerData, profiles: ProfileData? = nil,
    isMeasured: Bool = false
  ) {
    self.name = name
    self.value = value
    self.valueLabel = valueLabel
    self.data = data
    self.profiles = profiles
    self.isMeasured = isMeasured
  }
}
