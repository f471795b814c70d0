import PoiseCore
import PoiseEnvironments

/// Chooses the resting action.
struct RestingController: Controller, ControllerDriver {
  var name: String { "zero" }
  func makeDriver() -> any ControllerDriver { self }
  mutating func begin(_ plant: some Plant, random: RandomStream) {}

  func command(_ plant: some Plant, observation: [Float]) -> ControlCommand {
    guard let action = plant.restingAction else {
      preconditionFailure("a plant without a resting action cannot rest")
    }
    return .action(action)
  }
}

/// Draws from the action space.
struct RandomController: Controller {
  var name: String { "random" }
  func makeDriver() -> any ControllerDriver { Driver() }

  struct Driver: ControllerDriver {
    private var random = RandomStream(seed: 0, purpose: .controller)

    mutating func begin(_ plant: some Plant, random: RandomStream) { self.random = random }

    mutating func command(_ plant: some Plant, observation: [Float]) -> ControlCommand {
      .action(draw(plant.actionSpace))
    }

    private mutating func draw(_ space: Space) -> [Double] {
      switch space {
      case .discrete(let names): [Double(random.index(below: names.count))]
      case .composite(let parts): parts.flatMap { draw($0.space) }
      case .box, .image: (0..<space.count).map { _ in random.uniform(in: -1...1) }
      }
    }
  }
}
