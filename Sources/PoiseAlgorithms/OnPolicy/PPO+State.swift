public import PoiseCore
public import PoiseNetworks

extension PPO {
  /// Everything that an update changes and later updates depend on. A copy shares its memory until one of the two is
  /// written to.
  public struct State: Sendable {
    fileprivate var model: ActorCritic
    fileprivate var average: AlignedVector<Float>?
    fileprivate var adam: Adam<Float>
    fileprivate var rest: Rest
  }

  /// What an update changes: save it before an update, and set it back if the update is interrupted.
  public var state: State {
    get { State(model: model, average: average, adam: adam, rest: rest) }
    set {
      (model, average, adam) = (newValue.model, newValue.average, newValue.adam)
      rest = newValue.rest
    }
  }

  private var rest: Rest {
    get { Rest(adaptiveRate: adaptiveRate, penalty: penalty, random: random, health: health) }
    set {
      (adaptiveRate, penalty, random) = (newValue.adaptiveRate, newValue.penalty, newValue.random)
      health = newValue.health ?? LearnerHealth()
    }
  }

  /// What the next update depends on besides the networks' parameters and Adam's moments.
  fileprivate struct Rest: Codable, Sendable {
    var adaptiveRate: AdaptiveLearningRate
    var penalty: Double
    var random: RandomStream
    /// Older files omit this field.
    var health: LearnerHealth?
  }

  /// Everything that further training depends on: `ActorCritic`'s tensors, the same under `average.*` with policy
  /// averaging, `adam.*`, and `ppo.memory`, which is JSON as bytes.
  ///
  /// - Throws: what `JSONEncoder` throws.
  public func tensors() throws -> [String: Tensor] {
    var tensors = model.tensors()
    if let average {
      tensors.merge(model.actor.tensors(average, prefix: "average.actor")) { first, _ in first }
      tensors.merge(model.critic.tensors(average, prefix: "average.critic")) { first, _ in first }
    }
    tensors.merge(adam.tensors(prefix: "adam")) { first, _ in first }
    tensors["ppo.memory"] = try Tensor(encoding: rest)
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
    if var average {
      try model.actor.read(tensors, prefix: "average.actor", file: file, into: &average)
      try model.critic.read(tensors, prefix: "average.critic", file: file, into: &average)
      self.average = average
    }
    try adam.read(tensors, prefix: "adam", file: file)
    let read: Rest = try Tensor.decode("ppo.memory", in: tensors, file: file)
    guard adaptiveRate.accepts(read.adaptiveRate), read.penalty.isFinite, read.health?.hasPossibleCounts ?? true
    else {
      throw InvalidInput(
        Problem(
          file: file, place: "tensor 'ppo.memory'",
          found:
            "a learning rate of \(read.adaptiveRate.rate), a penalty of \(read.penalty), or an impossible state",
          allowed: "those of this scenario's settings",
          remedy: "The checkpoint belongs to another scenario, or is damaged."))
    }
    rest = read
  }
}
