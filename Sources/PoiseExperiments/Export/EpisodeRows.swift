import PoiseCore
public import PoiseEnvironments
import PoiseFinite
import PoiseScenarios
public import PoiseTraining

/// Episodes of a task without a robot as CSV: a row for each control step.
///
/// Columns: `episode`; `step`, from 0 for the start; `state`, its name, for a finite problem, otherwise the observation with its names;
/// `action`, its name, or the numbers of it with their names and the suffix `_action`; `reward`; `terminated` and `truncated`, 0 or 1.
/// Actions and rewards stand in the row of the state that they led to, and are empty at the start.
public final class EpisodeRows {
  private let episodes: PolicyEpisodes
  private let process: FiniteProcess?
  private let file: WholeFile

  /// Begins a table of a trained policy's episodes; `commit` completes the file.
  ///
  /// - Parameters:
  ///   - path: the CSV; `-` for standard output.
  ///   - run: the run whose policy acts.
  ///   - seed: the root seed of the episodes.
  /// - Throws: `InputOutputError` if the file cannot be written.
  public init(_ path: String, run: TrainedRun, seed: UInt64) throws {
    episodes = try PolicyEpisodes(run.scenario, run.policy, seed: seed, instructionSet: run.instructionSet)
    let task = episodes.task
    process = task.finiteProcess
    file = try WholeFile(path)
    let states = process == nil ? task.observationSpace.elements.map(\.name) : ["state"]
    let actions = task.actionSpace.choices == nil ? task.actionSpace.elements.map { "\($0.name)_action" } : ["action"]
    let columns = ["episode", "step"] + states + actions + ["reward", "terminated", "truncated"]
    try file.write(columns.map(csvCell).joined(separator: ",") + "\n")
  }

  /// Plays episode `number` of the root seed, writes it and returns its summary.
  ///
  /// - Throws: `InputOutputError` if the file cannot be written.
  @discardableResult
  public func record(_ number: Int) throws -> EpisodeSummary {
    let task = episodes.task
    let names = task.actionSpace.choices
    var step = 0
    return try episodes.play(number) { moment in
      var cells = ["\(number)", "\(step)"]
      if let process {
        cells.append(process.problem.stateName(process.state(of: moment.observation)))
      } else {
        cells += moment.observation.map { "\($0)" }
      }
      if let action = moment.action {
        if let names {
          cells.append(action.first.map { names[Int($0)] } ?? "")
        } else {
          cells += action.map { "\($0)" }
        }
        cells.append("\(moment.reward)")
      } else {
        cells += Array(repeating: "", count: task.actionSpace.count + 1)
      }
      cells += [moment.ending == .terminated ? "1" : "0", moment.ending == .truncated ? "1" : "0"]
      try file.write(cells.map(csvCell).joined(separator: ",") + "\n")
      step += 1
    }
  }

  /// Completes the file, which appears only now.
  ///
  /// - Throws: `InputOutputError` if it cannot be written.
  public func commit() throws { try file.commit() }
}
