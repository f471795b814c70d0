import PoiseCore
import Testing

@Suite("Tilt")
struct TiltTests {
  @Test("is zero upright and π upside down")
  func ends() { #expect(Tilt(Quaternion.identity) == .upright) }
}
