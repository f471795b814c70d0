public import PoiseCore
public import PoiseNetworks

extension DDPG {
  /// Everything that further training depends on except the replay buffer: `DeterministicActorCritic`'s tensors,
  /// `actor_adam.*`, `critic_adam.*`, and `ddpg.memory`, which is JSON as bytes.
  ///
  /// - Throws: what `JSONEncoder` throws.
  public func tensors() throws -> [String: Tensor] {
    var tensors = model.tensors()
    tensors.merge(actorAdam.tensors(prefix: "actor_adam")) { first, _ in first }
    tensors.merge(criticAdam.tensors(prefix: "critic_adam")) { first, _ in first }
    let memory = OffPolicyMemory(updates: updates, sampler: sampler, streams: shards.map(\.random), health: health)
    tensors.merge(try memory.tensors(of: Self.name, sampler: sampler)) { first, _ in first }
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
    let memory = try OffPolicyMemory(of: Self.name, shards: shards.count, in: tensors, file: file)
    updates = memory.updates
    sampler.restore(memory.sampling, memory.priorities, tensors)
    health = memory.health ?? LearnerHealth()
    for i in shards.indices { shards[i].random = memory.smoothing[i] }
  }
}
