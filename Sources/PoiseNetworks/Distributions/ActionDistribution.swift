public import PoiseCore

/// The family of distributions of actions that the outputs of a policy's network parametrise.
///
/// A row of outputs belongs to one observation. An action has one float for each number of a box, or one for the index
/// of a choice. `StochasticPolicy` has the log-probabilities, entropies, KL divergences and gradients of each family.
public enum ActionDistribution: String, Sendable, Codable, CaseIterable {
  /// N(μ, diag σ²): the network gives μ, [actions]; log σ is a trainable parameter of each action, the same in every state.
  case gaussian
  /// N(μ, diag σ²): the network gives μ and then log σ, [2 × actions].
  case stateDependentGaussian
  /// tanh u, u ~ N(μ, diag σ²): the network gives μ and then log σ, [2 × actions].
  case squashedGaussian
  /// One of n choices: the network gives a logit for each, [choices].
  case categorical
  /// tanh z, without randomness: the network gives z, [actions].
  case deterministic

  /// Whether actions are squashed by tanh.
  public var isSquashed: Bool { self == .squashedGaussian || self == .deterministic }

  /// The number of outputs of the network for actions of `count` numbers, or for `count` choices.
  public func outputCount(for count: Int) -> Int {
    switch self {
    case .gaussian, .categorical, .deterministic: count
    case .stateDependentGaussian, .squashedGaussian: 2 * count
    }
  }

  /// The number of floats of an action, from the number of the network's outputs.
  public func actionCount(outputs: Int) -> Int {
    switch self {
    case .gaussian, .deterministic: outputs
    case .stateDependentGaussian, .squashedGaussian: outputs / 2
    case .categorical: 1
    }
  }

  /// The number of random numbers of a sample, from the number of the network's outputs.
  public func noiseCount(outputs: Int) -> Int { self == .deterministic ? 0 : actionCount(outputs: outputs) }

  /// Draws the random numbers of the samples of several rows, each row from its own stream: standard normal ones, or
  /// uniform ones in [0, 1) for `categorical`.
  ///
  /// - Parameters:
  ///   - outputs: the number of the network's outputs.
  ///   - random: one stream for each row.
  ///   - noise: receives the numbers, [rows, noiseCount].
  public func fillNoise(outputs: Int, using random: inout [RandomStream], into noise: inout AlignedVector<Float>) {
    let n = noiseCount(outputs: outputs)
    guard n > 0 else { return }
    for r in random.indices {
      if self == .categorical {
        // Rounding to a float may reach 1.
        noise[r] = min(Float(random[r].uniform()), Float(1).nextDown)
      } else {
        var row = noise.mutableSpan(of: r * n..<(r + 1) * n)
        random[r].fillNormal(&row)
      }
    }
  }

  /// Writes the action without exploration: the mean, its tanh, or the most probable choice.
  ///
  /// - Parameters:
  ///   - outputs: outputs of the network, [row capacity, width].
  ///   - width: the number of outputs of a row.
  ///   - scratch: work memory of the size of `outputs`, used for tanh only.
  ///   - instructionSet: the kernels of tanh.
  ///   - actions: receives the actions, [rows, actions]; its count gives the number of rows.
  public func writeDeterministicActions(
    outputs: borrowing AlignedVector<Float>, width: Int, scratch: inout AlignedVector<Float>,
    instructionSet: InstructionSet, into actions: inout MutableSpan<Float>
  ) {
    switch self {
    case .gaussian, .stateDependentGaussian:
      copyMeans(outputs.span, width: width, into: &actions)
    case .squashedGaussian, .deterministic:
      Activation.tanh.apply(to: outputs, into: &scratch, instructionSet: instructionSet)
      copyMeans(scratch.span, width: width, into: &actions)
    case .categorical:
      Categorical.writeModes(logits: outputs.span, choices: width, into: &actions)
    }
  }

  /// Copies the first columns of each row.
  private func copyMeans(_ outputs: Span<Float>, width: Int, into actions: inout MutableSpan<Float>) {
    let n = actionCount(outputs: width)
    for r in 0..<actions.count / n {
      for j in 0..<n { actions[r * n + j] = outputs[r * width + j] }
    }
  }
}
