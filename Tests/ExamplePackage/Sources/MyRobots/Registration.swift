import Poise

/// Makes everything of this package known to scenarios. Call it first thing in a program, before a scenario is read.
public func registerMyRobots() {
  Environments.register(Docking.self)
  Algorithms.register(RandomSearch.self)
  Terms.register(FeetDownReward.self)
}
