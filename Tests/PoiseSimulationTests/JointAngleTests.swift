import Foundation
import PoiseCore
import TestSupport
import Testing

@testable import PoiseSimulation

@Suite("Angles of joints")
struct JointAngleTests {
  /// An angle and limits about it, drawn anew each time; sine and cosine are those of `value`, by the library.
  private func draw(_ random: inout RandomStream, turn: Double) -> (angle: JointAngle, limits: ClosedRange<Double>) {
    let reference = random.uniform(in: -3...3)
    let from = random.uniform(in: -Double.pi...Double.pi)
    let to = random.uniform(in: -Double.pi...Double.pi)
    let limits = reference + min(from, to)...reference + max(from, to)
    let offset = random.uniform(in: -Double.pi...Double.pi)
    // Either of the two quaternions of a rotation, and vectors that are shorter than 1.
    let length = (turn == 2 && random.uniform(in: 0...1) < 0.5 ? -1 : 1) * random.uniform(in: 0.5...1)
    let angle = JointAngle(
      sine: length * sin(offset / turn), cosine: length * cos(offset / turn), reference: reference, turn: turn)
    #expect(abs(angle.value - (reference + offset)) < 1e-14 * 10)
    return (angle, limits)
  }

  @Test("are never called clear of their limits when they are not", arguments: [1.0, -1.0, 2.0])
  func clearAngles(turn: Double) {
    var random = RandomStream(testing: 41)
    var seen = (clear: 0, near: 0)
    for _ in 0..<20_000 {
      let (angle, limits) = draw(&random, turn: turn)
      let margin = random.uniform(in: 0...1) < 0.5 ? random.uniform(in: 0...0.01) : random.uniform(in: 0...2)
      let room = min(angle.value - limits.lowerBound, limits.upperBound - angle.value)
      let isClear = AngleLimits(limits, reference: angle.reference, turn: turn).contain(angle, with: margin)
      if isClear {
        seen.clear += 1
        #expect(room > margin, "\(angle) in \(limits), margin \(margin)")
      } else {
        seen.near += 1
      }
    }
    #expect(seen.clear > 2_000 && seen.near > 2_000)
  }

  @Test(
    "are seen to be clear of limits up to half a turn apart, so that the arc tangent is spared",
    arguments: [1.0, -1.0, 2.0])
  func sparedAngles(turn: Double) {
    for (lower, upper) in [(-0.6, 2.5), (-2.0, 1.0), (0.1, 0.3)] {
      let limits = AngleLimits(1 + lower...1 + upper, reference: 1, turn: turn)
      for step in 1..<100 {
        let offset = lower + (upper - lower) * Double(step) / 100
        let angle = JointAngle(sine: sin(offset / turn), cosine: cos(offset / turn), reference: 1, turn: turn)
        #expect(limits.contain(angle, with: 0.005 * (upper - lower)), "\(offset) in \(lower)…\(upper)")
      }
    }
  }
}
