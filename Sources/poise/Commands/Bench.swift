import ArgumentParser
import PoiseBenchmarks
import PoiseCore
import PoiseModels
import PoiseSimulation

struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Figures of this machine, each beside its floor.")

  func run() throws {
    let benchmark = PhysicsBenchmark()
    for name in ["pendulum", "cartpole", "humanoid"] {
      let model = try RobotModel(contentsOf: ShippedFiles().resolve(name))
      for s in [PhysicsParameters.Solver.direct, .iterative(iterations: 20)] {
        let r = try benchmark.run(model, solver: s)
        print(r)
      }
    }
  }
}
