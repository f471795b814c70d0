import Dispatch
import PoiseCore
public import PoiseNetworks
public import PoiseScenarios
public import PoiseTraining

/// Trainings of one scenario on several seeds, side by side, each a run in a folder of its own.
///
/// Each trains on one thread. A seed's bits are those of the same training alone: nothing is shared but the machine.
public struct SeedTrainings: Sendable {
  /// One of the trainings.
  public struct Member: Sendable, Hashable {
    /// The root seed.
    public var seed: UInt64
    /// The run's folder.
    public var folder: String

    /// Describes a training.
    public init(seed: UInt64, folder: String) {
      self.seed = seed
      self.folder = folder
    }
  }

  /// The outcome of one training.
  public struct Outcome: Sendable {
    /// Which one.
    public var member: Member
    /// How it ended; `nil` where it failed.
    public var ending: TrainingRun.Ending?
    /// Why it failed, for people.
    public var failure: String?
    /// Control steps of all worlds.
    public var environmentSteps = 0
    /// Wall time, evaluations included, s.
    public var seconds = 0.0
    /// The best evaluation; `nil` before the first.
    public var best: EvaluationResult?
    /// Control steps of all worlds before the best evaluation.
    public var bestSteps = 0
  }

  /// The events of the trainings, for display; reported by one thread at a time.
  public enum Event: Sendable {
    /// Steps of one training so far.
    case progress(Member, environmentSteps: Int)
    /// One training was evaluated, after a number of control steps of all its worlds.
    case evaluation(Member, EvaluationResult, environmentSteps: Int)
    /// One training is over: finished, stopped or failed.
    case ended(Outcome)
  }

  /// The scenario that all of them train.
  public let scenario: LoadedScenario
  /// In the order in which they begin.
  public let members: [Member]
  private let instructionSet: InstructionSet

  /// Prepares the trainings; `run` trains.
  ///
  /// - Parameters:
  ///   - scenario: the scenario that all of them train.
  ///   - members: each with a seed and a folder that no other has.
  ///   - instructionSet: what the networks compute with.
  public init(_ scenario: LoadedScenario, members: [Member], instructionSet: InstructionSet) {
    precondition(Set(members.map(\.seed)).count == members.count, "a seed twice among \(members.map(\.seed))")
    self.scenario = scenario
    self.members = members
    self.instructionSet = instructionSet
  }

  /// Trains all of them to their end, or until a signal stops all after saving.
  ///
  /// - Parameters:
  ///   - parallel: trainings at once.
  ///   - stopSignal: asked by every training; a number other than 0, which then must stay, stops it.
  ///   - tell: called with what happens.
  /// - Returns: in the order of `members`; those that were not begun are left out.
  /// - Throws: what concerns all of them: a scenario that cannot be trained, a full disk.
  public func run(
    parallel: Int, stopSignal: @escaping @Sendable () -> Int32 = { 0 },
    tell: @escaping @Sendable (Event) -> Void = { _ in }
  ) throws -> [Outcome] {
    struct Progress: Sendable {
      var next = 0
      var outcomes: [Int: Outcome] = [:]
      var error: (any Error)?
    }
    let progress = Guarded(Progress())
    var workers = Array(0..<max(1, min(parallel, members.count)))
    WorkerPool(threadCount: workers.count).forEach(&workers) { _, _ in
      while true {
        let index: Int? = progress.withLock {
          guard $0.next < members.count, $0.error == nil, stopSignal() == 0 else { return nil }
          $0.next += 1
          return $0.next - 1
        }
        guard let index else { return }
        do {
          let outcome = try train(members[index], stopSignal) { event in progress.withLock { _ in tell(event) } }
          progress.withLock {
            $0.outcomes[index] = outcome
            tell(.ended(outcome))
          }
        } catch {
          progress.withLock { $0.error = $0.error ?? error }
        }
      }
    }
    return try progress.withLock { progress in
      if let error = progress.error { throw error }
      return members.indices.compactMap { progress.outcomes[$0] }
    }
  }

  private func train(
    _ member: Member, _ stopSignal: @Sendable () -> Int32, _ tell: (Event) -> Void
  ) throws -> Outcome {
    let run = try TrainingRun(
      scenario, seed: member.seed, folder: member.folder, threads: 1, instructionSet: instructionSet,
      beginning: DispatchTime.now().uptimeNanoseconds)
    var outcome = Outcome(member: member)
    do {
      outcome.ending = try run.run(stopSignal: stopSignal) { event in
        switch event {
        case .iteration(_, let steps): tell(.progress(member, environmentSteps: steps))
        case .evaluation(let result, let steps, _, _): tell(.evaluation(member, result, environmentSteps: steps))
        case .fault, .death: break
        }
      }
    } catch let error as TrainingFailure {
      // Only this seed has failed; the others continue.
      outcome.failure = error.description
    }
    outcome.environmentSteps = run.environmentSteps
    outcome.seconds = run.seconds
    if let best = run.best { (outcome.best, outcome.bestSteps) = best }
    return outcome
  }
}
