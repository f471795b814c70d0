import CAllocationCounter
import PoiseCore
import PoiseModels
import PoiseRendering
import TestSupport
import Testing

@Suite("Memory of pictures")
struct AllocationTests {
  @Test(
    "a picture of any size takes two small allocations, from a robot's state to its bytes: buffers are used again",
    .enabled(if: ac_is_counting(), "needs glibc"), arguments: [16, 64, 256])
  func allocations(size: Int) throws {
    let robot = try Robot(RobotModel(contentsOf: ProjectFolders.model("humanoid")))
    var scene = Scene(robot.model)
    let camera = Camera(from: [2, -2, 1.5], lookingAt: [0, 0, 0.8])
    var renderer = Renderer(width: size, height: size, channels: .grey)
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
    #expect(ac_allocations() - before <= 20)
  }
}
