import Foundation
import PoiseCore
@testable import PoiseNetworks
import Testing

@Suite("Diagonal Gaussian")
struct DiagonalGaussianTests {
  @Test("has the closed forms: density of N(0, 1) at 0 and 1, entropy, KL of a shift and of a stretch")
  func closedForms() {
    var logProbabilities = AlignedVector<Double>(zeros: 2)
    let zeros = AlignedVector<Double>([0.0, 0.0])
    let actions = AlignedVector<Double>([0.0, 1.0])
    let logDeviation = AlignedVector<Double>([0.0])
    var span = logProbabilities.mutableSpan
    DiagonalGaussian.writeLogProbabilities(
      of: actions.span, means: zeros.span, logDeviations: logDeviation.span, into: &span)
    #expect(abs(logProbabilities[0] + 0.5 * log(2 * .pi)) < 1e-15)
    #expect(abs(logProbabilities[1] + 0.5 * log(2 * .pi) + 0.5) < 1e-15)
    // H = ½ log(2πe σ²) per action
    let two = AlignedVector<Double>([log(2.0), log(0.1)])
    let entropy = 0.5 * log(2 * .pi * M_E * 4) + 0.5 * log(2 * .pi * M_E * 0.01)
    #expect(abs(DiagonalGaussian.entropy(logDeviations: two.span) - entropy) < 1e-14)
    // KL(N(0, 1) ‖ N(3, 1)) = 9/2; KL(N(0, 1) ‖ N(0, 4)) = log 2 + 1/8 − 1/2
    let old = AlignedVector<Double>([0.0])
    let shifted = AlignedVector<Double>([3.0])
    var divergence = AlignedVector<Double>([0.0])
    var out = divergence.mutableSpan
    DiagonalGaussian.writeKLDivergences(
      fromMeans: old.span, logDeviations: logDeviation.span, toMeans: shifted.span, logDeviations: logDeviation.span,
      into: &out)
    #expect(abs(divergence[0] - 4.5) < 1e-15)
    let wide = AlignedVector<Double>([log(2.0)])
    var out2 = divergence.mutableSpan
    DiagonalGaussian.writeKLDivergences(
      fromMeans: old.span, logDeviations: logDeviation.span, toMeans: old.span, logDeviations: wide.span, into: &out2)
    #expect(abs(divergence[0] - (log(2) + 0.125 - 0.5)) < 1e-15)
  }

