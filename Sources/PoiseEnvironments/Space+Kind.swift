extension Space {
  /// What a space is, apart from its size and names: what a learner asks for.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    case box, discrete, image, composite
  }

  /// What this space is.
  public var kind: Kind {
    switch self {
    case .box: .box
    case .discrete: .discrete
    case .image: .image
    case .composite: .composite
    }
  }
}
