import Testing

@testable import PoiseCore

@Suite("Random streams")
struct RandomStreamTests {
  /// Known answers of the Random123 distribution (file kat_vectors, philox4x32, 10 rounds).
  @Test("give the known answers of Philox4x32-10")
  func knownAnswers() {
    let zero = philox4x32(key: 0, counterLow: 0, counterHigh: 0)
    #expect(zero == (0xe169_c58d_6627_e8d5, 0x9b00_dbd8_bc57_ac4c))
    let ones = philox4x32(key: .max, counterLow: .max, counterHigh: .max)
    #expect(ones == (0x41c8_3b0e_408f_276d, 0x6d54_51fd_a20b_c7c6))
    let pi = philox4x32(
      key: 0x299f_31d0_a409_3822, counterLow: 0x85a3_08d3_243f_6a88, counterHigh: 0x0370_7344_1319_8a2e)
    #expect(pi == (0x94fd_cceb_d16c_fe09, 0x2412_6ea1_5001_e420))
  }
}
