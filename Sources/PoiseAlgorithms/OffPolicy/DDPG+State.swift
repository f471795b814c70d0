public import PoiseCore
public import PoiseNetworks

extension DDPG {
  /// What the next update depends on besides the networks' parameters and Adam's moments.
  private struct Rest: Codable {
    var updates: Int
    var sampling: RandomStream
    var smoothing: [RandomStream]
    /// Older files omit this field.
    var health: LearnerHealth?
  }

  /// Everything that further training depends on except the replay buffer: `DeterministicActorCritic`'s tensors,
  /// `actor_adam.*`, `critic_adam.*`, and `ddpg.memory`, which is JSON as bytes.
  ///
  /// - Throws: what `JSONEncoder` throws.
  public func tensors() throws -> [String: Tensor] {
    var tensors = model.tensors()
    tensors.merge(actorAdam.tensors(prefix: "actor_adam")) { first, _ in first }
    tensors.merge(criticAdam.tensors(prefix: "critic_adam")) { first, _ in first }
    tensors["ddpg.memory"] = try Tensor(
      encoding: Rest(updates: updates, sampling: sampling, smoothing: shards.map(\.random), health: health))
    return tensors
  }

  /// Restores everything that `tensors` gives, exact to the bit.
  ///
  /// - Parameters:
  ///   - tensors: by name; others than its own are ignored.
  ///   - file: the name of their file, for messages.
  /// - Throws: `InvalidInput` with what does not fit. Do not use this value after that.
  public mutating func read(_ tensors: [String: Tensor], file: String) throws(InvalidInput) {
    try model.read(tensors, file: file)
    try actorAdam.read(tensors, prefix: "actor_adam", file: file)
    try criticAdam.read(tensors, prefix: "critic_adam", file: file)
    let rest: Rest = try Tensor.decode("ddpg.memory", in: tensors, file: file)
    guard rest.smoothing.count == shards.count, rest.updates.isPossibleCount,
      rest.health?.hasPossibleCounts ?? true
    else {
      throw InvalidInput(
        Problem(
          file: file, place: "tensor 'ddpg.memory'",
          found: "the state of \(rest.smoothing.count) shards after \(rest.updates) updates, or an impossible one",
          allowed: "that of \(shards.count) shards", remedy: "The checkpoint belongs to another scenario."))
    }
    (updates, sampling) = (rest.updates, rest.sampling)
    health = rest.health ?? LearnerHealth()
    for i in shards.indices { shards[i].random = rest.smoothing[i] }
  }
}
