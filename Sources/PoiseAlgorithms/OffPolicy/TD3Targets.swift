import PoiseCore
import PoiseNetworks

// What TD3 changes in the targets of DDPG. Equations are numbered as in Fujimoto et al. 2018; see TD3.swift.

/// Writes the values that complete the targets: the smaller of two, which limits the critics' overestimation.
///
///     min_{k = 1, 2} Q′ₖ(o′, ã)            eq. 10
func writeClippedDoubleValues(
  _ first: borrowing AlignedVector<Float>, _ second: borrowing AlignedVector<Float>, rows: Int,
  into values: inout AlignedVector<Float>
) {
  let (a, b) = (first.span, second.span)
  var target = values.mutableSpan
  for i in 0..<rows { target[i] = min(a[i], b[i]) }
}

/// Noise on the target policy's actions, so that similar actions have similar values.
///
///     ã = clip(μ′(o′) + clip(ε, −c, c), −1, 1),   ε ~ N(0, σ²)            eq. 14 and algorithm 1
struct TargetPolicySmoothing: Sendable {
  /// σ
  let deviation: Float
  /// c
  let limit: Float
  private var noise: AlignedVector<Float>

  /// `nil` where the option is off.
  ///
  /// - Parameter count: the largest number of action elements in one call.
  init?(_ settings: DDPGParameters, count: Int) {
    guard settings.targetNoise > 0 else { return nil }
    deviation = Float(settings.targetNoise)
    limit = Float(settings.targetNoiseLimit)
    noise = AlignedVector(zeros: count)
  }

  /// Adds clipped noise to actions and clips them to −1 … 1.
  ///
  /// - Parameter count: how many elements get noise.
  mutating func apply(to actions: inout AlignedVector<Float>, count: Int, using random: inout RandomStream) {
    let (σ, c) = (deviation, limit)
    var ε = noise.mutableSpan(of: 0..<count)
    random.fillNormal(&ε)
    var target = actions.mutableSpan
    for k in 0..<count {
      target[k] = min(1, max(-1, target[k] + min(c, max(-c, σ * ε[k]))))
    }
  }
}
