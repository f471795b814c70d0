import Foundation
import TestSupport
import Testing

@Suite("Measurements")
struct MeasurementTests {
  private func sampled(_ count: Int, _ h: Double, _ f: (Double) -> Double) -> SampledSignal {
    SampledSignal(interval: h, values: (0..<count).map { f(Double($0) * h) })
  }

  @Test("find the period of a sine between its samples", arguments: [0.37, 1.0, 2.9])
  func period(period: Double) throws {
    let ω = 2 * .pi / period
    var signal = sampled(4_000, 0.002) { 0.4 * sin(ω * $0 + 0.3) }
    #expect(abs(try #require(signal.period()) / period - 1) < 1e-6)
    signal.rates = (0..<4_000).map { 0.4 * ω * cos(ω * Double($0) * 0.002 + 0.3) }
    #expect(abs(try #require(signal.period()) / period - 1) < 1e-10)
    #expect(sampled(10, 0.002) { 1 + $0 }.period() == nil)
  }

  @Test("find crossings in their direction and at their level")
  func crossings() {
    let signal = SampledSignal(start: 1, interval: 0.5, values: [0, 2, 0, 2])
    #expect(signal.crossings(of: 1, .rising) == [1.25, 2.25])
    #expect(signal.crossings(of: 1, .falling) == [1.75])
  }

  @Test("find peaks between samples")
  func peaks() {
    let peaks = sampled(1_000, 0.01) { exp(-0.1 * $0) * cos(3 * $0) }.peaks
    // Maxima of |exp(−0.1 t) cos 3 t| lie at (kπ − atan(0.1/3))/3.
    #expect(peaks.count == 9)
    for (k, peak) in peaks.enumerated() {
      #expect(abs(peak.time - (Double(k + 1) * .pi - atan(0.1 / 3)) / 3) < 1e-5)
      #expect(abs(peak.value - exp(-0.1 * peak.time) * abs(cos(3 * peak.time))) < 1e-6)
    }
  }

  @Test("fit growth, with and without a dying mode, and drift")
  func growth() {
    #expect(abs(sampled(100, 0.01) { -2e-5 * exp(3 * $0) }.exponentialRate - 3) < 1e-10)
    let both = sampled(300, 0.01) { 1e-5 * cosh(3 * $0) }
    #expect(abs(both.hyperbolicRate(lag: 20) - 3) < 1e-10)
    #expect(both.exponentialRate < 2.95)
    let line = sampled(50, 0.1) { 5 - 0.25 * $0 }
    #expect(abs(line.slope + 0.25) < 1e-13)
    #expect(abs(line.worstDrift - 0.25 * 4.9) < 1e-13)
    #expect(abs(line.range - 0.25 * 4.9) < 1e-13)
  }

  @Test("compare vectors without letting NaN pass")
  func comparison() {
    #expect(relativeDifference([1, 2], [1, 2.5]) == 0.2)
    #expect(relativeDifference([.nan], [1]) == .infinity)
    #expect(convergenceOrder([1, 0.25, 0.0625]) == 2)
  }
}
