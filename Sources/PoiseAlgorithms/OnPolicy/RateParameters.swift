public import PoiseCore
import PoiseNetworks

/// The learning rate over the course of training.
public struct RateParameters: Configurable, Hashable {
  /// The kinds of schedule.
  public enum Schedule: String, CaseIterable, Sendable { case constant, linear, cosine, adaptive }

  /// How the rate changes during the training.
  public var schedule = Schedule.constant
  /// The rate at the start, positive; from `lowest` to `highest` where it is adaptive.
  public var initial = 3e-4
  /// The rate at the step limit, for `linear` and `cosine`; at least 0.
  public var final = 0.0
  /// The KL divergence of an update to which `adaptive` adjusts the rate, nats.
  public var targetDivergence = 0.01
  /// Smallest rate of `adaptive`.
  public var lowest = 1e-5
  /// Largest rate of `adaptive`.
  public var highest = 1e-2
  public init() {}

  public static let keys: [ConfigurationKey<Self>] = [
    .key(
      "schedule", \.schedule, .choice,
      "constant; linear or cosine from initial to final; adaptive to the KL divergence."),
    .key("initial", \.initial, .number(.positive), "Rate at the start."),
    .key("final", \.final, .number(.notNegative), "Rate at the step limit, for linear and cosine."),
    .key(
      "targetDivergence", \.targetDivergence, .number(.positive, unit: "nat"),
      "KL divergence of an update to which adaptive adjusts the rate."),
    .key("lowest", \.lowest, .number(.positive), "Smallest rate of adaptive."),
    .key("highest", \.highest, .number(.positive), "Largest rate of adaptive."),
  ]

  public func crossChecks(_ checks: inout ConfigurationChecks) {
    checks.require(
      lowest <= highest, at: "lowest", found: "\(lowest)", allowed: "at most highest, \(highest)", remedy: "Swap them.")
    // Otherwise the rate would be clipped to the range silently.
    checks.require(
      schedule != .adaptive || (lowest...max(lowest, highest)).contains(initial), at: "initial", found: "\(initial)",
      allowed: "from lowest, \(lowest), to highest, \(highest), between which an adaptive rate moves")
  }

  var controller: AdaptiveLearningRate {
    AdaptiveLearningRate(
      settings: .init(
        initialRate: initial, targetDivergence: targetDivergence, lowestRate: lowest, highestRate: highest))
  }

  var law: LearningRateSchedule {
    switch schedule {
    case .constant: .constant(rate: initial)
    case .linear: .linear(from: initial, to: final)
    case .cosine: .cosine(from: initial, to: final)
    case .adaptive: .adaptive(settings: controller.settings)
    }
  }
}
