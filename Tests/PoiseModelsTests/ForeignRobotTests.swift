import Foundation
import PoiseCore
import PoiseModels
import PoiseSimulation
import Testing

/// Small models that users of other simulators brought, each with the motion that mechanics or MuJoCo 4.0.0 gives.
@Suite("Other people's robots")
struct ForeignRobotTests {
  private let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  /// Coordinates and rates after `seconds`, and the first accelerations.
  private func motion(
    _ body: String, option: String = "timestep='0.001' gravity='0 0 0'", outer: String = "", seconds: Double
  ) throws -> (positions: [Double], velocities: [Double], first: [Double], fastest: Double) {
    let text =
      "<mujoco><compiler angle='radian'/><option \(option)><flag contact='disable'/></option><worldbody>\(body)</worldbody>\(outer)</mujoco>"
    let robot = try Robot(RobotModel(contentsOf: folder.write(text.utf8)))
    let h = robot.world.parameters.timeStep
    var q = [Double](repeating: 0, count: robot.scalarJointCount)
    var v = q
    var first: [Double] = []
    var fastest = 0.0
    for step in 0..<Int((seconds / h).rounded()) {
      robot.step()
      robot.readScalarJoints(positions: &q, velocities: &v)
      if step == 0 { first = v.map { $0 / h } }
      fastest = max(fastest, v.map(abs).max() ?? 0)
    }
    return (q, v, first, fastest)
  }

  @Test("rotors turn at their joints: a spring swings one of two links and leaves the other at rest")
  func rotorOnSecondLink() throws {
    let end = try motion(
      """
      <body><joint axis='0 0 1' armature='1' stiffness='1' springref='1'/>
        <geom type='capsule' size='0.01' fromto='0 0 0 0.1 0 0' mass='0.1'/>
        <body pos='0.1 0 0'><joint axis='0 0 1' armature='1'/>
          <geom type='capsule' size='0.01' fromto='0 0 0 0.1 0 0' mass='0.1'/></body></body>
      """, seconds: 1)
    #expect(abs(end.first[0] - 0.9973) < 1e-4)
    #expect(abs(end.first[1] + 0.00086) < 1e-5)
    #expect(abs(end.positions[0] - 0.4590) < 5e-4)
    #expect(abs(end.positions[1] + 0.0004) < 1e-4)
  }

  @Test(
    "heavy rotors come as near with the iterative solver as models/README.md says",
    arguments: [
      // Links, rotor ÷ link's inertia about its joint, iterations, and the bounds of the worst coordinate's error after 1 s, rad.
      (2, 3.0, 20, 0.0, 1e-7), (2, 30, 14, 1e-3, 1e-2), (2, 30, 20, 1e-4, 2e-3), (2, 3000, 20, 1e-3, 1e-2),
      (2, 3000, 50, 0, 2e-5),
      (6, 30, 20, 0.03, 0.15), (6, 30, 100, 1e-3, 1e-2), (6, 30, 200, 0, 6e-4),
    ])
  func rotorsWithTheIterativeSolver(links: Int, ratio: Double, iterations: Int, least: Double, most: Double) throws {
    func end(_ custom: String) throws -> [Double] {
      let armature = ratio * 0.1 * 0.1 * 0.1 / 3
      var bodies = ""
      for link in (0..<links).reversed() {
        bodies = """
          <body pos='\(link == 0 ? 0 : 0.1) 0 0'>
            <joint axis='0 0 1' armature='\(armature)' stiffness='\(link % 3 == 0 ? armature : 0)' springref='1'/>
            <geom type='capsule' size='0.01' fromto='0 0 0 0.1 0 0' mass='0.1'/>\(bodies)</body>
          """
      }
      return try motion(bodies, outer: "<custom>\(custom)</custom>", seconds: 1).positions
    }
    let right = try end("")
    let found = try end(
      "<text name='poise_solver' data='iterative'/><numeric name='poise_iterations' data='\(iterations)'/>")
    let error = zip(found, right).map { abs($0 - $1) }.max() ?? 0
    #expect(error >= least && error <= most, "\(error) rad")
  }

