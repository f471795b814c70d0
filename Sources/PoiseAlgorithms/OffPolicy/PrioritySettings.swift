public import PoiseCore

/// How much more often transitions are drawn from which much is to be learned.
///
/// Source: Schaul, Quan, Antonoglou and Silver 2016, "Prioritized Experience Replay" (arXiv:1511.05952), section 3 and table 3.
public struct PrioritySettings: Configurable, Hashable {
  /// α: the power of the priorities, in [0, 1]; 0 draws uniformly.
  public var exponent = 0.6
  /// β of the first update, in [0, 1]: how much of the bias that uneven draws bring is taken back.
  public var initialCorrection = 0.4
  /// β after `correctionUpdates`, in [0, 1]; 1 takes all of it back.
  public var finalCorrection = 1.0
  /// Updates over which β changes linearly.
  public var correctionUpdates = 100_000
  /// ε: what is added to the error of a transition to make its priority; positive.
  public var leastPriority = 1e-6
  /// The defaults of the paper for proportional priorities; it anneals β over the whole training.
  public init() {}

  public static let keys: [ConfigurationKey<Self>] = [
    .key(
      "exponent", \.exponent, .number(.from(0, through: 1)),
      "α: priorities are the errors to this power; 0: all alike."),
    .key(
      "initialCorrection", \.initialCorrection, .number(.from(0, through: 1)),
      "β of the importance weights at the first update."),
    .key("finalCorrection", \.finalCorrection, .number(.from(0, through: 1)), "β after correctionUpdates."),
    .key(
      "correctionUpdates", \.correctionUpdates, .integer(.from(1, through: 1_000_000_000_000), unit: "updates"),
      "Updates over which β changes linearly."),
    .key("leastPriority", \.leastPriority, .number(.positive), "ε, added to each error."),
  ]

  /// β of an update, counted from 1.
  public func correction(at update: Int) -> Double {
    initialCorrection + (finalCorrection - initialCorrection)
      * min(1, Double(max(0, update - 1)) / Double(correctionUpdates))
  }
}