  @Test("agrees with PyTorch's log-probabilities, entropy, KL divergence and squashed log-probabilities")
  func golden() throws {
    let golden = try goldenFile()
    func vector(_ name: String) throws -> AlignedVector<Double> {
      AlignedVector(try #require(golden.tensors["gaussian.\(name)"]?.doubles, "\(name)"))
    }
    let (mean, other, sample) = (try vector("mean"), try vector("other_mean"), try vector("sample"))
    let (logStd, otherLogStd) = (try vector("log_std"), try vector("other_log_std"))
    var rows = AlignedVector<Double>(zeros: 11)
    var a = rows.mutableSpan
    DiagonalGaussian.writeLogProbabilities(of: sample.span, means: mean.span, logDeviations: logStd.span, into: &a)
    #expect(worstRelativeDifference(Array(rows), Array(try vector("log_prob")), floor: 1) < 1e-13)
    var b = rows.mutableSpan
    DiagonalGaussian.writeKLDivergences(
      fromMeans: mean.span, logDeviations: logStd.span, toMeans: other.span, logDeviations: otherLogStd.span, into: &b)
    #expect(worstRelativeDifference(Array(rows), Array(try vector("kl")), floor: 1) < 1e-13)
    var c = rows.mutableSpan
    SquashedGaussian.writeLogProbabilities(
      of: sample.span, means: mean.span, logDeviations: logStd.span, into: &c)
    #expect(worstRelativeDifference(Array(rows), Array(try vector("squashed_log_prob")), floor: 1) < 1e-12)
    #expect(abs(DiagonalGaussian.entropy(logDeviations: logStd.span) - (try vector("entropy"))[0]) < 1e-13)
  }

  /// Draws for the checks by differences: means, other means, actions [4, 3], two log σ [3], row weights [4].
  struct Draw {
    var means, others, actions: AlignedVector<Double>
    var logDeviations, otherLogDeviations: AlignedVector<Double>
    var weights, noise: AlignedVector<Double>
    init() {
      var random = testStream(10)
      means = normalVector(12, using: &random)
      others = normalVector(12, using: &random)
      actions = normalVector(12, using: &random)
      logDeviations = AlignedVector([-0.5, 0.2, 0.7])
      otherLogDeviations = AlignedVector([0.1, -0.4, 0.3])
      weights = normalVector(4, using: &random)
      noise = normalVector(12, using: &random)
    }
  }

  /// Σ weights ⊙ rows
  static func weighted(_ d: Draw, _ write: (inout MutableSpan<Double>) -> Void) -> Double {
    var rows = AlignedVector<Double>(zeros: 4)
    var span = rows.mutableSpan
    write(&span)
    return (0..<4).reduce(0) { $0 + rows[$1] * d.weights[$1] }
  }

  static func compare(
    _ gradients: AlignedVector<Double>, at vector: AlignedVector<Double>, _ what: String,
    _ loss: (AlignedVector<Double>) -> Double
  ) {
    for i in 0..<vector.count {
      let numeric = centralDifference(i, of: vector, loss)
      #expect(abs(numeric - gradients[i]) / max(abs(numeric), 1e-3) < 1e-6, "\(what) at \(i)")
    }
  }

  @Test("has density gradients that agree with finite differences")
  func logProbabilityGradients() {
    let d = Draw()
    var meanGradients = AlignedVector<Double>(zeros: 12)
    var deviationGradients = AlignedVector<Double>(zeros: 3)
    do {
      var m = meanGradients.mutableSpan
      var s = deviationGradients.mutableSpan
      DiagonalGaussian.writeLogProbabilityGradients(
        of: d.actions.span, means: d.means.span, logDeviations: d.logDeviations.span,
        logProbabilityGradients: d.weights.span,
        meanGradients: &m, logDeviationGradients: &s)
    }
    func loss(_ means: AlignedVector<Double>, _ deviations: AlignedVector<Double>) -> Double {
      Self.weighted(d) {
        DiagonalGaussian.writeLogProbabilities(
          of: d.actions.span, means: means.span, logDeviations: deviations.span, into: &$0)
      }
    }
    Self.compare(meanGradients, at: d.means, "mean") { loss($0, d.logDeviations) }
    Self.compare(deviationGradients, at: d.logDeviations, "log σ") { loss(d.means, $0) }
  }

  @Test("has divergence gradients that agree with finite differences")
  func klDivergenceGradients() {
    let d = Draw()
    var meanGradients = AlignedVector<Double>(zeros: 12)
    var deviationGradients = AlignedVector<Double>(zeros: 3)
    do {
      var m = meanGradients.mutableSpan
      var s = deviationGradients.mutableSpan
      DiagonalGaussian.addKLDivergenceGradients(
        fromMeans: d.others.span, logDeviations: d.otherLogDeviations.span, toMeans: d.means.span,
        logDeviations: d.logDeviations.span, klDivergenceGradients: d.weights.span, meanGradients: &m,
        logDeviationGradients: &s)
    }
    func loss(_ means: AlignedVector<Double>, _ deviations: AlignedVector<Double>) -> Double {
      Self.weighted(d) {
        DiagonalGaussian.writeKLDivergences(
          fromMeans: d.others.span, logDeviations: d.otherLogDeviations.span, toMeans: means.span,
          logDeviations: deviations.span, into: &$0)
      }
    }
    Self.compare(meanGradients, at: d.means, "mean") { loss($0, d.logDeviations) }
    Self.compare(deviationGradients, at: d.logDeviations, "log σ") { loss(d.means, $0) }
  }

  @Test("squashed: gradients along u = μ + σ ε agree with finite differences")
  func reparameterizedGradients() {
    let d = Draw()
    func preActions(_ means: AlignedVector<Double>, _ deviations: AlignedVector<Double>) -> AlignedVector<Double> {
      var u = AlignedVector<Double>(zeros: 12)
      var span = u.mutableSpan
      DiagonalGaussian.writeSamples(means: means.span, logDeviations: deviations.span, noise: d.noise.span, into: &span)
      return u
    }
    var meanGradients = AlignedVector<Double>(zeros: 12)
    var deviationGradients = AlignedVector<Double>(zeros: 3)
    let u = preActions(d.means, d.logDeviations)
    do {
      var m = meanGradients.mutableSpan
      var s = deviationGradients.mutableSpan
      SquashedGaussian.addReparameterizedGradients(
        preActions: u.span, logDeviations: d.logDeviations.span, noise: d.noise.span,
        logProbabilityGradients: d.weights.span,
        meanGradients: &m, logDeviationGradients: &s)
    }
    func loss(_ means: AlignedVector<Double>, _ deviations: AlignedVector<Double>) -> Double {
      let u = preActions(means, deviations)
      return Self.weighted(d) {
        SquashedGaussian.writeLogProbabilities(
          of: u.span, means: means.span, logDeviations: deviations.span, into: &$0)
      }
    }
    Self.compare(meanGradients, at: d.means, "mean") { loss($0, d.logDeviations) }
    Self.compare(deviationGradients, at: d.logDeviations, "log σ") { loss(d.means, $0) }
  }

  @Test("squashed: the log-determinant is exact near zero and finite far out, where log(1 − tanh²) is not")
  func logSlopeIsSafe() {
    for u in [0.0, 1e-9, 0.1, -0.1, 1, -3, 8] {
      #expect(abs(SquashedGaussian.logSlope(u) - log(1 - tanh(u) * tanh(u))) < 1e-9)
    }
    for u in [Float(50), -50, 1e4] {
      #expect(abs(SquashedGaussian.logSlope(u) - (2 * log(2) - 2 * abs(u))) < 1e-3 * abs(u))
    }
    #expect(SquashedGaussian.logSlope(Float(0)) == 0 || abs(SquashedGaussian.logSlope(Float(0))) < 1e-6)
  }

  @Test("squashed: the density integrates to one")
  func squashedDensityIntegrates() {
    let mean = AlignedVector<Double>([0.3])
    let deviation = AlignedVector<Double>([-0.2])
    var sum = 0.0
    let count = 20_000
    for k in 0..<count {
      let a = -1 + 2 * (Double(k) + 0.5) / Double(count)
      let u = AlignedVector<Double>([atanh(a)])
      var density = AlignedVector<Double>(zeros: 1)
      var span = density.mutableSpan
      SquashedGaussian.writeLogProbabilities(
        of: u.span, means: mean.span, logDeviations: deviation.span, into: &span)
      sum += exp(density[0]) * 2 / Double(count)
    }
    #expect(abs(sum - 1) < 1e-4)
  }

  @Test("samples have the mean and deviation asked for")
  func sampleMoments() {
    var random = testStream(11)
    let rows = 40_000
    let means = AlignedVector<Float>((0..<rows * 2).map { $0.isMultiple(of: 2) ? 1 : -2 })
    let deviations = AlignedVector<Float>([log(0.5), log(2)])
    let noise: AlignedVector<Float> = normalVector(rows * 2, using: &random)
    var actions = AlignedVector<Float>(zeros: rows * 2)
    var span = actions.mutableSpan
    DiagonalGaussian.writeSamples(means: means.span, logDeviations: deviations.span, noise: noise.span, into: &span)
    for (j, mean, deviation) in [(0, 1.0, 0.5), (1, -2.0, 2.0)] {
      let values = (0..<rows).map { Double(actions[$0 * 2 + j]) }
      let average = values.reduce(0, +) / Double(rows)
      let variance = values.reduce(0) { $0 + ($1 - average) * ($1 - average) } / Double(rows)
      #expect(abs(average - mean) < 4 * deviation / Double(rows).squareRoot())
      #expect(abs(variance.squareRoot() / deviation - 1) < 0.02)
    }
  }

  @Test("a policy keeps log σ between floor and ceiling, and reads back what it wrote")
  func policyBounds() throws {
    var random = testStream(12)
    let policy = StochasticPolicy(
      network: MLP(inputs: 4, hidden: [8], outputs: 3, activation: .tanh), bounds: -2...0.5)
    var p = AlignedVector<Float>(zeros: policy.parameters.upperBound)
    policy.initialize(
      &p, hidden: .orthogonal(gain: 1), output: .orthogonal(gain: 0.01), logDeviation: 3, using: &random)
    #expect(policy.logDeviations.allSatisfy { p[$0] == 0.5 })
    p[policy.logDeviations.lowerBound] = -9
    policy.clampDeviations(&p)
    #expect(p[policy.logDeviations.lowerBound] == -2)
    var copy = AlignedVector<Float>(zeros: p.count)
    try policy.read(policy.tensors(p, prefix: "policy"), prefix: "policy", file: "memory", into: &copy)
    #expect(copy.hasSameBits(as: p))
    p[policy.logDeviations.lowerBound] = 1
    #expect(throws: InvalidInput.self) {
      try policy.read(policy.tensors(p, prefix: "policy"), prefix: "policy", file: "memory", into: &copy)
    }
  }
}

