public import PoiseCore

extension Adam<Float> {
  /// The state as tensors: `<prefix>.first_moments` and `.second_moments` [parameters], gaps included, and `.updates`
  /// [applied, skipped].
  public func tensors(prefix: String) -> [String: Tensor] {
    [
      "\(prefix).first_moments": Tensor(Array(firstMoments), shape: [firstMoments.count]),
      "\(prefix).second_moments": Tensor(Array(secondMoments), shape: [secondMoments.count]),
      "\(prefix).updates": Tensor([Int64(appliedUpdates), Int64(skippedUpdates)], shape: [2]),
    ]
  }

  /// Restores the state from tensors, exact to the bit; settings are not changed.
  ///
  /// - Parameters:
  ///   - tensors: by name.
  ///   - prefix: the first part of the names.
  ///   - file: the name of their file, for messages.
  /// - Throws: `InvalidInput` with everything that does not fit; then nothing is changed.
  public mutating func read(_ tensors: [String: Tensor], prefix: String, file: String) throws(InvalidInput) {
    var reader = TensorReader(tensors: tensors, file: file)
    let shape = [firstMoments.count]
    let first = reader.floats("\(prefix).first_moments", shape: shape)
    let second = reader.floats("\(prefix).second_moments", shape: shape, where: { $0 >= 0 }, "numbers not below 0")
    let updates = reader.integers(
      "\(prefix).updates", shape: [2], where: { $0 >= 0 && $0 < 1 << 53 }, "numbers not below 0")
    try reader.finish()
    firstMoments = AlignedVector(first)
    secondMoments = AlignedVector(second)
    appliedUpdates = Int(updates[0])
    skippedUpdates = Int(updates[1])
  }
}
