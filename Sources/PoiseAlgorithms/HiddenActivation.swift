/// What a scenario may ask for after each hidden layer of a learner's networks.
public enum HiddenActivation: String, CaseIterable, Sendable { case tanh, relu, elu, silu }