@Suite("Losses")
struct LossTests {
  @Test("have gradients that agree with finite differences, and shards add up to the whole")
  func gradients() {
    var random = testStream(13)
    let outputs: AlignedVector<Double> = normalVector(9, using: &random)
    let targets: AlignedVector<Double> = normalVector(9, using: &random)
    for threshold in [nil, 0.7] {
      func loss(_ outputs: AlignedVector<Double>, _ gradients: inout AlignedVector<Double>) -> Double {
        var g = gradients.mutableSpan
        return threshold.map {
          Loss.huber(outputs.span, targets: targets.span, threshold: $0, dividedBy: 9, gradients: &g)
        } ?? Loss.squaredError(outputs.span, targets: targets.span, dividedBy: 9, gradients: &g)
      }
      var gradients = AlignedVector<Double>(zeros: 9)
      let whole = loss(outputs, &gradients)
      var unused = AlignedVector<Double>(zeros: 9)
      for i in 0..<9 {
        let numeric = centralDifference(i, of: outputs) { loss($0, &unused) }
        #expect(abs(numeric - gradients[i]) < 1e-8)
      }
      var parts = 0.0
      for (low, high) in [(0, 4), (4, 9)] {
        var g = unused.mutableSpan
        let (o, t) = (outputs.span.extracting(low..<high), targets.span.extracting(low..<high))
        parts +=
          threshold.map { Loss.huber(o, targets: t, threshold: $0, dividedBy: 9, gradients: &g) }
          ?? Loss.squaredError(o, targets: t, dividedBy: 9, gradients: &g)
      }
      #expect(abs(parts - whole) < 1e-14)
    }
  }
}
