import Foundation
import PoiseCore
import PoiseModels
import PoiseRendering
import TestSupport
import Testing

@Suite("Pictures beside MuJoCo's rays")
struct MuJoCoTests {
  /// Written by `Golden/make_golden.py`.
  private struct Golden: Decodable {
    var width: Int
    var height: Int
    var fieldOfView: Double
    var eye: [Double]
    var target: [Double]
    /// Position and quaternion (w, x, y, z).
    var bodies: [String: [Double]]
    var geometries: [String]
    var depths: [Double]
    var shapes: [Int]
  }

  private static func vector(_ numbers: [Double]) -> Vector3 { [numbers[0], numbers[1], numbers[2]] }

  @Test("the humanoid in an odd pose: the same shape in each pixel, at the same depth")
  func humanoid() throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden/rays.json")
    let golden = try JSONDecoder().decode(Golden.self, from: Data(contentsOf: file))
    let model = try RobotModel(contentsOf: ProjectFolders.model("humanoid"))
    var scene = Scene(model)
    for (index, body) in model.bodies.enumerated() {
      let numbers = try #require(golden.bodies[body.name])
      scene.frames[index] = Pose(
        position: Self.vector(numbers),
        orientation: Quaternion(w: numbers[3], x: numbers[4], y: numbers[5], z: numbers[6]))
    }
    let camera = Camera(
      from: Self.vector(golden.eye), lookingAt: Self.vector(golden.target), fieldOfView: golden.fieldOfView)
    let shot = Shot(scene, camera, width: golden.width, height: golden.height)
    let names = model.geometries.map(\.name)
    var (same, other, robot) = (0, 0, 0)
    // MuJoCo's floor ends after 20 m.
    for i in shot.parts.indices where golden.depths[i] < 15 && !(golden.shapes[i] < 0 && shot.depths[i] > 15) {
      let expected = golden.shapes[i] < 0 ? "nothing" : golden.geometries[golden.shapes[i]]
      let found = shot.parts[i] < 0 ? "nothing" : names[Int(shot.parts[i])]
      guard expected == found else {
        // On the rim of a shape, float32 and float64 may disagree.
        other += 1
        continue
      }
      same += 1
      guard golden.shapes[i] >= 0 else { continue }
      if expected != "floor" { robot += 1 }
      #expect(abs(Double(shot.depths[i]) - golden.depths[i]) < 2e-5 * golden.depths[i] * golden.depths[i], "pixel \(i)")
    }
    #expect(other <= 3, "\(other) of \(same + other) pixels show another shape")
    #expect(robot > 150, "\(robot) pixels show the robot")
  }

  @Test("a robot's scene follows the robot")
  func placing() throws {
    let robot = try Robot(RobotModel(contentsOf: ProjectFolders.model("humanoid")))
    var scene = Scene(robot.model)
    for _ in 0..<60 { robot.step() }
    scene.place(robot)
    for body in robot.model.bodies.indices { #expect(scene.frames[body] == robot.pose(ofBody: body)) }
    #expect(scene.frames[0] != Scene(robot.model).frames[0], "it falls")
  }
}
