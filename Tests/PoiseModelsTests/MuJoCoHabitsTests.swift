import Foundation
import PoiseCore
import PoiseModels
import PoiseSimulation
import Testing

/// What public models do and need not be refused; the right answers are MuJoCo 4.0.0's.
@Suite("A model as MuJoCo has it")
struct MuJoCoHabitsTests {
  private func model(_ text: String) throws -> RobotModel {
    let folder = try TemporaryFolder()
    return try RobotModel(contentsOf: folder.write(text.utf8, to: "robot.xml"))
  }

  // MARK: Rest

  @Test(
    "lets a ball of 268 kg lie on the ground at 0.3996 m",
    arguments: [PhysicsParameters.Solver.direct, .iterative(iterations: 20)])
  func heavyBall(_ solver: PhysicsParameters.Solver) throws {
    let model = try model(
      """
      <mujoco><worldbody>
        <geom type="plane" size="0 0 1"/>
        <body name="ball" pos="0 0 0.4"><freejoint/><geom type="sphere" size="0.4"/></body>
      </worldbody></mujoco>
      """)
    var physics = model.physics
    physics.solver = solver
    let robot = try Robot(model, physics: physics)
    robot.step(Int(5 / physics.timeStep))
    #expect(abs(robot.pose(ofBody: 0).position.z - 0.3996) < 5e-4)
  }

  @Test(
    "lets three boxes stand on each other", arguments: [PhysicsParameters.Solver.direct, .iterative(iterations: 20)])
  func threeBoxes(_ solver: PhysicsParameters.Solver) throws {
    let boxes = (0..<3).map {
      "<body pos='0 0 \(0.1 + 0.2 * Double($0))'><freejoint/><geom type='box' size='0.1 0.1 0.1' mass='1'/></body>"
    }
    let model = try model(
      "<mujoco><worldbody><geom type='plane' size='0 0 1'/>\(boxes.joined())</worldbody></mujoco>")
    var physics = model.physics
    physics.solver = solver
    let robot = try Robot(model, physics: physics)
    for seconds in [0.12, 4.88] {
      robot.step(Int((seconds / physics.timeStep).rounded()))
      for body in 0..<3 {
        #expect(abs(robot.pose(ofBody: body).position.z - (0.1 + 0.2 * Double(body))) < 1e-3)
        #expect(robot.velocity(ofBody: body).linear.length < 2e-3)
      }
    }
    #expect(robot.world.firstFault() == nil)
  }

  // MARK: Masses

  @Test("may have a body of 4e-10 kg that a joint holds: it falls and swings as its mass does not matter")
  func tinyMasses() throws {
    let goal = try model(
      """
      <mujoco><worldbody><body name="goal"><joint name="g" type="slide" axis="0 0 1"/>
        <geom type="cylinder" size="0.08 0.001" density="0.00001" contype="0" conaffinity="0"/></body></worldbody></mujoco>
      """)
    let falling = try Robot(goal)
    falling.step(500)
    #expect(abs(falling.pose(ofBody: 0).position.z + 9.81 / 2 * 1.002) < 1e-6)
    // A rod hinged at its end against the same rod of 1 kg.
    var angles: [Double] = []
    for mass in [1, 1e-12] {
      let rod = try Robot(
        model(
          """
          <mujoco><worldbody><body name="rod"><joint axis="0 1 0"/>
            <inertial pos="0.5 0 0" mass="\(mass)" diaginertia="\(0.01 * mass) \(mass / 12) \(mass / 12)"/>
          </body></worldbody></mujoco>
          """))
      rod.step(500)
      angles.append(rod.configuration().positions[0])
    }
    #expect(abs(angles[0] - angles[1]) < 1e-6, "\(angles)")
  }

  @Test("may have such a body that flies freely only where it touches and carries nothing")
  func tinyFreeBodies() throws {
    func text(_ attributes: String) -> String {
      """
      <mujoco><worldbody><geom type="plane" size="0 0 1"/>
        <body name="dust"><freejoint/><geom size="0.05" mass="1e-11" \(attributes)/></body></worldbody></mujoco>
      """
    }
    _ = try model(text("contype='0' conaffinity='0'"))
    do {
      _ = try model(text(""))
      Issue.record("accepted")
    } catch let error as InvalidInput {
      #expect(error.description.contains("allowed at least 1e-09 kg and 1e-12 kg·m²"), "\(error)")
    }
  }