  @Test("a slide has a rotor: 100 N/m stretched by 0.1 m move 1 + 3 kg by 2.5 m/s²")
  func rotorOfSlide() throws {
    let end = try motion(
      """
      <body><joint type='slide' axis='1 0 0' stiffness='100' springref='0.1' armature='3'/>
        <geom type='box' size='0.1 0.1 0.1' mass='1'/></body>
      """, seconds: 0.1)
    #expect(abs(end.first[0] - 2.5) < 1e-3)
    // 0.1 (1 − cos 0.5) = 0.01224 m, and 0.01236 by steps of 1 ms.
    #expect(abs(end.positions[0] - 0.01236) < 2e-5)
  }

  @Test("a hinge turns past half a turn, to where its spring rests")
  func pastHalfTurn() throws {
    let end = try motion(
      """
      <body><joint axis='0 1 0' range='-0.5235987755982988 4.537856055185257' damping='1' stiffness='1' springref='3.490658503988659'/>
        <geom type='capsule' size='0.02' fromto='0 0 0 0 0 0.5' mass='1'/></body>
      """, seconds: 6)
    #expect(abs(end.positions[0] - 3.4855) < 1e-3)
    #expect(end.fastest < 4)
  }

  @Test("a stop past a turn is met where it is", arguments: [4.0, 9.0, -7.5])
  func stopPastTurn(stop: Double) throws {
    let range = stop > 0 ? "-1 \(stop)" : "\(stop) 1"
    let text = """
      <mujoco><compiler angle='radian'/><option gravity='0 0 0'/><worldbody>
        <body><joint name='j' axis='0 1 0' range='\(range)' damping='0.1' armature='0.01'/>
          <geom type='sphere' size='0.1' mass='1'/></body></worldbody>
        <actuator><velocity joint='j' kv='5'/></actuator></mujoco>
      """
    let robot = try Robot(RobotModel(contentsOf: folder.write(text.utf8)))
    robot.setControl(stop > 0 ? 4 : -4, of: 0)
    robot.step(2500)
    var (q, v) = ([0.0], [0.0])
    robot.readScalarJoints(positions: &q, velocities: &v)
    #expect(abs(q[0] - stop) < 1e-3, "rests at \(q[0])")
    // And it comes off again.
    robot.setControl(stop > 0 ? -1 : 1, of: 0)
    robot.step(500)
    robot.readScalarJoints(positions: &q, velocities: &v)
    #expect(abs(q[0] - stop) > 0.8)
  }

  @Test("a spring wound by 8 rad unwinds to 8 rad")
  func manyTurns() throws {
    let end = try motion(
      """
      <body><joint axis='0 0 1' damping='0.2' stiffness='1' springref='8'/>
        <geom type='cylinder' size='0.2 0.02' mass='1'/></body>
      """, seconds: 3)
    #expect(abs(end.positions[0] - 8) < 1e-3)
    #expect(abs(end.velocities[0]) < 1e-2)
  }

