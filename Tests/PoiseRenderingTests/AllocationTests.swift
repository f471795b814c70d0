import CAllocationCounter
import PoiseCore
import PoiseModels
import PoiseRendering
import TestSupport
import Testing

@Suite("Memory of pictures")
struct AllocationTests {
  @Test(
    "nothing is allocated for a picture, from a robot's state to its bytes",
    .enabled(if: ac_is_counting(), "needs glibc"))
  func allocations() throws {
    let robot = try Robot(RobotModel(contentsOf: ProjectFolders.model("humanoid")))
    var scene = Scene(robot.model)
    let camera = Camera(from: [2, -2, 1.5], lookingAt: [0, 0, 0.8])
    var renderer = Renderer(width: 64, height: 64, channels: .grey)
    var bytes = [UInt8](repeating: 0, count: renderer.byteCount)
    func shoot() {
      scene.place(robot)
      renderer.draw(scene, from: camera)
      var pixels = bytes.mutableSpan
      renderer.read(into: &pixels)
    }
    shoot()
    let before = ac_allocations()
    for _ in 0..<10 { shoot() }
    let count = ac_allocations() - before
    #expect(count == 0, "\(count) allocations for 10 pictures")
  }
}
