public import PoiseCore

/// When an episode counts as a success: the upright body stays upright to the end.
public struct SuccessCondition: Configurable, Hashable {
  /// Largest tilt of the `uprightBody` that counts as upright, rad; the default is 12°.
  public var tilt = 0.20943951023931953
  /// The last part of the time limit, as a share in 0 … 1, in which the body must be upright in every control step.
  public var share = 0.5
  public init() {}

  public static let keys: [ConfigurationKey<Self>] = [
    .key(
      "tilt", \.tilt, .number(.above(0, through: .pi), unit: "rad"),
      "Largest tilt of the uprightBody that counts as upright; 0.2094 is 12°."),
    .key(
      "share", \.share, .number(.above(0, through: 1)),
      "The last part of the episode's time limit in which it must be upright in every control step."),
  ]
}
