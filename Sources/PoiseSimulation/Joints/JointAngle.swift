import Foundation
import PoiseCore

/// A joint's angle before the arc tangent is taken, since few users need the value itself.
///
///     angle = reference + turn · atan2(sine, cosine), as an angle of (−π, π] about the reference, + whole turns
struct JointAngle {
  /// Sine and cosine up to a common factor that is not above 1.
  let sine: Double
  let cosine: Double
  /// The angle in the pose in which the joint was made, rad.
  let reference: Double
  /// 1 or −1; 2 where sine and cosine are those of half the angle, as in a quaternion.
  let turn: Double
  /// rad: 2π times the whole turns that were counted.
  let wholeTurns: Double

  @inline(__always) init(sine: Double, cosine: Double, reference: Double, turn: Double = 1, wholeTurns: Double = 0) {
    self.sine = sine
    self.cosine = cosine
    self.reference = reference
    self.turn = turn
    self.wholeTurns = wholeTurns
  }

  /// rad
  @inline(__always) var value: Double { reference + wrapAngle(turn * atan2(sine, cosine)) + wholeTurns }

  /// Whether the angle is within a quarter turn of the reference, whole turns apart.
  @inline(__always) var isNearReference: Bool { abs(turn) == 2 ? abs(sine) < abs(cosine) : cosine > 0 }
}

/// The limits of a joint's angle as directions, so that an angle far inside them is recognised without an arc tangent.
struct AngleLimits {
  private let lower: (sine: Double, cosine: Double)
  private let upper: (sine: Double, cosine: Double)

  /// - Parameters:
  ///   - limits: rad, within ±π of `reference`.
  ///   - reference, turn: those of the angles to come.
  init(_ limits: ClosedRange<Double>, reference: Double, turn: Double) {
    func direction(_ limit: Double) -> (Double, Double) {
      let angle = (limit - reference) / turn
      return (sin(angle), cos(angle))
    }
    lower = direction(limits.lowerBound)
    upper = direction(limits.upperBound)
  }

  /// Whether an angle is farther than `margin` (rad, not negative) from both limits, inside of them. True is always
  /// right; false may be wrong for a large margin, since sines are compared, and sin x ≤ x.
  @inline(__always) func contain(_ angle: JointAngle, with margin: Double) -> Bool {
    // A quaternion and its negative are one rotation; the one with cosine ≥ 0 has the angle of (−π, π].
    let sign: Double = angle.turn == 2 && angle.cosine < 0 ? -1 : 1
    let (sine, cosine) = (sign * angle.sine, sign * angle.cosine)
    let sense: Double = angle.turn < 0 ? -1 : 1
    let share = margin / abs(angle.turn)  // of the angle whose sine we have
    let aboveLower = sense * (sine * lower.cosine - cosine * lower.sine)
    let belowUpper = sense * (upper.sine * cosine - upper.cosine * sine)
    return aboveLower > share && belowUpper > share
  }
}

/// Wraps an angle of (−2π, 2π] into (−π, π].
@inline(__always) func wrapAngle(_ angle: Double) -> Double {
  angle > .pi ? angle - 2 * .pi : (angle <= -.pi ? angle + 2 * .pi : angle)
}
