public import PoiseEnvironments
import PoiseTasks

extension EpisodePlayer {
  /// Plays a whole episode, told as a learner sees it.
  ///
  /// - Parameters:
  ///   - number: which episode of the root seed.
  ///   - visit: called at the start and after every control step. A step that ended as a fault is left out.
  /// - Returns: a summary of the episode, with its measurements.
  @discardableResult
  public func playMoments(_ number: Int, visit: (PolicyEpisodes.Moment) throws -> Void) rethrows -> EpisodeSummary {
    try play(number) { moment in
      guard let reward = moment.reward else { return try visit(PolicyEpisodes.Moment(observation: observation)) }
      let action = environment.snapshot.choice.map { [Float($0)] } ?? moment.actions.map { Float($0) }
      let ending: EpisodeEnding = moment.isTerminated ? .terminated : moment.isTruncated ? .truncated : .running
      try visit(PolicyEpisodes.Moment(observation: observation, action: action, reward: reward, ending: ending))
    }
  }
}
