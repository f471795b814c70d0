import Foundation
import PoiseCore
import PoiseModels
import PoiseSimulation
import TestSupport
import Testing

@Suite("Public robot files", .enabled(if: ProjectFolders.hasPublicModels, "\(ProjectFolders.publicModelsRemedy)"))
struct PublicModelTests {
  static let files = [
    "gymnasium/humanoid.xml", "gymnasium/inverted_pendulum.xml", "gymnasium/inverted_double_pendulum.xml",
    "dm_control/humanoid.xml", "dm_control/cartpole.xml", "dm_control/pendulum.xml",
  ]

  @Test("load unmodified and run 20 s under random torques without a fault", arguments: files)
  func runs(file: String) throws {
    let robot = try Robot(RobotModel(contentsOf: "\(ProjectFolders.publicModels)/\(file)"))
    var random = RandomStream(seed: 0, purpose: .testing)
    let substeps = max(1, Int((0.02 / robot.world.parameters.timeStep).rounded()))
    for _ in 0..<Int(20 / (Double(substeps) * robot.world.parameters.timeStep)) {
      robot.setRandomControls(using: &random)
      robot.step(substeps)
      try #require(robot.world.firstFault(speed: 30, angularSpeed: 200, distance: 100) == nil)
    }
  }
}
