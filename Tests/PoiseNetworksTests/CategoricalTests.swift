import Foundation
import PoiseCore
@testable import PoiseNetworks
import Testing

@Suite("Categorical distribution")
struct CategoricalTests {
  /// log of 1/2, 1/3 and 1/6, shifted: logits are free of a constant.
  static let logits = AlignedVector<Double>([log(0.5) + 3, log(1.0 / 3) + 3, log(1.0 / 6) + 3])
  static let uniform = AlignedVector<Double>([1, 1, 1])

  private static func written(_ count: Int, _ write: (inout MutableSpan<Double>) -> Void) -> [Double] {
    var vector = AlignedVector<Double>(zeros: count)
    var span = vector.mutableSpan
    write(&span)
    return Array(vector)
  }

  @Test("has the closed forms: probabilities, entropy and KL divergences of ½, ⅓, ⅙")
  func closedForms() {
    for (k, p) in [0.5, 1.0 / 3, 1.0 / 6].enumerated() {
      let action = AlignedVector<Double>([Double(k)])
      let logProbability = Self.written(1) {
        Categorical.writeLogProbabilities(of: action.span, logits: Self.logits.span, choices: 3, into: &$0)
      }
      #expect(abs(logProbability[0] - log(p)) < 1e-14)
    }
    // H = ½ log 2 + ⅓ log 3 + ⅙ log 6
    let entropy = Self.written(1) { Categorical.writeEntropies(logits: Self.logits.span, choices: 3, into: &$0) }
    #expect(abs(entropy[0] - (0.5 * log(2) + log(3) / 3 + log(6) / 6)) < 1e-14)
    // KL(p ‖ uniform) = log 3 − H; KL(uniform ‖ p) = ⅓ (log ⅔ + log 1 + log 2)
    func divergence(_ a: AlignedVector<Double>, _ b: AlignedVector<Double>) -> Double {
      Self.written(1) {
        Categorical.writeKLDivergences(fromLogits: a.span, toLogits: b.span, choices: 3, into: &$0)
      }[0]
    }
    #expect(abs(divergence(Self.logits, Self.uniform) - (log(3) - entropy[0])) < 1e-14)
    #expect(abs(divergence(Self.uniform, Self.logits) - log(4.0 / 3) / 3) < 1e-14)
    #expect(abs(divergence(Self.logits, Self.logits)) < 1e-14)
  }

  @Test("is finite for logits that overflow an exponential, and for a choice that never happens")
  func extremes() {
    let logits = AlignedVector<Double>([2000, 0, -2000])
    let action = AlignedVector<Double>([2])
    let values = Self.written(1) {
      Categorical.writeLogProbabilities(of: action.span, logits: logits.span, choices: 3, into: &$0)
    }
    #expect(values == [-4000])
    let entropy = Self.written(1) { Categorical.writeEntropies(logits: logits.span, choices: 3, into: &$0) }
    #expect(entropy == [0])
  }

  @Test("the greatest logit is the deterministic choice, of equal ones the first")
  func modes() {
    let logits = AlignedVector<Double>([1, 3, 2, 5, 5, 0])
    let modes = Self.written(2) { Categorical.writeModes(logits: logits.span, choices: 3, into: &$0) }
    #expect(modes == [1, 0])
  }

  @Test("samples fall on each choice as often as its probability says")
  func frequencies() {
    var random = testStream(14)
    let rows = 60_000
    let logits = AlignedVector<Float>((0..<3 * rows).map { Float(Self.logits[$0 % 3]) })
    let noise = AlignedVector<Float>((0..<rows).map { _ in min(Float(random.uniform()), Float(1).nextDown) })
    var actions = AlignedVector<Float>(zeros: rows)
    var span = actions.mutableSpan
    Categorical.writeSamples(logits: logits.span, choices: 3, noise: noise.span, into: &span)
    for (k, p) in [0.5, 1.0 / 3, 1.0 / 6].enumerated() {
      let share = Double(Array(actions).count { $0 == Float(k) }) / Double(rows)
      #expect(abs(share - p) < 4 * (p * (1 - p) / Double(rows)).squareRoot(), "choice \(k)")
    }
    // The last choice, also where rounding leaves the sum of the probabilities below the number.
    let edge = Self.written(1) {
      Categorical.writeSamples(
        logits: Self.logits.span, choices: 3, noise: AlignedVector<Double>([Double(1).nextDown]).span, into: &$0)
    }
    #expect(edge == [2])
  }
}

