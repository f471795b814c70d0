import PoiseCore
public import PoiseNetworks

/// Whether a learner's numbers can still be trusted.
///
/// One bad minibatch is skipped: `Adam` refuses what is not finite, and learning goes on. Learning has failed if
/// updates are refused again and again, or if the weights themselves are not finite or too large.
public struct LearnerHealth: Hashable, Sendable, Codable {
  /// Why learning cannot go on.
  public struct Failure: Hashable, Sendable, Codable, CustomStringConvertible {
    /// The name of the quantity that failed: "the policy's weights".
    public var quantity: String
    /// What was found, and what is allowed, in words.
    public var reason: String
    /// The update at which it was found first, counted from 1; 0 before any.
    public var update: Int

    /// Makes a failure of its parts; parameters are as the properties.
    public init(quantity: String, reason: String, update: Int) {
      self.quantity = quantity
      self.reason = reason
      self.update = update
    }

    public var description: String {
      "\(quantity): \(reason), first found \(update == 0 ? "before the first update" : "at update \(update)")"
    }
  }

  /// A network that learns no more, although its numbers can be trusted.
  public struct Death: Hashable, Sendable, Codable, CustomStringConvertible {
    /// The network: "the actor".
    public var network: String
    /// The sign of it, as a clause: "all units of its hidden layer 1 were off".
    public var sign: String
    /// The first of the updates in a row in which it had this sign, counted from 1.
    public var update: Int

    /// The clause for a progress line: "the actor has died".
    public var headline: String { "\(network) has died" }

    public var description: String {
      "\(headline): \(sign) in every one of \(LearnerHealth.idleLimit) updates since update \(update). "
        + "Try another seed, activation tanh or elu in place of relu, smaller learning rates, or normalised layers."
    }
  }

  /// The number of consecutive updates without a sign of life after which a network counts as dead.
  public static let idleLimit = 2000

  /// The largest root mean square of a network's weights. They begin below 1 and grow to a few during learning; weights
  /// a hundred times larger have diverged.
  public static let weightLimit = 300.0
  /// The number of consecutive refused updates at which learning counts as failed.
  public static let refusalLimit = 100

  /// `nil` as long as the numbers can be trusted.
  public private(set) var failure: Failure?
  /// The updates refused since the last applied one, by the quantity of each optimiser, and the first of them.
  private var refusals: [String: Refusals] = [:]

  /// Updates in a row in which a network could not learn, by the network; `nil` if there are none, and in older files.
  private var idle: [String: Idle]?
  /// The network that has died, as long as it has not come back to life; `nil` if none has.
  public private(set) var death: Death?

  private struct Idle: Hashable, Sendable, Codable {
    var count: Int
    var first: Int
  }

  private struct Refusals: Hashable, Sendable, Codable {
    var count: Int
    var first: Failure
  }

  /// Healthy.
  public init() {}

  /// Whether all counts are possible; a file may hold any number.
  var hasPossibleCounts: Bool {
    refusals.values.allSatisfy { $0.count.isPossibleCount }
      && (idle ?? [:]).values.allSatisfy { $0.count.isPossibleCount }
  }

  /// Notes whether an update found a network alive.
  ///
  /// - Parameters:
  ///   - network: for people: "the actor".
  ///   - deadLayer: the index of a hidden layer whose units were all off in every row of the batch; `nil` if there is none.
  ///   - gradientNorm: the norm of the gradients that it was given; `nil` if that says nothing.
  ///   - update: the number of the update, counted from 1.
  public mutating func noteLife(of network: String, deadLayer: Int?, gradientNorm: Double? = nil, update: Int) {
    guard deadLayer != nil || gradientNorm == 0 else {
      if idle != nil {
        idle?[network] = nil
        if idle?.isEmpty == true { idle = nil }
      }
      if death?.network == network { death = nil }
      return
    }
    var row = idle?[network] ?? Idle(count: 0, first: update)
    row.count += 1
    if row.count >= Self.idleLimit, death == nil {
      let sign = deadLayer.map { "all units of its hidden layer \($0 + 1) were off" } ?? "its gradient was 0"
      death = Death(network: network, sign: sign, update: row.first)
    }
    idle = idle ?? [:]
    idle?[network] = row
  }

  /// Notes the outcome of an update.
  ///
  /// - Parameters:
  ///   - outcome: what the optimiser made of it.
  ///   - quantity: whose gradients, for people.
  ///   - update: its number, counted from 1.
  ///   - diagnosis: what else was found not to be finite, asked only where the update was refused.
  public mutating func note(
    _ outcome: UpdateOutcome, of quantity: String, update: Int,
    diagnosis: () -> (quantity: String, reason: String)? = { nil }
  ) {
    guard case .skipped(let refusal) = outcome else {
      if !refusals.isEmpty { refusals[quantity] = nil }
      return
    }
    if refusals[quantity] == nil {
      let cause = diagnosis() ?? (quantity, refusal.reason)
      refusals[quantity] = Refusals(
        count: 0, first: Failure(quantity: cause.quantity, reason: cause.reason, update: update))
    }
    refusals[quantity]?.count += 1
    guard let row = refusals[quantity], row.count >= Self.refusalLimit, failure == nil else { return }
    failure = row.first
    failure?.reason += ", and no update could be applied since, \(row.count) in a row"
  }

  /// Checks the root mean square of all weights; takes a microsecond for ten thousand of them.
  ///
  /// - Parameters:
  ///   - weights: of a network, or of several.
  ///   - quantity: whose, for people.
  ///   - update: the number of updates so far.
  ///   - instructionSet: the kernels that compute their norm.
  public mutating func check(
    _ weights: borrowing AlignedVector<Float>, of quantity: String, update: Int, instructionSet: InstructionSet
  ) {
    guard failure == nil else { return }
    let size = weights.euclideanNorm(instructionSet: instructionSet) / Double(max(1, weights.count)).squareRoot()
    // A comparison with NaN is false.
    if size <= Self.weightLimit { return }
    let reason: String
    if let index = Self.firstNotFinite(weights) {
      reason = "number \(index) is \(weights[index])"
    } else {
      reason = "their root mean square is \(size.rounded(significant: 4)), allowed to \(Self.weightLimit)"
    }
    failure = Failure(quantity: quantity, reason: reason, update: update)
  }

  static func firstNotFinite(_ vector: borrowing AlignedVector<Float>, below count: Int = .max) -> Int? {
    for i in 0..<min(count, vector.count) where !vector[i].isFinite { return i }
    return nil
  }
}
