extension Space {
  /// The kind of a space, apart from its size and names; an algorithm supports some kinds.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    /// Named numbers with bounds.
    case box
    /// One of several named things.
    case discrete
    /// Rows of pixels.
    case image
    /// Several named spaces.
    case composite
  }

  /// The kind of this space.
  public var kind: Kind {
    switch self {
    case .box: .box
    case .discrete: .discrete
    case .image: .image
    case .composite: .composite
    }
  }
}