/// A policy of each family that has a distribution, with rows of outputs and actions.
private struct PolicyCase {
  let policy: StochasticPolicy
  let rows = 4
  var outputs, oldOutputs, actions, weights, parameters: AlignedVector<Double>

  init(_ distribution: ActionDistribution) {
    let width = distribution.outputCount(for: 3)
    policy = StochasticPolicy(
      network: MLP(inputs: 1, hidden: [], outputs: width, activation: .tanh), distribution: distribution)
    var random = testStream(15)
    outputs = normalVector(rows * width, using: &random)
    oldOutputs = normalVector(rows * width, using: &random)
    actions = normalVector(rows * policy.actionCount, using: &random)
    weights = normalVector(rows, using: &random)
    parameters = normalVector(policy.parameters.upperBound, using: &random)
    if distribution == .categorical { actions = AlignedVector([2, 0, 1, 1]) }
  }

  var oldLogDeviations: AlignedVector<Double> {
    AlignedVector(policy.logDeviations.enumerated().map { 0.3 * Double($0.offset) - 0.2 })
  }

  /// Σ weights ⊙ rows
  func weighted(_ write: (inout AlignedVector<Double>) -> Void) -> Double {
    var values = AlignedVector<Double>(zeros: rows)
    write(&values)
    return (0..<rows).reduce(0) { $0 + values[$1] * weights[$1] }
  }

  /// Compares gradients of outputs and log σ with central differences.
  func check(
    _ name: String, _ gradients: (inout AlignedVector<Double>, inout AlignedVector<Double>) -> Void,
    _ loss: (_ outputs: AlignedVector<Double>, _ parameters: AlignedVector<Double>) -> Double
  ) {
    var outputGradients = AlignedVector<Double>(zeros: outputs.count)
    var parameterGradients = AlignedVector<Double>(zeros: parameters.count)
    gradients(&outputGradients, &parameterGradients)
    for i in 0..<outputs.count {
      let numeric = centralDifference(i, of: outputs) { loss($0, parameters) }
      #expect(abs(numeric - outputGradients[i]) < 1e-6 * max(1, abs(numeric)), "\(name): output \(i)")
    }
    for i in policy.logDeviations {
      let numeric = centralDifference(i, of: parameters) { loss(outputs, $0) }
      #expect(abs(numeric - parameterGradients[i]) < 1e-6 * max(1, abs(numeric)), "\(name): log σ \(i)")
    }
  }
}

@Suite("Distributions of actions")
struct ActionDistributionTests {
  static let families: [ActionDistribution] = [.gaussian, .stateDependentGaussian, .squashedGaussian, .categorical]

  @Test("of every family have gradients that agree with finite differences", arguments: families)
  func gradients(distribution: ActionDistribution) {
    let c = PolicyCase(distribution)
    c.check("log-probability") {
      c.policy.writeLogProbabilityGradients(
        rows: c.rows, of: c.actions, outputs: c.outputs, parameters: c.parameters, logProbabilityGradients: c.weights,
        outputGradients: &$0, gradients: &$1)
    } _: { outputs, parameters in
      c.weighted {
        c.policy.writeLogProbabilities(
          rows: c.rows, of: c.actions, outputs: outputs, parameters: parameters, into: &$0)
      }
    }
    c.check("entropy") {
      c.policy.addEntropyGradients(
        rows: c.rows, outputs: c.outputs, entropyGradients: c.weights, outputGradients: &$0)
      let sum = (0..<c.rows).reduce(0) { $0 + c.weights[$1] }
      c.policy.addSharedEntropyGradients(scaledBy: sum, to: &$1)
    } _: { outputs, parameters in
      c.weighted { c.policy.writeEntropies(rows: c.rows, outputs: outputs, parameters: parameters, into: &$0) }
    }
    c.check("KL divergence") {
      c.policy.addKLDivergenceGradients(
        rows: c.rows, from: c.oldOutputs, logDeviations: c.oldLogDeviations, to: c.outputs, parameters: c.parameters,
        klDivergenceGradients: c.weights, outputGradients: &$0, gradients: &$1)
    } _: { outputs, parameters in
      c.weighted {
        c.policy.writeKLDivergences(
          rows: c.rows, from: c.oldOutputs, logDeviations: c.oldLogDeviations, to: outputs, parameters: parameters,
          into: &$0)
      }
    }
  }