  @Test("turns are kept through placing, saving and restoring")
  func turnsAreState() throws {
    let text = """
      <mujoco><compiler angle='radian'/><option gravity='0 0 0'/><worldbody>
        <body><joint axis='0 0 1' ref='20'/><geom size='0.1'/>
          <body pos='0 0 0.3'><joint axis='0 1 0' pos='0 0 0.1'/><joint axis='1 0 0' pos='0 0 0.1'/><geom size='0.1'/></body>
        </body></worldbody></mujoco>
      """
    let robot = try Robot(RobotModel(contentsOf: folder.write(text.utf8)))
    #expect(robot.world.readJoints().positions[0] == 20)
    var start = JointConfiguration(reference: robot.model)
    start.positions = [-33, 11, 0.4]
    start.velocities = [50, 0, 0]
    robot.place(start)
    let placed = robot.world.readJoints().positions
    for (a, b) in zip(placed, start.positions) { #expect(abs(a - b) < 1e-12) }
    robot.step(200)
    let state = robot.world.saved()
    let here = robot.world.readJoints().positions
    // It turns about its centre at a constant rate.
    #expect(abs(here[0] - (-33 + 50 * 0.4)) < 0.1, "\(here)")
    robot.step(500)
    let later = robot.world.readJoints().positions
    robot.world.restore(try JSONDecoder().decode(WorldState.self, from: JSONEncoder().encode(state)))
    #expect(robot.world.readJoints().positions == here)
    robot.step(500)
    #expect(robot.world.readJoints().positions == later)
  }

  @Test("what acts along the slides of a planar root exerts no torque about its hinge")
  func planarSlides() throws {
    let end = try motion(
      """
      <body><joint type='slide' axis='1 0 0' damping='2'/><joint type='slide' axis='0 0 1'/>
        <joint axis='0 1 0' stiffness='5' springref='1.5707963267948966'/>
        <geom type='sphere' size='0.1' pos='0 0 -0.5' mass='1'/></body>
      """, option: "timestep='0.00005' gravity='0 0 0'", seconds: 1)
    // MuJoCo 4.0.0 by its Runge–Kutta method; its steps of 1 ms by Euler's give 0.0552, −0.4935, 1.7547.
    #expect(abs(end.positions[0] - 0.0724) < 2e-3, "\(end.positions)")
    #expect(abs(end.positions[1] + 0.5911) < 6e-3)
    #expect(abs(end.positions[2] - 1.7540) < 5e-3)
  }

  @Test("an arm on a shoulder of three hinges has its whole weight: 5 c = 4.905 cos c")
  func chainSags() throws {
    let end = try motion(
      """
      <body pos='0 0 2'><joint axis='1 0 0' stiffness='200' damping='5'/><joint axis='0 0 1' stiffness='200' damping='5'/>
        <joint axis='0 1 0' stiffness='5' damping='1'/>
        <geom type='box' size='0.05 0.05 0.05' pos='0.5 0 0' mass='1'/></body>
      """, option: "timestep='0.001'", seconds: 8)
    #expect(abs(end.positions[2] - 0.7306) < 2e-4)
    #expect(abs(end.positions[0]) < 1e-6 && abs(end.positions[1]) < 1e-6)
  }

  @Test("a chain's intermediate links are in no sum of masses")
  func chainWeighs() throws {
    let text = """
      <mujoco><worldbody><body pos='0 0 2'><joint type='slide'/><joint axis='1 1 0'/><joint axis='0 1 1' pos='0 0 1'/>
        <geom size='0.1' mass='3' pos='1 0 0'/></body></worldbody></mujoco>
      """
    let robot = try Robot(RobotModel(contentsOf: folder.write(text.utf8)))
    #expect(robot.world.bodyCount == 3)
    #expect(robot.world.totalMass == 3)
    #expect((robot.world.centerOfMass - [1, 0, 2]).length < 1e-12)
  }

  @Test("a servo whose damper is stiffer than the step creeps to its target: x = 0.02 (1 − exp(−5 t)) − 0.02")
  func stiffServo() throws {
    let end = try motion(
      """
      <body><joint name='f' type='slide' axis='1 0 0' range='-0.05 0.05' ref='-0.02'/>
        <geom type='box' size='0.01 0.01 0.02' mass='0.1'/></body>
      """, option: "timestep='0.002' gravity='0 0 0'",
      outer: "<actuator><position joint='f' kp='1000' kv='200' ctrlrange='-0.05 0.05'/></actuator>", seconds: 1)
    #expect(abs(end.positions[0] + 0.0001) < 1e-4)
  }

  @Test("servos are stable for any gain, and keep within their force range", arguments: [1e2, 1e5, 1e9])
  func anyGain(gain: Double) throws {
    let text = """
      <mujoco><compiler angle='radian'/><option timestep='0.005' gravity='0 0 0'/><worldbody>
        <body><joint name='j' axis='0 1 0'/><geom type='sphere' size='0.1' mass='1'/></body></worldbody>
        <actuator><position joint='j' kp='\(gain)' kv='\(gain / 100)' forcerange='-0.2 0.1'/></actuator></mujoco>
      """
    let robot = try Robot(RobotModel(contentsOf: folder.write(text.utf8)))
    robot.setControl(1, of: 0)
    // 0.1 N·m on 0.004 kg·m²: 25 rad/s² as long as the range holds it back.
    robot.step(20)
    var (q, v) = ([0.0], [0.0])
    robot.readScalarJoints(positions: &q, velocities: &v)
    #expect(abs(v[0] - 2.5) < 1e-3 || gain < 1e3, "\(v)")
    #expect(abs(robot.effortSums[0] / Double(robot.effortSteps)) <= 0.1 + 1e-9)
    robot.step(2000)
    robot.readScalarJoints(positions: &q, velocities: &v)
    #expect(abs(q[0] - 1) < 0.02, "\(q)")
  }
}
