import Foundation
import PoiseCore
import PoiseModels
import PoiseSimulation
import Testing

@Suite("Reading a model")
struct ModelReadingTests {
  private func model(_ text: String) throws -> RobotModel {
    let folder = try TemporaryFolder()
    return try RobotModel(contentsOf: folder.write(text.utf8, to: "robot.xml"))
  }

  /// A model of one hinge, with `inner` in its body and `outer` behind the world.
  private func arm(_ inner: String = "", joint: String = "", outer: String = "") throws -> RobotModel {
    try model(
      """
      <mujoco>
        <worldbody>
          <body name="arm">
            <joint name="hinge" \(joint)/>
            <geom name="rod" size="0.1"/>
            \(inner)
          </body>
        </worldbody>
        \(outer)
      </mujoco>
      """)
  }

  @Test("gives what has no name its kind and its place among all of its kind, around names that are taken")
  func inventedNames() throws {
    let model = try model(
      """
      <mujoco>
        <worldbody>
          <geom size="1"/>
          <body><joint/><geom size="1"/></body>
          <body name="body_3"><joint name="joint_1"/><geom name="geom_1" size="1"/></body>
          <body><freejoint/><geom size="1"/></body>
        </worldbody>
        <actuator><motor joint="joint_1"/><motor joint="joint_1_"/></actuator>
      </mujoco>
      """)
    #expect(model.name == "robot")
    #expect(model.bodies.map(\.name) == ["body_1", "body_3", "body_3_"])
    #expect(model.geometries.map(\.name) == ["geom_1_", "geom_2", "geom_1", "geom_4"])
    #expect(model.joints.map(\.name) == ["joint_1_", "joint_1", "joint_3"])
    #expect(model.actuators.map(\.name) == ["actuator_1", "actuator_2"])
    #expect(model.actuators.map(\.joint) == [1, 0])
    #expect(model.bodies.map(\.line) == [4, 5, 6])
  }

  @Test("takes Poise's own physics settings from <custom> and leaves other entries alone")
  func poiseSettings() throws {
    #expect(try arm().physics == PhysicsParameters())
    let model = try arm(
      outer: """
        <option timestep="0.004"/>
        <custom>
          <numeric name="frame_skip" data="2"/>
          <text name="author" data="nobody"/>
          <numeric name="poise_iterations" data="35"/>
          <text name="poise_solver" data="iterative"/>
          <numeric name="poise_error_reduction" data="0.3"/>
          <numeric name="poise_constraint_force_mixing" data="1e-6"/>
          <numeric name="poise_contact_stiffness" data="2e5"/>
          <numeric name="poise_contact_damping" data="500"/>
          <numeric name="poise_contact_surface_layer" data="0.002"/>
          <numeric name="poise_contact_correcting_velocity" data="3"/>
          <numeric name="poise_limit_error_reduction" data="0.4"/>
        </custom>
        """)
    var expected = PhysicsParameters()
    expected.timeStep = 0.004
    expected.solver = .iterative(iterations: 35)
    expected.errorReduction = 0.3
    expected.constraintForceMixing = 1e-6
    expected.contactStiffness = 2e5
    expected.contactDamping = 500
    expected.contactSurfaceLayer = 0.002
    expected.contactCorrectingVelocity = 3
    expected.limitErrorReduction = 0.4
    #expect(model.physics == expected)
  }

  @Test("honours the flags that switch contacts and gravity off")
  func flags() throws {
    let model = try arm(
      outer: "<option gravity='0 0 -3'><flag contact='disable' gravity='disable' energy='enable'/></option>")
    #expect(!model.physics.isContactEnabled)
    #expect(model.physics.gravity == .zero)
    #expect(model.approximations.isEmpty)
  }

