import PoiseCore

extension ConfigurationKey {
  /// What every learner calls the mirror in which its networks are symmetric.
  static func mirrorSymmetry(_ property: any WritableKeyPath<Root, MirrorPlane?> & Sendable) -> Self {
    .key(
      "mirrorSymmetry", property, .optional(.choice),
      "Learn from everything as if its mirror image had happened too; robot and task must look the same in the mirror. null: no."
    )
  }
}
