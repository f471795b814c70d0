public import PoiseAlgorithms
public import PoiseCore
public import PoiseEnvironments
public import PoiseNetworks
import PoiseTasks

/// Trains a learner on a scenario's worlds, one iteration at a time. Each family of algorithms has one trainer.
///
/// All results of `iterate` follow from the scenario, the seed and the state that `read` restored, whatever the number
/// of threads.
public protocol Trainer: AnyObject {
  /// Control steps of all worlds so far.
  var environmentSteps: Int { get }
  /// The present deterministic policy.
  var policy: Policy { get }
  /// Collects transitions and learns from them until a report is due. A report with a `failure` is the last one.
  ///
  /// - Parameters:
  ///   - stepLimit: control steps of all worlds after which training ends, for schedules.
  ///   - reportBy: control steps of all worlds at which the report is due, even if its interval is longer.
  ///   - isStopped: asked every few milliseconds, by any thread; once true, it must stay true.
  /// - Returns: `nil` if it was stopped before the iteration's end. Call it again, here or after `read` of what
  ///   `tensors` gave, to complete the iteration; the bits are those of an iteration that was not stopped.
  func iterate(stepLimit: Int, reportBy: Int, isStopped: @Sendable () -> Bool) -> TrainingReport?
  /// Everything that further training depends on, except what `willSave` puts into files.
  ///
  /// - Throws: what `JSONEncoder` throws.
  func tensors() throws -> [String: Tensor]
  /// Restores what `tensors` gave, exact to the bit.
  ///
  /// - Parameters:
  ///   - tensors: by name; others than its own are ignored.
  ///   - file: the name of their file, for messages.
  /// - Throws: `InvalidInput` with what does not fit. Do not use this value after that.
  func read(_ tensors: [String: Tensor], file: String) throws
  /// Takes what the learner knows from what `tensors` of another trainer of the same algorithm gave; worlds, exploration and
  /// experience stay as they are. Only before the first iteration.
  ///
  /// - Throws: `InvalidInput` for networks of other shapes. Do not use this value after that.
  func beginWithLearner(_ tensors: [String: Tensor], file: String) throws(InvalidInput)

  /// The tensors in every checkpoint for users of the policy: the policy itself, and tables.
  ///
  /// - Throws: what `JSONEncoder` throws.
  func policyTensors() throws -> [String: Tensor]
  /// Information for the user at the start of a training; empty for none.
  var note: String { get }
  /// Writes the data that are too large for a checkpoint to files, before `tensors` is called.
  ///
  /// - Returns: the seals of these files, for the checkpoint.
  /// - Throws: `InputOutputError` if a file cannot be written.
  func willSave(in folder: RunFolder) throws -> [FileSeal]
  /// Removes the files to which only older checkpoints refer; called after a checkpoint was written.
  func didSave(in folder: RunFolder) throws
  /// Restores the data of these files; called after `read`.
  ///
  /// - Parameters:
  ///   - folder: the run's folder.
  ///   - known: the checkpoint's seals of the run's files, which have been checked.
  /// - Throws: `InputOutputError` if a file cannot be read, `InvalidInput` if it does not fit the checkpoint.
  func readFiles(in folder: RunFolder, known: [FileSeal]) throws
}

extension Trainer {
  /// No information, unless the trainer says otherwise.
  public var note: String { "" }
  /// The policy alone, unless the trainer says otherwise.
  public func policyTensors() throws -> [String: Tensor] { try policy.tensors() }
  /// Writes no files, unless the trainer says otherwise.
  public func willSave(in folder: RunFolder) throws -> [FileSeal] { [] }
  /// Removes no files, unless the trainer says otherwise.
  public func didSave(in folder: RunFolder) throws {}
  /// Reads no files, unless the trainer says otherwise.
  public func readFiles(in folder: RunFolder, known: [FileSeal]) throws {}

  /// Runs an iteration to its end, from its beginning or from where it was stopped.
  ///
  /// - Parameter stepLimit: control steps of all worlds after which training ends, for schedules.
  public func iterate(stepLimit: Int) -> TrainingReport {
    guard let report = iterate(stepLimit: stepLimit, reportBy: stepLimit, isStopped: { false }) else {
      preconditionFailure("an iteration ended early without a request to stop")
    }
    return report
  }
}

extension Learner {
  /// Checks the weights before the policy acts.
  ///
  /// - Returns: the last report of a training whose weights are not finite or too large; `nil` if they are sound.
  mutating func reportOfFailure() -> TrainingReport? {
    checkWeights()
    guard let failure = health.failure else { return nil }
    var report = TrainingReport()
    report.failure = failure
    return report
  }
}

extension Problem {
  /// The problem of a checkpoint whose `trainer.memory` a trainer of so many worlds cannot have written.
  static func foreignState(in file: String, worlds: Int, blockSize: Int) -> Self {
    Self(
      file: file, place: "tensor 'trainer.memory'", found: "the state of other worlds, or an impossible one",
      allowed: "that of \(worlds) worlds in blocks of \(blockSize)",
      remedy: "The checkpoint belongs to another scenario, or is damaged.")
  }
}

/// The report of one iteration of training.
public struct TrainingReport: Sendable {
  /// Names and values of the progress table, always the same names in the same order; `nil` for a metric without a
  /// value.
  public var metrics: [(name: String, value: Double?)] = []
  /// The faults of the environments in this iteration.
  public var faults: [EnvironmentFault] = []
  /// Why learning cannot go on: which quantity, what it was, at which update.
  public var failure: LearnerHealth.Failure?
  /// The network that learns no more, although its numbers can be trusted; `nil` if there is none.
  public var death: LearnerHealth.Death?
  /// Seconds of wall time by phase. They alone depend on the clock, and no other number depends on them.
  public var phases: [(name: String, seconds: Double)] = []

  /// An empty report.
  public init() {}

  /// The value of a metric; `nil` if there is no such metric or no value.
  public subscript(name: String) -> Double? { metrics.first { $0.name == name }?.value }
}

extension TrainingReport {
  /// Adds means over the episodes that ended in an iteration; all are `nil` if none did.
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
    for reward in task.rewardMetrics {
      let sum = episodes.reduce(0) { $0 + reward.measurement($1.rewardTerms) }
      metrics.append((reward.metric.name, steps > 0 ? sum / steps : nil))
    }
    for (i, name) in task.rewardNames.enumerated() {
      metrics.append(
        ("reward_\(name)_per_step", steps > 0 ? episodes.reduce(0) { $0 + $1.rewardTerms[i] } / steps : nil))
    }
  }
}