  @Test("lists each thing that ODE does in its own way once, where it is written")
  func approximations() throws {
    let model = try model(
      """
      <mujoco>
        <default>
          <geom condim="4" solref="0.01 1" margin="0.001"/>
          <joint armature="0.01" solreflimit="0.02 1"/>
        </default>
        <option integrator="RK4" cone="elliptic" iterations="50" solver="PGS" impratio="10"/>
        <worldbody>
          <geom name="floor" type="plane" size="0 0 1" condim="1" gap="0.1" priority="1"/>
          <body name="base">
            <joint name="pivot" range="-10 10" margin="0.1"/>
            <geom name="foot" size="0.1"/>
            <geom name="shadow" size="0.1" contype="0" conaffinity="0" margin="0.5"/>
            <body name="arm">
              <joint name="elbow" range="-180 90"/>
              <geom name="rod" size="0.1" solimp="0.5 0.95 0.001"/>
            </body>
          </body>
          <body name="ball"><freejoint align="true"/><geom size="0.1"/></body>
        </worldbody>
      </mujoco>
      """)
    let lines = model.approximations.map { "\($0.line) \($0.place): \($0.meaning)" }
    #expect(
      lines == [
        "3 default 'main', geom, solref: Contacts have Poise's own stiffness and damping (poise_contact_stiffness, poise_contact_damping).",
        "3 default 'main', geom, margin: Contacts begin when shapes touch.",
        "3 default 'main', geom, condim: Contacts resist sliding, but neither twisting nor rolling.",
        "4 default 'main', joint, solreflimit: A stop is as hard as Poise's limits are (poise_limit_error_reduction).",
        "6 option, cone: Friction is ODE's pyramid, scaled by the normal force.",
        "6 option, impratio: Friction is as hard as the rest of the contact.",
        "6 option, integrator: Poise integrates with ODE's semi-implicit Euler steps of the model's timestep.",
        "6 option, iterations: Poise uses ODE's solver; for its iterations see the custom numeric poise_iterations.",
        "6 option, solver: Poise uses ODE's solver, chosen by the custom text poise_solver.",
        "8 geom 'floor', gap: Contacts begin when shapes touch.",
        "8 geom 'floor', priority: The friction of a pair is chosen as if all priorities were equal.",
        "8 geom 'floor', condim: Contacts resist sliding by the geoms' friction even where both have condim 1.",
        "10 body 'base', joint 'pivot', margin: A stop acts at the limit, not before it.",
        "15 body 'arm', geom 'rod', solimp: Contacts have Poise's own stiffness and damping (poise_contact_stiffness, poise_contact_damping).",
        "18 body 'ball', freejoint, align: The body's frame stays where the file puts it, instead of at its centre of mass.",
      ])
  }

  @Test("needs no approximation for rotors, dry friction and ranges past half a turn")
  func rotorsFrictionTurns() throws {
    let model = try arm(joint: "armature='0.2' frictionloss='0.3' range='-30 800' ref='500'")
    #expect(model.joints[0].armature == 0.2)
    #expect(model.joints[0].frictionLoss == 0.3)
    #expect(abs((model.joints[0].range?.upperBound ?? 0) - 800 * .pi / 180) < 1e-12)
    #expect(model.approximations.isEmpty)
  }

  @Test("scales an actuator's rotor and damper by its gear squared, a joint's own not at all")
  func actuatorRotors() throws {
    let model = try arm(
      joint: "armature='0.5' damping='0.1'",
      outer: "<actuator><motor joint='hinge' gear='-3' armature='0.2' damping='0.7'/></actuator>")
    // MuJoCo 4.0.0: M = 0.5 + 0.2 · 9 more than the link's, and −6.4 N·m at 1 rad/s.
    #expect(abs(model.joints[0].armature - 2.3) < 1e-12)
    #expect(abs(model.joints[0].damping - 6.4) < 1e-12)
  }

  @Test("has no dry friction where the flag switches it off")
  func frictionFlag() throws {
    let model = try arm(joint: "frictionloss='0.3'", outer: "<option><flag frictionloss='disable'/></option>")
    #expect(model.joints[0].frictionLoss == 0)
  }

  @Test("says where rotors and chains need the direct solver")
  func iterativeSolver() throws {
    let rotor = try arm(joint: "armature='50'", outer: "<custom><text name='poise_solver' data='iterative'/></custom>")
    let notes = try Linkage(rotor).approximations.map(\.place)
    #expect(notes == ["joint 'hinge' armature"])
    #expect(try Linkage(arm(joint: "armature='50'")).approximations.isEmpty)
  }

  @Test("skips what is only for pictures or other tools, unread, and shapes that touch and weigh nothing")
  func skipped() throws {
    let model = try arm(
      """
      <site name="tip" nonsense="1"/>
      <camera mode="track"/>
      <light pos="high"/>
      <geom type="mesh" mesh="shell" contype="0" conaffinity="0" mass="0"/>
      <geom type="ellipsoid" size="1 1 1" contype="0" conaffinity="0" density="0"/>
      """,
      outer: """
        <size nstack="3000"/> <statistic extent="2"/> <visual><anything/></visual>
        <asset><mesh name="shell" file="shell.stl"/><texture name="t" builtin="flat"/></asset>
        <sensor><gyro site="tip"/></sensor> <keyframe><key qpos="0"/></keyframe>
        <tendon><fixed name="watch"><joint joint="hinge" coef="1"/></fixed></tendon>
        <equality><joint joint1="hinge" active="false"/></equality>
        <custom><tuple name="t"><element objtype="body" objname="arm" prm="1"/></tuple></custom>
        """)
    #expect(model.geometries.map(\.name) == ["rod"])
    #expect(model.approximations.isEmpty)
  }

  @Test("takes colours from the geom, else its material, else grey")
  func colors() throws {
    let model = try arm(
      "<geom size='1' material='red'/><geom size='1' material='red' rgba='0 0 1 0.5'/><geom size='1' rgba='2 -1 0 1'/>",
      outer: "<asset><material name='red' rgba='1 0 0 1'/></asset>")
    #expect(model.geometries.map(\.color) == [[0.5, 0.5, 0.5, 1], [1, 0, 0, 1], [0, 0, 1, 0.5], [1, 0, 0, 1]])
  }

  @Test("takes a joint's actuatorfrcrange into the force range of its actuator")
  func jointForceRange() throws {
    let text = "<actuator><motor joint='hinge' gear='-2' forcerange='-100 3'/></actuator>"
    let model = try arm(joint: "actuatorfrcrange='-10 20'", outer: text)
    // −2 f in −10 … 20 is f in −10 … 5, and f in −100 … 3.
    #expect(model.actuators[0].forceRange == -10...3)
    #expect(throws: InvalidInput.self) {
      try arm(
        joint: "actuatorfrcrange='-10 20'", outer: "<actuator><motor joint='hinge' forcerange='30 40'/></actuator>")
    }
  }

  @Test("keeps excluded pairs, the world among them")
  func excludedPairs() throws {
    let model = try arm(
      "<body name='hand'><geom size='0.1'/></body>",
      outer: "<contact><exclude body1='arm' body2='hand'/><exclude name='n' body1='hand' body2='world'/></contact>")
    #expect(model.excludedPairs == [.init(first: 0, second: 1), .init(first: 1, second: nil)])
  }

  @Test("counts the mass of what is welded to a body that moves, and asks for none of what does not move")
  func weldedMass() throws {
    let model = try model(
      """
      <mujoco><worldbody>
        <body name="frame"><body name="hook"/></body>
        <body name="arm"><joint/><body name="tool" pos="0 0 1"><geom size="0.1"/></body></body>
      </worldbody></mujoco>
      """)
    #expect(model.bodies.map { $0.inertia != nil } == [false, false, false, true])
  }

  @Test("lets a body point have mass without inertia where it is welded to more")
  func pointMass() throws {
    let model = try arm("<body name='weight'><inertial pos='0 0 1' mass='2' diaginertia='0 0 0'/></body>")
    #expect(model.bodies[1].inertia?.tensor == .zero)
  }

  @Test("leaves free joints without the limits of their default class, and takes no defaults for <freejoint>")
  func freeJointDefaults() throws {
    let model = try model(
      """
      <mujoco>
        <default><joint limited="true" range="-1 1" damping="0"/></default>
        <worldbody>
          <body><joint type="free"/><geom size="0.1"/></body>
          <body><freejoint/><geom size="0.1"/></body>
        </worldbody>
      </mujoco>
      """)
    #expect(model.joints.map(\.kind) == [.free, .free])
    #expect(model.joints.map(\.range) == [nil, nil])
  }
}
