public import PoiseExperiments
public import PoiseNetworks
import PoiseCore
import PoiseEnvironments
import PoiseModels

/// Episodes of a scenario under a controller, recorded for the page.
public struct RunRecording: Sendable {
  public let layout: RecordingLayout
  public let episodes: [EpisodeTable]
  public let controlTimeStep: Double

  /// Plays episodes 0 … `episodes` − 1 of the root seed, which are those that `poise evaluate` judges for it.
  public init(
    _ scenario: LoadedScenario, _ controller: Controller, seed: UInt64, episodes: Int, instructionSet: InstructionSet
  ) throws {
    let player = try EpisodePlayer(scenario, controller, seed: seed, instructionSet: instructionSet)
    let task = scenario.task
    let layout = RecordingLayout(player)
    self.layout = layout
    controlTimeStep = task.timing.controlTimeStep
    let seconds = Double(task.timing.stepLimit) * task.timing.controlTimeStep
    self.episodes = (0..<episodes).map { number in
      var table = EpisodeTable(
        layout, about: EpisodeTable.About(title: "Episode \(number)", result: "", seconds: seconds))
      let summary = player.play(number) { table.append(player.robot, $0) }
      table.about.result = summary.story(controlTimeStep: task.timing.controlTimeStep)
      table.about.title = "Episode \(number): \(table.about.result)"
      return table
    }
  }
}

extension RecordingLayout {
  /// Of a task's episodes.
  init(_ player: EpisodePlayer) {
    let task = player.scenario.task
    self.init(player.robot, rewardTerms: task.rewardNames, watched: task.uprightBody, hasContacts: true)
  }
}

extension EpisodeSummary {
  /// How an episode went, in a few words.
  func story(controlTimeStep: Double) -> String {
    let seconds = (Double(steps) * controlTimeStep).rounded(significant: 4)
    let total = totalReward.rounded(significant: 4)
    return switch ending {
    case .running: "running"
    case .truncated: "lived all of \(seconds) s, return \(total)"
    case .terminated: "ended after \(seconds) s, return \(total)"
    case .fault: "ended as a fault after \(seconds) s, return \(total)"
    }
  }
}
