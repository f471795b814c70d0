import PoiseCore
import PoiseNetworks

/// Whether a learner's numbers can still be trusted.
///
/// One bad minibatch is passed over: `Adam` refuses what is not finite, and learning goes on. Learning is at its end where that
/// does not pass, or where the weights themselves are gone.
public struct LearnerHealth: Hashable, Sendable, Codable {
  /// Why learning cannot go on.
  public struct Failure: Hashable, Sendable, Codable, CustomStringConvertible {
    /// "the policy's weights".
    public var quantity: String
    /// What was found, and what is allowed.
    public var reason: String
    /// The update at which it was found first, counted from 1; 0 before any.
    public var update: Int

    public init(quantity: String, reason: String, update: Int) {
      self.quantity = quantity
      self.reason = reason
      self.update = update
    }

    public var description: String {
      "\(quantity): \(reason), first found \(update == 0 ? "before the first update" : "at update \(update)")"
    }
  }

  /// Largest root mean square of a network's weights. They begin below 1 and learn to a few; a hundred times that is no policy.
  public static let weightLimit = 300.0
  /// Updates that may be refused in a row.
  public static let refusalLimit = 100

  public private(set) var failure: Failure?
  /// Updates refused since the last one that was applied, of each optimizer by its quantity, and the first of them.
  private var refusals: [String: Refusals] = [:]

  private struct Refusals: Hashable, Sendable, Codable {
    var count: Int
    var first: Failure
  }

  public init() {}

  /// Whether learning may go on counting from here; a file may say anything.
  var hasPossibleCounts: Bool { refusals.values.allSatisfy { $0.count.isPossibleCount } }

  /// Takes note of what became of an update.
  ///
  /// - Parameters:
  ///   - quantity: whose gradients, for people.
  ///   - diagnosis: what else was found not to be finite, asked only where the update was refused.
  mutating func note(
    _ outcome: UpdateOutcome, of quantity: String, update: Int, diagnosis: () -> (quantity: String, reason: String)?
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

  /// Looks at the weights as a whole; a microsecond for ten thousand of them.
  ///
  /// - Parameter quantity: whose, for people.
  mutating func check(
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
