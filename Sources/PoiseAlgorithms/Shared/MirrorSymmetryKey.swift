import PoiseCore

// The key for mirror symmetry, which all learners share.

extension ConfigurationKey {
  static func mirrorSymmetry(_ property: any WritableKeyPath<Root, MirrorPlane?> & Sendable) -> Self {
    .key(
      "mirrorSymmetry", property, .optional(.choice),
      "Tie the networks' weights in pairs, so that they act alike in a mirror: leftRight mirrors in the plane y = 0, frontBack in x = 0. Robot and task must be symmetric; pushes should be. null: no."
    )
  }
}

extension ConfigurationChecks {
  /// A single hidden unit is its own mirror image, and actions that change their sign in the mirror would always be 0.
  mutating func requirePairs(of sizes: [Int], at key: String, for mirror: MirrorPlane?) {
    require(
      mirror == nil || sizes.allSatisfy { $0 > 1 }, at: key, found: "a layer of one unit",
      allowed: "two units or more, with mirrorSymmetry")
  }
}
