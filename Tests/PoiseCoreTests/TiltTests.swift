import Foundation
import PoiseCore
import Testing

@Suite("Tilt")
struct TiltTests {
  @Test("is zero upright, π about x upside down")
  func ends() {
    #expect(Tilt(Quaternion.identity) == .upright)
    #expect(Tilt(Quaternion(angle: 1.3, axis: [0, 0, 1])).angle == 0)
    let upsideDown = Tilt(up: [0, 0, -1])
    #expect(upsideDown.roll == .pi && upsideDown.pitch == 0)
  }

  @Test("about one axis is that angle by the right hand")
  func oneAxis() {
    for degrees in stride(from: -179.0, through: 179, by: 1) {
      let angle = degrees * .pi / 180
      let aboutX = Tilt(Quaternion(angle: angle, axis: [1, 0, 0]))
      let aboutY = Tilt(Quaternion(angle: angle, axis: [0, 1, 0]))
      #expect(abs(aboutX.roll - angle) < 1e-12 && abs(aboutX.pitch) < 1e-12, "\(degrees)°: \(aboutX)")
      #expect(abs(aboutY.pitch - angle) < 1e-12 && abs(aboutY.roll) < 1e-12, "\(degrees)°: \(aboutY)")
    }
  }

  @Test("squares to the square of the angle between the two ups, whatever the heading")
  func heading() {
    var random = RandomStream(seed: 1, purpose: .testing)
    for _ in 0..<1000 {
      let q = Quaternion(
        w: random.normal(), x: random.normal(), y: random.normal(), z: random.normal()
      ).normalized
      let α = acos(min(1, max(-1, q.rotate([0, 0, 1]).z)))
      let turned = Quaternion(angle: random.uniform(in: -3...3), axis: [0, 0, 1]) * q
      #expect(abs(Tilt(q).angle - α) < 1e-7)
      #expect(abs(Tilt(q).squared - Tilt(q).angle * Tilt(q).angle) < 1e-12)
      #expect(abs(Tilt(turned).roll - Tilt(q).roll) < 1e-9 && abs(Tilt(turned).pitch - Tilt(q).pitch) < 1e-9)
    }
  }

  @Test("is continuous past 90° of pitch, where Euler angles leap")
  func continuous() {
    var last = Tilt.upright
    for step in 0...10_000 {
      // A path that pitches over while it rolls a little.
      let q =
        Quaternion(angle: 3.0 * Double(step) / 10_000, axis: [0, 1, 0]) * Quaternion(angle: 0.1, axis: [1, 0, 0])
      let tilt = Tilt(q)
      if step > 0 { #expect(abs(tilt.roll - last.roll) + abs(tilt.pitch - last.pitch) < 0.01) }
      last = tilt
    }
  }

  @Test("agrees with Euler angles to first order")
  func small() {
    let q =
      Quaternion(angle: 0.4, axis: [0, 0, 1]) * Quaternion(angle: -2e-4, axis: [0, 1, 0])
      * Quaternion(angle: 1e-4, axis: [1, 0, 0])
    #expect(abs(Tilt(q).roll - 1e-4) < 1e-7 && abs(Tilt(q).pitch + 2e-4) < 1e-7)
  }
}
