public import PoiseCore
@testable public import PoiseTasks
import Testing
import PoiseEnvironments

// This is the README's example of a new reward term, word for word. It is then added to `Terms.rewards`.

/// Both feet on the ground pay.
public struct FeetDownReward: RewardTerm {
  public var feet = ["left_foot", "right_foot"]
  public init() {}

  public static let termName = "feetDown"
  public static let documentation = "Share of the feet that stand on something."
  public static let keys: [ConfigurationKey<Self>] = [
    .key("feet", \.feet, .list(of: .text("the name of a body")), "Which bodies are feet.")
  ]

  public func bind(_ binder: inout TermBinder) -> BoundReward {
    let feet = binder.contacts(feet, key: "feet")
    return BoundReward(reads: .after, bounds: 0...1) { transition in
      Double(feet.count { transition.after.contactForces[$0].length > 1 }) / Double(feet.count)
    }
  }
}

@Suite("A reward term of a user")
struct UserTermTests {
  @Test("is under 20 lines, and is used like those that ship")
  func isUsed() throws {
    var task = RobotTask()
    task.rewards = [Reward(FeetDownReward(), weight: 3)]
    task.reset = [Reset(OnGroundReset())]
    let player = try Player(bind(task, to: "humanoid"))
    player.reset()
    for _ in 0..<5 { player.step(Array(repeating: 0, count: 16)) }
    #expect(player.outcome.reward == 3)
    #expect(player.environment.task.rewardNames == ["feetDown"])
  }

  @Test("shows a wrong name with the names there are")
  func wrongName() throws {
    var term = FeetDownReward()
    term.feet = ["left_foott"]
    var task = RobotTask()
    task.rewards = [Reward(term)]
    do {
      _ = try bind(task, to: "humanoid")
      Issue.record("bound to a body that is not there")
    } catch let error as InvalidInput {
      #expect(error.problems.count == 1)
      #expect(
        error.description.hasPrefix("test: rewards.feetDown.feet: found 'left_foott'; allowed a body of the model:"))
      #expect(error.description.hasSuffix("Did you mean 'left_foot'?"))
    }
  }
}
