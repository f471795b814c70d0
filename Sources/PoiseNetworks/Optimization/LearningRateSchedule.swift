internal import Foundation

/// How the learning rate changes during training.
public enum LearningRateSchedule: Codable, Hashable, Sendable {
  /// The same rate throughout the training.
  case constant(rate: Double)
  /// Linear from the first rate to the second over the whole training.
  case linear(from: Double, to: Double)
  /// Half a cosine from the first rate to the second over the whole training. Source: Loshchilov and Hutter 2017, eq.
  /// 5, without restarts.
  case cosine(from: Double, to: Double)
  /// Adapts to the measured KL divergence; see `AdaptiveLearningRate`.
  case adaptive(settings: AdaptiveLearningRate.Settings)

  /// The rate at a moment of the training.
  ///
  /// - Parameters:
  ///   - progress: the share of the training that is done, clamped to 0 … 1.
  ///   - adaptiveRate: the present rate of `AdaptiveLearningRate`; used by `adaptive` only.
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
/// KL > 2 target: rate ÷ factor. KL < target / 2: rate × factor. Always within bounds. Source: Schulman et al. 2017,
/// section 4, which adapts a penalty in this way; applied to the rate as in rsl_rl's `ppo.py`.
public struct AdaptiveLearningRate: Codable, Hashable, Sendable {
  /// The settings of the adaptation.
  public struct Settings: Codable, Hashable, Sendable {
    /// The rate at the start.
    public var initialRate = 1e-3
    /// The target: mean KL divergence per update, nats.
    public var targetDivergence = 0.01
    /// The factor of one change, above 1.
    public var factor = 1.5
    /// The smallest rate, above 0.
    public var lowestRate = 1e-5
    /// The largest rate.
    public var highestRate = 1e-2

    /// Makes settings; parameters are as the properties.
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

  /// The settings.
  public let settings: Settings
  /// The present rate; part of a checkpoint.
  public private(set) var rate: Double

  /// Makes a rate that starts at `initialRate`, clamped to its bounds.
  public init(settings: Settings) {
    precondition(
      settings.factor > 1 && settings.targetDivergence > 0 && settings.lowestRate > 0
        && settings.lowestRate <= settings.highestRate,
      "factor above 1, target above 0, lowest rate above 0 and not above the highest: \(settings)")
    self.settings = settings
    rate = min(max(settings.initialRate, settings.lowestRate), settings.highestRate)
  }

  /// Whether a value read from a file has the same settings and a rate within their bounds.
  public func accepts(_ other: Self) -> Bool {
    other.settings == settings && (settings.lowestRate...settings.highestRate).contains(other.rate)
  }

  /// Adapts the rate to the mean KL divergence of one update, nats. A divergence that is not finite counts as too
  /// large.
  public mutating func observe(divergence: Double) {
    if !divergence.isFinite || divergence > 2 * settings.targetDivergence {
      rate = max(rate / settings.factor, settings.lowestRate)
    } else if divergence < settings.targetDivergence / 2 {
      rate = min(rate * settings.factor, settings.highestRate)
    }
  }
}
