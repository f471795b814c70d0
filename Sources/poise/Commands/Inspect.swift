import ArgumentParser
import PoiseCore
import PoiseModels

struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows bodies, joints, limits, actuators and approximations of a robot.")

  @Argument(help: "A model file, or a name that `poise list` shows.")
  var file: String

  func run() throws {
    let model = try RobotModel(contentsOf: ShippedFiles().resolve(file))
    print(try ModelReport(model).text)
  }
}
