@testable import PoiseAlgorithms
import PoiseCore
import PoiseEnvironments
import Testing

@Suite("Generalized advantage")
struct GeneralizedAdvantageTests {
  /// γ = ½ and λ = ½, so that everything is exact in binary.
  static func advantages(
    _ rewards: [Float], _ values: [Float], _ nextValues: [Float], _ endings: [EpisodeEnding]
  ) -> [Float] {
    var result = [Float](repeating: .nan, count: rewards.count)
    var span = result.mutableSpan
    GeneralizedAdvantage.write(
      rewards: rewards.span, values: values.span, nextValues: nextValues.span, endings: endings.span,
      discountFactor: 0.5, lambda: 0.5, into: &span)
    return result
  }

  @Test("termination, truncation and the rollout's cut, by hand")
  func byHand() {
    // Six steps: the first episode terminates at step 1, the second is truncated at step 3, the third goes on past the cut.
    let rewards: [Float] = [1, 2, 3, 4, 5, 6]
    let values: [Float] = [8, 4, 2, 6, 10, 12]
    // After step 1 nothing follows (100 must not be looked at); after step 3 the final observation is worth 16; after step 5, 20.
    let nextValues: [Float] = [4, 100, 6, 16, 12, 20]
    let result = Self.advantages(
      rewards, values, nextValues, [.running, .terminated, .running, .truncated, .running, .running])
    // δ = r + γ V′ − V: 1 + 2 − 8 = −5; 2 + 0 − 4 = −2; 3 + 3 − 2 = 4; 4 + 8 − 6 = 6; 5 + 6 − 10 = 1; 6 + 10 − 12 = 4
    // Â₅ = 4; Â₄ = 1 + ¼·4 = 2; Â₃ = 6; Â₂ = 4 + ¼·6 = 5.5; Â₁ = −2; Â₀ = −5 + ¼·(−2) = −5.5
    #expect(result == [-5.5, -2, 5.5, 6, 2, 4])
  }

  @Test("a faulted step has no advantage, and the step before it is cut at the observation the fault started from")
  func faults() {
    let result = Self.advantages([1, 100, 3], [2, 4, 8], [4, 50, 16], [.running, .fault, .running])
    // δ₀ = 1 + ½·4 − 2 = 1, and nothing of what follows; δ₂ = 3 + 8 − 8 = 3
    #expect(result == [1, 0, 3])
  }

  @Test("λ = 1 is the return minus the value, λ = 0 the one-step error")
  func limits() {
    var random = RandomStream(seed: 1, purpose: .testing)
    let values = (0..<6).map { _ in Float(random.uniform()) }
    let rewards = (0..<5).map { _ in Float(random.uniform()) }
    for (λ, isReturn) in [(1.0, true), (0.0, false)] {
      var result = [Float](repeating: 0, count: 5)
      var span = result.mutableSpan
      let endings = [EpisodeEnding](repeating: .running, count: 5)
      let (now, next) = (Array(values[..<5]), Array(values[1...]))
      GeneralizedAdvantage.write(
        rewards: rewards.span, values: now.span, nextValues: next.span, endings: endings.span, discountFactor: 0.9,
        lambda: λ, into: &span)
      var expected = Double(values[5])
      for t in stride(from: 4, through: 0, by: -1) {
        expected = Double(rewards[t]) + 0.9 * (isReturn ? expected : Double(values[t + 1]))
        #expect(abs(Double(result[t]) - (expected - Double(values[t]))) < 1e-6, "λ \(λ), step \(t)")
      }
    }
  }
}
