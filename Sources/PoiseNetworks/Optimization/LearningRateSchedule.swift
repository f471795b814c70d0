internal import Foundation

/// How the learning rate moves during training.
public enum LearningRateSchedule: Codable, Hashable, Sendable {
  case constant(rate: Double)
  /// From the first to the second in a straight line over the whole of training.
  case linear(from: Double, to: Double)
  /// Half a cosine from the first to the second. Source: Loshchilov and Hutter 2017, eq. 5, without restarts.
  case cosine(from: Double, to: Double)
  /// Follows the measured KL divergence; see `AdaptiveLearningRate`.
  case adaptive(settings: AdaptiveLearningRate.Settings)

  /// The rate when `progress` of training is done.
  ///
  /// - Parameters:
  ///   - progress: from 0 to 1; clamped.
  ///   - adaptiveRate: what `AdaptiveLearningRate` says now; used by `adaptive` only.
  public func rate(progress: Double, adaptiveRate: Double = 0) -> Double {
    let p = min(max(progress, 0), 1)
    return switch self {
    case .constant(let rate): rate
    case .linear(let from, let to): from + (to - from) * p
    case .cosine(let from, let to): to + (from - to) * (1 + cos(.pi * p)) / 2
    case .adaptive: adaptiveRate
    }
  }
}

/// A learning rate that keeps the KL divergence between old and new policy near a target.
///
/// KL > 2 target: rate ÷ factor. KL < target / 2: rate × factor. Always within bounds.
/// Source: Schulman et al. 2017, section 4, which moves a penalty in this way; moved on the rate as in rsl_rl's
/// `ppo.py`.
public struct AdaptiveLearningRate: Codable, Hashable, Sendable {
  public struct Settings: Codable, Hashable, Sendable {
    public var initialRate = 1e-3
    /// Wanted mean KL divergence per update, in nats.
    public var targetDivergence = 0.01
    /// Above 1.
    public var factor = 1.5
    public var lowestRate = 1e-5
    public var highestRate = 1e-2

    public init(
      initialRate: Double = 1e-3, targetDivergence: Double = 0.01, factor: Double = 1.5, lowestRate: Double = 1e-5,
      highestRate: Double = 1e-2
    ) {
      self.initialRate = initialRate
      self.targetDivergence = targetDivergence
      self.factor = factor
      self.lowestRate = lowestRate
      self.highestRate = highestRate
    }
  }

  public let settings: Settings
  /// The rate now; part of a checkpoint.
  public private(set) var rate: Double

  public init(settings: Settings) {
    precondition(
      settings.factor > 1 && settings.targetDivergence > 0 && settings.lowestRate > 0
        && settings.lowestRate <= settings.highestRate,
      "factor above 1, target above 0, lowest rate above 0 and not above the highest: \(settings)")
    self.settings = settings
    rate = min(max(settings.initialRate, settings.lowestRate), settings.highestRate)
  }

  /// Whether a value that came from outside is one that this one could become.
  public func accepts(_ other: Self) -> Bool {
    other.settings == settings && (settings.lowestRate...settings.highestRate).contains(other.rate)
  }

  /// Takes the mean KL divergence of one update into account. What is not finite counts as too large.
  public mutating func observe(divergence: Double) {
    if !divergence.isFinite || divergence > 2 * settings.targetDivergence {
      rate = max(rate / settings.factor, settings.lowestRate)
    } else if divergence < settings.targetDivergence / 2 {
      rate = min(rate * settings.factor, settings.highestRate)
    }
  }
}
