import PoiseCore
import PoiseNetworks

/// What the next update of an off-policy learner depends on besides the replay buffer, networks, moments and priorities: the tensor
/// `<algorithm>.memory` of a checkpoint, JSON as bytes.
struct OffPolicyMemory: Codable {
  /// Updates so far.
  var updates: Int
  /// The stream from which batches are drawn.
  var sampling: RandomStream
  /// The streams of the shards.
  var smoothing: [RandomStream]
  /// Older files omit this field.
  var health: LearnerHealth?
  /// `nil` where all transitions are drawn alike.
  var priorities: BatchSampler.Priorities?

  init(updates: Int, sampler: BatchSampler, streams: [RandomStream], health: LearnerHealth) {
    self.updates = updates
    sampling = sampler.random
    smoothing = streams
    self.health = health
    priorities = sampler.priorities
  }

  /// Reads the state of a learner of as many shards.
  ///
  /// - Throws: `InvalidInput` for the state of another learner, or an impossible one.
  init(of algorithm: String, shards: Int, in tensors: [String: Tensor], file: String) throws(InvalidInput) {
    self = try Tensor.decode("\(algorithm).memory", in: tensors, file: file)
    guard smoothing.count == shards, updates.isPossibleCount, health?.hasPossibleCounts ?? true,
      priorities?.isPossible ?? true
    else {
      throw InvalidInput(
        Problem(
          file: file, place: "tensor '\(algorithm).memory'",
          found: "the state of \(smoothing.count) shards after \(updates) updates, or an impossible one",
          allowed: "that of \(shards) shards", remedy: "The checkpoint belongs to another scenario."))
    }
  }

  /// The tensors of a checkpoint: this one, and the priorities.
  func tensors(of algorithm: String, sampler: BatchSampler) throws -> [String: Tensor] {
    var tensors = sampler.tensors()
    tensors["\(algorithm).memory"] = try Tensor(encoding: self)
    return tensors
  }
}
