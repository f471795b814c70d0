public import Foundation  // exp, log

/// 1 where `x` is within a range, and a Gaussian of the distance beyond it.
///
///     tolerance = exp(ln(valueAtMargin) · (distance / margin)²)
///
/// Source: Tassa et al. 2018, "DeepMind Control Suite", section 4; `rewards.tolerance` with the sigmoid 'gaussian'.
///
/// - Parameters:
///   - x: the value that is judged.
///   - range: where the tolerance is 1, in the unit of `x`.
///   - margin: distance beyond the range at which the tolerance is `valueAtMargin`; with 0 the tolerance is 0 beyond
///     the range.
///   - valueAtMargin: in (0, 1).
@inlinable
public func tolerance(
  _ x: Double, within range: ClosedRange<Double>, margin: Double = 0, valueAtMargin: Double = 0.1
) -> Double {
  let distance = x < range.lowerBound ? range.lowerBound - x : x > range.upperBound ? x - range.upperBound : 0
  if distance == 0 { return 1 }
  guard margin > 0 else { return 0 }
  let d = distance / margin
  return exp(log(valueAtMargin) * d * d)
}