  @Test("is told of masses that the iterative solver cannot weigh against each other, and not with the direct one")
  func massRatios() throws {
    func notes(_ heavy: Double, solver: String) throws -> [String] {
      let model = try model(
        """
        <mujoco>
          <custom><text name="poise_solver" data="\(solver)"/></custom>
          <worldbody><geom type="plane" size="0 0 1"/>
            <body name="leg" pos="0 0 0.1"><freejoint/><geom type="box" size="0.1 0.1 0.1" mass="0.1"/></body>
            <body name="table" pos="0 0 0.3"><freejoint/><geom type="box" size="0.1 0.1 0.1" mass="\(heavy)"/>
              <body name="lamp"><joint/><geom size="0.1" mass="\(heavy / 100)"/></body></body>
          </worldbody></mujoco>
        """)
      return try Linkage(model).approximations.map { "\($0.place): \($0.meaning)" }
    }
    #expect(try notes(100, solver: "direct").isEmpty)
    let told = try notes(100, solver: "iterative")
    #expect(told.count == 2)
    #expect(
      told.contains { $0.hasPrefix("body 'lamp': It is joined to 'table', and their masses are 1 : 100") }, "\(told)")
    #expect(
      told.contains { $0.hasPrefix("body 'table': It may lie on 'leg', and their masses are 1 : 1010") }, "\(told)")
  }

  // MARK: Flags

  @Test("may switch constraints off, and has no limits, dry friction and contacts then")
  func constraintFlag() throws {
    func text(_ flag: String) -> String {
      """
      <mujoco>
        <compiler angle="radian"/>
        <option><flag \(flag)/></option>
        <worldbody><geom type="plane" size="0 0 1"/>
          <body name="a"><joint name="h" axis="0 1 0" range="-1 1" stiffness="2" damping="3" frictionloss="4"/><geom size="0.05"/></body>
        </worldbody></mujoco>
      """
    }
    for (flag, range, contacts, stiffness, damping, friction) in [
      ("constraint='enable'", true, true, 2.0, 3.0, 4.0), ("constraint='disable'", false, false, 2, 3, 0),
      ("limit='disable'", false, true, 2, 3, 4), ("contact='disable'", true, false, 2, 3, 4),
      ("spring='disable'", true, true, 0, 3, 4), ("damper='disable'", true, true, 2, 0, 4),
      ("frictionloss='disable'", true, true, 2, 3, 0), ("actuation='disable' clampctrl='disable'", true, true, 2, 3, 4),
    ] {
      let model = try model(text(flag))
      let joint = model.joints[0]
      #expect((joint.range != nil) == range && model.physics.isContactEnabled == contacts, "\(flag)")
      #expect(
        joint.stiffness == stiffness && joint.damping == damping && joint.frictionLoss == friction, "\(flag)")
    }
  }

  @Test("may not switch actuators off that it has, nor the clamping of controls that have a range")
  func actuationFlag() throws {
    for flag in ["actuation", "clampctrl"] {
      do {
        _ = try model(
          """
          <mujoco><option><flag \(flag)="disable"/></option>
            <worldbody><body><joint name="h"/><geom size="0.05"/></body></worldbody>
            <actuator><motor name="m" joint="h" ctrlrange="-1 1"/></actuator></mujoco>
          """)
        Issue.record("accepted \(flag)")
      } catch let error as InvalidInput {
        #expect(error.description.contains("option, flag, \(flag): found 'disable', and"), "\(error)")
      }
    }
  }

  // MARK: Control ranges

  @Test("takes 'inheritrange' over an inherited 'ctrlrange', and a 'ctrlrange' over an inherited 'inheritrange'")
  func inheritRange() throws {
    func range(_ inherited: String, _ own: String, inner: String? = nil) throws -> ClosedRange<Double>? {
      let nested = inner.map { "<default class='d'><position \($0)/></default>" } ?? ""
      return try model(
        """
        <mujoco><compiler angle="radian"/>
          <default><default class="c"><position \(inherited)/>\(nested)</default></default>
          <worldbody><body><joint name="j" range="-1 2"/><geom size="0.1"/></body></worldbody>
          <actuator><position class="\(inner == nil ? "c" : "d")" joint="j" \(own)/></actuator></mujoco>
        """
      ).actuators[0].controlRange
    }
    #expect(try range("ctrlrange='-5 5'", "inheritrange='1'") == -1...2)
    #expect(try range("inheritrange='1'", "ctrlrange='-5 5'") == -5...5)
    #expect(try range("ctrlrange='-5 5'", "inheritrange='0'") == -5...5)
    #expect(try range("ctrlrange='-5 5'", "inheritrange='1' ctrllimited='false'") == nil)
    #expect(try range("ctrlrange='-5 5'", "", inner: "inheritrange='1'") == -1...2)
    #expect(try range("inheritrange='1'", "", inner: "ctrlrange='-5 5'") == -5...5)
    for (inherited, own) in [("ctrlrange='-5 5' inheritrange='1'", ""), ("", "ctrlrange='-5 5' inheritrange='1'")] {
      #expect(throws: InvalidInput.self) { try range(inherited, own) }
    }
  }

  // MARK: Includes

  @Test("may include a file of a folder beside its own, but no further away and through no link")
  func siblingFolder() throws {
    let root = try TemporaryFolder()
    for folder in ["robots/arm", "robots/parts", "elsewhere"] {
      try FileManager.default.createDirectory(atPath: "\(root.path)/\(folder)", withIntermediateDirectories: true)
    }
    let part = "<mujoco><worldbody><body name='part'><geom size='1'/></body></worldbody></mujoco>"
    try root.write(part.utf8, to: "robots/parts/part.xml")
    try root.write("<mujoco><include file='part.xml'/></mujoco>".utf8, to: "robots/parts/whole.xml")
    try root.write(part.utf8, to: "elsewhere/part.xml")
    try root.write(part.utf8, to: "robots/loose.xml")
    try FileManager.default.createSymbolicLink(
      atPath: root.path + "/robots/arm/link.xml", withDestinationPath: root.path + "/robots/parts/part.xml")
    try FileManager.default.createSymbolicLink(
      atPath: root.path + "/robots/out", withDestinationPath: root.path + "/elsewhere")
    let main = root.path + "/robots/arm/model.xml"
    for (name, isAllowed) in [
      ("../parts/part.xml", true), ("../parts/whole.xml", true), ("../parts/../parts/part.xml", true),
      ("../../elsewhere/part.xml", false), ("../loose.xml", false), ("link.xml", false), ("../out/part.xml", false),
    ] {
      try root.write("<mujoco><include file='\(name)'/></mujoco>".utf8, to: "robots/arm/model.xml")
      do {
        let model = try RobotModel(contentsOf: main)
        #expect(isAllowed && model.bodies.map(\.name) == ["part"], "\(name)")
      } catch let error as InvalidInput {
        #expect(!isAllowed && error.description.contains("opens nothing else"), "\(name): \(error)")
      }
    }
  }

  // MARK: Softness

  @Test("needs no approximation for contacts and stops that are as hard as Poise's")
  func hardContacts() throws {
    func count(_ geom: String, _ joint: String) throws -> Int {
      try model(
        """
        <mujoco><option timestep="0.005"/><worldbody>
          <body><joint range="-10 10" \(joint)/><geom size="0.1" \(geom)/></body></worldbody></mujoco>
        """
      ).approximations.count
    }
    let hard = #""0.01 1""#
    #expect(
      try count("solref=\(hard) solimp='0.9 0.95 0.001'", "solreflimit=\(hard) solimplimit='0.95 0.99 0.001 0.5 2'")
        == 0)
    #expect(try count("solref='0.02 1'", "") == 1)
    #expect(try count("solref='0.01 0.5'", "solreflimit='-1000 -10'") == 2)
    #expect(try count("solimp='0.5 0.95 0.001'", "solimplimit='0.9 0.95 0.01'") == 2)
  }
}
