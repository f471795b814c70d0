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

  /// The largest root mean square of a network's weights. They begin below 1 and grow to a few during learning; weights
  /// a hundred times larger have diverged.
  public static let weightLimit = 300.0
  /// The number of consecutive refused updates at which learning counts as failed.
  public static let refusalLimit = 100

  /// `nil` as long as the numbers can be trusted.
  public private(set) var failure: Failure?
  /// The updates refused since the last applied one, by the quantity of each optimiser, and the first of them.
  private var refusals: [String: Refusals] = [:]

  private struct Refusals: Hashable, Sendable, Codable {
    var count: Int
    var first: Failure
  }

  /// Healthy.
  public init() {}

  /// Whether all counts are possible; a file may hold any number.
  var hasPossibleCounts: Bool { refusals.values.allSatisfy { $0.count.isPossibleCount } }

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
