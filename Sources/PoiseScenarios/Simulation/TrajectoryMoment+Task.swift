import PoiseEnvironments
package import PoiseTasks

extension TrajectoryMoment {
  /// The row of an environment's last control step, or of the start of its episode; all of it comes from the snapshot.
  ///
  /// - Parameters:
  ///   - environment: an environment of `EnvironmentDetail.full`.
  ///   - episode: number of the episode.
  ///   - columns: the columns of the environment's model.
  package init(_ environment: TaskEnvironment, episode: Int, columns: CoordinateColumns) {
    let snapshot = environment.snapshot
    columns.write(snapshot, environment.plan, to: &self)
    self.episode = episode
    step = snapshot.step
    time = snapshot.time
    push = snapshot.pushForce
    isTerminated = environment.ending == .terminated
    isTruncated = environment.ending == .truncated
    guard step > 0 else { return }
    reward = snapshot.reward
    rewardTerms = snapshot.rewardTerms
    efforts = snapshot.efforts
    actions = snapshot.action.map { Double($0) }
    choice = snapshot.choice.map { environment.task.levels[$0].name }
  }
}