  @Test("a Gaussian whose σ the network gives is the one whose σ is a parameter, where both are equal")
  func twoGaussians() {
    let shared = PolicyCase(.gaussian)
    for (distribution, isSquashed) in [(ActionDistribution.stateDependentGaussian, false), (.squashedGaussian, true)] {
      let own = PolicyCase(distribution)
      var outputs = own.outputs
      for r in 0..<4 {
        for j in 0..<3 {
          outputs[r * 6 + j] = shared.outputs[r * 3 + j]
          outputs[r * 6 + 3 + j] = shared.parameters[shared.policy.logDeviations.lowerBound + j]
        }
      }
      var (a, b) = (AlignedVector<Double>(zeros: 4), AlignedVector<Double>(zeros: 4))
      own.policy.writeLogProbabilities(
        rows: 4, of: shared.actions, outputs: outputs, parameters: own.parameters, into: &a)
      var span = b.mutableSpan
      let deviations = shared.parameters.span.extracting(shared.policy.logDeviations)
      if isSquashed {
        SquashedGaussian.writeLogProbabilities(
          of: shared.actions.span, means: shared.outputs.span, logDeviations: deviations, into: &span)
      } else {
        DiagonalGaussian.writeLogProbabilities(
          of: shared.actions.span, means: shared.outputs.span, logDeviations: deviations, into: &span)
      }
      #expect(worstRelativeDifference(Array(a), Array(b), floor: 1) < 1e-13)
    }
  }

  @Test("squashed, with σ from the network: gradients along u = μ + σ ε agree with finite differences")
  func reparameterized() {
    let c = PolicyCase(.squashedGaussian)
    let noise = c.actions
    func preActions(_ outputs: AlignedVector<Double>) -> AlignedVector<Double> {
      var u = AlignedVector<Double>(zeros: 12)
      c.policy.writeSamples(rows: 4, outputs: outputs, parameters: c.parameters, noise: noise, into: &u)
      return u
    }
    let u = preActions(c.outputs)
    c.check("reparameterised log-probability") { outputGradients, _ in
      var span = outputGradients.mutableSpan
      StateDependentGaussian.addReparameterizedGradients(
        preActions: u.span, outputs: c.outputs.span, actions: 3, noise: noise.span,
        logProbabilityGradients: c.weights.span, outputGradients: &span)
    } _: { outputs, parameters in
      c.weighted {
        c.policy.writeLogProbabilities(
          rows: 4, of: preActions(outputs), outputs: outputs, parameters: parameters, into: &$0)
      }
    }
  }

  @Test("what is taken without exploration: the mean, tanh of it, or the most probable choice")
  func deterministicActions() {
    let outputs = AlignedVector<Float>([0.1, 2, -0.3, -4])
    func actions(_ distribution: ActionDistribution, width: Int) -> [Float] {
      var scratch = AlignedVector<Float>(zeros: 4)
      var result = [Float](repeating: 0, count: 4 / width * distribution.actionCount(outputs: width))
      var span = result.mutableSpan
      distribution.writeDeterministicActions(
        outputs: outputs, width: width, scratch: &scratch, instructionSet: .baseline, into: &span)
      return result
    }
    func near(_ a: [Float], _ b: [Float]) -> Bool { zip(a, b).allSatisfy { abs($0 - $1) < 1e-6 } && a.count == b.count }
    #expect(actions(.gaussian, width: 2) == [0.1, 2, -0.3, -4])
    #expect(actions(.stateDependentGaussian, width: 2) == [0.1, -0.3])
    #expect(near(actions(.squashedGaussian, width: 2), [tanh(0.1), tanh(-0.3)]))
    #expect(near(actions(.deterministic, width: 4), [0.1, 2, -0.3, -4].map { tanh($0) }))
    #expect(actions(.categorical, width: 2) == [1, 0])
  }
}
