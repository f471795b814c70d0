public import PoiseAlgorithms
import PoiseCore
public import PoiseEnvironments
public import PoiseNetworks
import PoiseTasks

/// A learner at work on a scenario's worlds: what the run machinery needs to know of it. There is one for each family of algorithms.
///
/// Everything that `iterate` computes follows from the scenario, the seed and what `read` took, whatever the number of threads.
public protocol Trainer: AnyObject {
  /// Control steps of all worlds so far.
  var environmentSteps: Int { get }
  /// The deterministic policy as it stands.
  var policy: Policy { get }
  /// Collects some experience and learns from it. A report with a `failure` is the last one.
  ///
  /// - Parameters:
  ///   - stepLimit: where training ends, for schedules.
  ///   - reportBy: control steps at which the report is due, however long its interval.
  ///   - isStopped: asked every few milliseconds, by any thread; once true, it stays true.
  /// - Returns: `nil` if it was stopped before the iteration's end. What `tensors` gives then leads to the bits of an iteration that was
  ///   not stopped, once `iterate` is called again.
  func iterate(stepLimit: Int, reportBy: Int, isStopped: @Sendable () -> Bool) -> TrainingReport?
  /// Everything that the future depends on.
  func tensors() throws -> [String: Tensor]
  /// Takes what `tensors` gave, to the bit.
  ///
  /// - Parameter file: what messages call the source.
  func read(_ tensors: [String: Tensor], file: String) throws
  /// What stands in every checkpoint for whoever uses the policy: the policy itself, and tables to look at.
  func policyTensors() throws -> [String: Tensor]
  /// What a person should know at the start; empty for nothing.
  var note: String { get }
  /// Puts what is too large for a checkpoint into files of its own, on disk, before `tensors` is asked for.
  ///
  /// - Returns: what the checkpoint has to know of them.
  func willSave(in folder: RunFolder) throws -> [FileSeal]
  /// The checkpoint is there whole: files that only older ones referred to may go.
  func didSave(in folder: RunFolder) throws
  /// Takes what those files hold, after `read`.
  ///
  /// - Parameter known: what the checkpoint knows of the run's files, which has been checked.
  func readFiles(in folder: RunFolder, known: [FileSeal]) throws
}

extension Trainer {
  public var note: String { "" }
  public func policyTensors() throws -> [String: Tensor] { try policy.tensors() }
  public func willSave(in folder: RunFolder) throws -> [FileSeal] { [] }
  public func didSave(in folder: RunFolder) throws {}
  public func readFiles(in folder: RunFolder, known: [FileSeal]) throws {}

  /// An iteration from its beginning, or from where it was stopped, to its end.
  public func iterate(stepLimit: Int) -> TrainingReport {
    guard let report = iterate(stepLimit: stepLimit, reportBy: stepLimit, isStopped: { false }) else {
      preconditionFailure("an iteration stopped that nobody stopped")
    }
    return report
  }
}

extension Learner {
  /// Looks at the weights before anybody acts on them.
  ///
  /// - Returns: the last report of a training, where they are those of a policy no more.
  mutating func reportOfFailure() -> TrainingReport? {
    checkWeights()
    guard let failure = health.failure else { return nil }
    var report = TrainingReport()
    report.failure = failure
    return report
  }
}

extension Problem {
  /// Of a checkpoint whose `trainer.memory` is not what a trainer of so many worlds could have saved.
  static func foreignState(in file: String, worlds: Int, blockSize: Int) -> Self {
    Self(
      file: file, place: "tensor 'trainer.memory'", found: "the state of other worlds, or an impossible one",
      allowed: "that of \(worlds) worlds in blocks of \(blockSize)",
      remedy: "The checkpoint belongs to another scenario, or is damaged.")
  }
}

/// What one iteration of training brought.
public struct TrainingReport: Sendable {
  /// Name and value, always the same names in the same order; `nil` where there is nothing to tell.
  public var metrics: [(name: String, value: Double?)] = []
  public var faults: [EnvironmentFault] = []
  /// Why learning cannot go on: which quantity, what it was, at which update.
  public var failure: LearnerHealth.Failure?
  /// Seconds of wall time by phase. These alone touch the clock, and no number follows from them.
  public var phases: [(name: String, seconds: Double)] = []

  public init() {}

  public subscript(name: String) -> Double? { metrics.first { $0.name == name }?.value }
}

extension TrainingReport {
  /// Means over the episodes that ended in an iteration; all `nil` if none did.
  mutating func addEpisodes(_ episodes: [EpisodeSummary], task: any EnvironmentSpecification) {
    let count = Double(episodes.count)
    let steps = Double(episodes.reduce(0) { $0 + $1.steps })
    func mean(_ value: (EpisodeSummary) -> Double) -> Double? {
      episodes.isEmpty ? nil : episodes.reduce(0) { $0 + value($1) } / count
    }
    metrics += [
      ("episodes", count), ("return", mean(\.totalReward)),
      ("episode_length", mean { Double($0.steps) }),
    ]
    if task.metrics.contains(.survivalRate) { metrics.append(("survival", mean { $0.ending == .truncated ? 1 : 0 })) }
    for (i, name) in task.rewardNames.enumerated() {
      metrics.append(
        ("reward_\(name)_per_step", steps > 0 ? episodes.reduce(0) { $0 + $1.rewardTerms[i] } / steps : nil))
    }
  }
}
