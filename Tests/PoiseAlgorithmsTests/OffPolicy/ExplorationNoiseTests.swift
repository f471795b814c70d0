import PoiseAlgorithms
import PoiseCore
import Testing

@Suite("Exploration noise")
struct ExplorationNoiseTests {
  static func parameters(_ noise: ExplorationParameters.Noise, deviation: Double, θ: Double = 0.15)
    -> ExplorationParameters
  {
    var parameters = ExplorationParameters()
    (parameters.noise, parameters.deviation, parameters.meanReversion) = (noise, deviation, θ)
    return parameters
  }

  /// Noise on zero actions, [steps][worlds × actions].
  static func series(_ parameters: ExplorationParameters, worlds: Int, actions: Int, steps: Int) -> [[Float]] {
    var noise = ExplorationNoise(
      parameters, actions: actions, random: (0..<worlds).map { RandomStream(seed: 9, purpose: .exploration, index: $0) }
    )
    return (0..<steps).map { _ in
      var values = [Float](repeating: 0, count: worlds * actions)
      noise.add(to: &values, deviation: parameters.deviation)
      return values
    }
  }

  static func moments(_ values: [Double]) -> (mean: Double, variance: Double) {
    let mean = values.reduce(0, +) / Double(values.count)
    return (mean, values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count))
  }

  @Test(
    "Ornstein–Uhlenbeck: variance, autocorrelation and the way there are those of theory", arguments: [0.05, 0.15, 0.5])
  func ornsteinUhlenbeck(θ: Double) {
    let σ = 0.05
    // 4,000 processes for 120 steps, small enough never to meet the clip at ±1.
    let series = Self.series(
      Self.parameters(.ornsteinUhlenbeck, deviation: σ, θ: θ), worlds: 1000, actions: 4, steps: 120)
    let settled = σ * σ / (2 * θ - θ * θ)
    for k in [1, 3, 10, 120] {
      let (mean, variance) = Self.moments(series[k - 1].map(Double.init))
      let theory = settled * (1 - power(1 - θ, 2 * k))
      // Standard errors over n = 4,000: √(v / n) and v √(2 / n).
      #expect(abs(mean) < 4 * (theory / 4000).squareRoot(), "mean \(mean) after \(k) steps")
      #expect(abs(variance - theory) < 4 * theory * (2.0 / 4000).squareRoot(), "\(variance) for \(theory) after \(k)")
    }
    for lag in [1, 2, 5, 20] {
      let (a, b) = (series[119 - lag].map(Double.init), series[119].map(Double.init))
      let product = zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } / 4000
      let correlation = product / (Self.moments(a).variance * Self.moments(b).variance).squareRoot()
      #expect(abs(correlation - power(1 - θ, lag)) < 0.065, "\(correlation) for \(power(1 - θ, lag)) at lag \(lag)")
    }
  }

  private func power(_ base: Double, _ exponent: Int) -> Double {
    (0..<exponent).reduce(1) { value, _ in value * base }
  }

  @Test("Gaussian noise is new in every step: deviation as asked for, no correlation")
  func gaussian() {
    let series = Self.series(Self.parameters(.gaussian, deviation: 0.1), worlds: 1000, actions: 4, steps: 2)
    let (a, b) = (series[0].map(Double.init), series[1].map(Double.init))
    #expect(abs(Self.moments(a).variance.squareRoot() - 0.1) < 0.005)
    #expect(abs(zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } / 4000 / 0.01) < 0.065)
  }

  @Test("σ falls in a straight line and stays; without an end it does not fall")
  func schedule() {
    var parameters = Self.parameters(.gaussian, deviation: 0.5)
    #expect(parameters.deviation(after: 1_000_000) == 0.5)
    (parameters.finalDeviation, parameters.decaySteps) = (0.1, 1000)
    #expect(parameters.deviation(after: 0) == 0.5 && abs(parameters.deviation(after: 1000) - 0.1) < 1e-12)
    #expect(abs(parameters.deviation(after: 250) - 0.4) < 1e-12)
    #expect(parameters.deviation(after: 5000) == parameters.deviation(after: 1000))
  }

  @Test("a new episode starts without noise, worlds do not touch each other, and actions stay within ±1")
  func episodes() {
    func make(_ worlds: Range<Int>) -> ExplorationNoise {
      ExplorationNoise(
        Self.parameters(.ornsteinUhlenbeck, deviation: 0.2), actions: 2,
        random: worlds.map { RandomStream(seed: 9, purpose: .exploration, index: $0) })
    }
    var (both, second) = (make(0..<2), make(1..<2))
    var (all, one): ([Float], [Float]) = ([0, 0, 0, 0], [0, 0])
    for step in 0..<200 {
      (all, one) = ([0, 0, 0.9, -0.9], [0.9, -0.9])
      both.add(to: &all, deviation: 0.2)
      second.add(to: &one, deviation: 0.2)
      #expect(Array(all[2...]) == one)
      #expect(all.allSatisfy { abs($0) <= 1 })
      if step == 100 {
        both.reset(world: 0)
        var still: [Float] = [0, 0, 0, 0]
        var copy = both
        copy.add(to: &still, deviation: 0)
        #expect(still[0] == 0 && still[1] == 0 && still[2] != 0)
      }
    }
  }

  @Test("the warm-up's actions are uniform")
  func uniform() {
    var noise = ExplorationNoise(
      ExplorationParameters(), actions: 1, random: [RandomStream(seed: 9, purpose: .exploration)])
    var values: [Double] = []
    var action: [Float] = [0]
    for _ in 0..<4000 {
      noise.drawUniform(into: &action)
      values.append(Double(action[0]))
    }
    let (mean, variance) = Self.moments(values)
    #expect(abs(mean) < 4 * (1.0 / 3 / 4000).squareRoot() && abs(variance - 1.0 / 3) < 0.02)
    #expect(values.allSatisfy { abs($0) <= 1 })
  }
}
