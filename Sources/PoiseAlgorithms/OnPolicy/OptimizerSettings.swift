public import PoiseCore
import PoiseNetworks

/// The optimiser of an algorithm that offers a choice.
public struct OptimizerSettings: Configurable, Hashable {
  /// The rule of a step.
  public enum Kind: String, CaseIterable, Sendable { case rmsProp, adam }

  /// The rule of a step: RMSProp, as in the paper, or Adam.
  public var kind = Kind.rmsProp
  /// α of RMSProp, the share of the old mean square that is kept in each step, in [0, 1).
  public var rmsDecay = 0.99
  /// ε of RMSProp, added to the root of the mean square; positive.
  public var rmsEpsilon = 1e-5
  public init() {}

  public static let keys: [ConfigurationKey<Self>] = [
    .key("optimizer", \.kind, .choice, "rmsProp, as in the paper, or adam."),
    .key("rmsDecay", \.rmsDecay, .number(.from(0, below: 1)), "α of RMSProp."),
    .key("rmsEpsilon", \.rmsEpsilon, .number(.positive), "ε of RMSProp."),
  ]

  /// The settings in the form that the optimiser takes.
  func settings(adamEpsilon: Double) -> Adam<Float>.Settings {
    switch kind {
    case .rmsProp: .rmsProp(decay: rmsDecay, epsilon: rmsEpsilon)
    case .adam: .init(epsilon: adamEpsilon)
    }
  }
}
