import Foundation
import PoiseAlgorithms
@testable import PoiseControl
import PoiseCore
import PoiseEnvironments
import PoiseModels
import PoiseNetworks
import PoiseScenarios
import PoiseSimulation
@testable import PoiseTasks
import TestSupport
import Testing

@Suite("Regulators")
struct RegulatorTests {
  static func scenario(_ name: String, _ overrides: [String] = []) throws -> LoadedScenario {
    try LoadedScenario(contentsOf: "\(ProjectFolders.root)/scenarios/\(name).yaml", overrides: overrides)
  }

  static func stepper(_ name: String) throws -> ControlStepper {
    try ControlStepper(PlantModel(try scenario(name).requireRobot(for: "this test").task))
  }

  static func upright(_ stepper: ControlStepper) -> Linearization {
    Linearization(stepper, pose: JointConfiguration(reference: stepper.plant.robot), action: [0])
  }

  @Test("a state is its deviation from another, for free bodies, balls, hinges and slides")
  func coordinates() throws {
    for name in ["humanoid", "cartpole", "crawler"] {
      let model = try RobotModel(contentsOf: ProjectFolders.model(name))
      let coordinates = StateCoordinates(model)
      let reference = JointConfiguration(reference: model)
      var random = RandomStream(seed: 28, purpose: .testing)
      let x = (0..<coordinates.count).map { _ in random.uniform(in: -0.9...0.9) }
      let back = coordinates.deviation(coordinates.state(x, from: reference), from: reference)
      #expect(zip(x, back).allSatisfy { abs($0 - $1) < 1e-12 }, "\(name)")
    }
    // A whole turn of a hinge without stops is none.
    let pendulum = try RobotModel(contentsOf: ProjectFolders.model("pendulum"))
    var turned = JointConfiguration(reference: pendulum)
    turned.positions[0] += 2 * .pi + 0.1
    let x = StateCoordinates(pendulum).deviation(turned, from: JointConfiguration(reference: pendulum))
    #expect(abs(x[0] - 0.1) < 1e-12)
  }

  @Test("a step of the designer's simulator is a control step of the task")
  func sameStep() throws {
    for name in ["cartpole-balance", "humanoid-stand"] {
      let task = try Self.scenario(name).requireRobot(for: "this test").task
      let environment = try TaskEnvironment(task, seed: 28, purpose: .testing)
      environment.prepareThread(for: "a test")
      var observation = [Float](repeating: 0, count: task.observationSpace.count)
      var span = observation.mutableSpan
      environment.reset(into: &span)
      let before = environment.robot.configuration()
      let action = task.model.actuators.indices.map { Float(0.05) * Float($0 % 3) }
      _ = environment.step(action.span, into: &span)
      let stepper = try ControlStepper(PlantModel(task))
      let after = stepper.step(before, action.map { Double($0) })
      let error = stepper.coordinates.deviation(after, from: environment.robot.configuration())
      // The iterative solver of the humanoid takes its rows in another random order.
      let bound = name == "humanoid-stand" ? 0.05 : 1e-10
      #expect(error.allSatisfy { abs($0) < bound }, "\(name) \(error.map(abs).max() ?? 0)")
    }
  }

  @Test("the pendulum's linear system is that of Gymnasium's equation")
  func pendulum() throws {
    let linear = Self.upright(try Self.stepper("pendulum-swingup"))
    let h = 0.05
    let a = [1 + 15 * h * h, h, 15 * h, 1]
    let b = [6 * h * h, 6 * h]
    #expect(zip(linear.a.values, a).allSatisfy { abs($0 - $1) < 1e-6 }, "\(linear.a.values)")
    #expect(zip(linear.b.values, b).allSatisfy { abs($0 - $1) < 1e-6 }, "\(linear.b.values)")
    #expect(linear.drift.allSatisfy { abs($0) < 1e-12 })
  }

  /// The derivatives of the accelerations at the upright pose, by hand, for a thin rod of length 2 l on a cart:
  /// with d = (M + m) 4/3 m l² − m² l², θ̈ = ((M + m) m g l θ − m l F)/d and ẍ = (4/3 m l² F − m² l² g θ)/d.
  @Test("the cart-pole's linear system is the written-out one, stepped as the simulator steps")
  func cartPole() throws {
    let linear = Self.upright(try Self.stepper("cartpole-balance"))
    let (M, m, l, g, h) = (1.0, 0.1, 0.5, 9.8, 0.005)
    let inertia = 4.0 / 3 * m * l * l
    let d = (M + m) * inertia - m * m * l * l
    var rate = Matrix(rows: 4, columns: 5)
    // States x, θ, ẋ, θ̇ and the force.
    (rate[0, 2], rate[1, 3]) = (1, 1)
    (rate[2, 1], rate[2, 4]) = (-m * m * l * l * g / d, inertia / d)
    (rate[3, 1], rate[3, 4]) = ((M + m) * m * g * l / d, -m * l / d)
    // Semi-implicit Euler: velocities first, then positions by the new velocities; four of them make a control step.
    var step = Matrix.identity(5)
    for i in 2..<4 {
      for j in 0..<5 { step[i, j] += h * rate[i, j] }
    }
    for i in 0..<2 {
      for j in 0..<5 { step[i, j] += h * step[i + 2, j] }
    }
    let whole = step * step * step * step
    for i in 0..<4 {
      for j in 0..<4 {
        #expect(abs(linear.a[i, j] - whole[i, j]) < 2e-4, "A \(i) \(j): \(linear.a[i, j]), \(whole[i, j])")
      }
      #expect(abs(linear.b[i, 0] - 10 * whole[i, 4]) < 2e-4, "B \(i): \(linear.b[i, 0]), \(10 * whole[i, 4])")
    }
  }

  @Test("the cost to go from a small deviation is what the simulator itself adds up")
  func costInTheSimulator() throws {
    let stepper = try Self.stepper("cartpole-balance")
    let settings = LQRSettings()
    let pose = JointConfiguration(reference: stepper.plant.robot)
    let design = try LQRDesign(stepper, pose: pose, action: [0], settings: settings)
    var state = stepper.coordinates.state([0.01, 0.005, 0, 0.01], from: pose)
    let expected = design.costToGo(state)
    var sum = 0.0
    for _ in 0..<3000 {
      let x = stepper.coordinates.deviation(state, from: pose)
      let u = design.action(for: state)
      sum += settings.position * (x[0] * x[0] + x[1] * x[1]) + settings.velocity * (x[2] * x[2] + x[3] * x[3])
      sum += settings.action * u[0] * u[0]
      state = stepper.step(state, u)
    }
    #expect(abs(sum - expected) < 1e-3 * expected, "\(sum), \(expected)")
    #expect(design.poles.count == 4 && design.poles.allSatisfy { $0.magnitude < 1 } && design.unsteerableCount == 0)
  }

  @Test("the humanoid on its feet: three coordinates of each foot cannot be steered, the regulator ignores them")
  func humanoid() throws {
    let scenario = try Self.scenario("humanoid-stand")
    let design = try scenario.regulator()
    print(design.text)
    #expect(design.residual < 1e-5)
    #expect(design.unsteerableCount == 6)
    #expect(design.poles.count == 44 - 6 && design.poles.allSatisfy { $0.magnitude < 1 })
    // The whole robot elsewhere on the floor, or facing elsewhere: the same actions.
    for index in [0, 1] {
      var x = [Double](repeating: 0, count: 44)
      x[index] = 0.1
      #expect((design.gain * x).allSatisfy { abs($0) < 0.01 }, "\(design.coordinates.names[index])")
    }
    // Leaning is answered.
    var x = [Double](repeating: 0, count: 44)
    x[4] = 0.05
    #expect(length(design.gain * x) > 0.05)
  }

  @Test("the humanoid stands for 10 s under its regulator, in each of 10 episodes")
  func stands() throws {
    let evaluation = Evaluation(
      try Self.scenario("humanoid-stand"), episodes: 10, seed: 28, instructionSet: .baseline)
    let result = try evaluation.run(.baseline(.lqr), pool: WorkerPool(threadCount: 1))
    let (survival, tilt) = (result.metrics["survival_rate"] ?? nil, result.metrics["tilt_reward_per_step"] ?? nil)
    #expect(survival == 1 && (tilt ?? -1) > -0.001, "\(String(describing: tilt))")
  }

  @Test("a robot without a pose at rest is told so, and so is one that no actuator moves")
  func refusals() throws {
    // A hinge about an upright axis on a body that falls freely.
    let body = """
      <mujoco model="falling"><worldbody><body name="box"><freejoint name="root"/><geom type="box" size="0.1 0.1 0.1" mass="1"/>
      <body name="arm"><joint name="turn" axis="0 0 1"/><geom type="box" size="0.1 0.02 0.02" mass="0.1" pos="0.3 0 0"/></body>
      </body></worldbody>%</mujoco>
      """
    func error(_ actuators: String) throws -> String {
      let path = FileManager.default.temporaryDirectory.appending(path: "falling-\(UUID().uuidString).xml").path
      defer { try? FileManager.default.removeItem(atPath: path) }
      try body.replacing("%", with: actuators).write(toFile: path, atomically: true, encoding: .utf8)
      var simulation = ModelSimulation()
      simulation.controller = .lqr
      let error = #expect(throws: InvalidInput.self) { try simulation.run(RobotModel(contentsOf: path)) }
      return error?.description ?? ""
    }
    let motor = "<actuator><motor name=\"turn\" joint=\"turn\" ctrlrange=\"-1 1\"/></actuator>"
    #expect(try error(motor).contains("no pose at rest near the reference pose of 'falling'"))
    #expect(try error("").contains("a robot without actuators"))
  }

  @Test("a law that is affine in the observation is the same as a policy, bit for float")
  func affinePolicy() throws {
    let scenario = try Self.scenario("cartpole-balance")
    let policy = try scenario.affinePolicy(of: .lqr)
    let design = try scenario.regulator()
    let weights = policy.parameters
    for (i, name) in ["slider", "hinge", "slider_velocity", "hinge_velocity"].enumerated() {
      let weight = Double(weights[policy.network.layers[0].weights.lowerBound + i])
      #expect(abs(weight + design.gain[0, i]) < 1e-5 * abs(design.gain[0, i]), "\(name)")
    }
    // θ̇ is not observed here: the law cannot be a policy.
    let blind = try Self.scenario("cartpole-balance", ["observations=[jointPositions]"])
    let error = #expect(throws: InvalidInput.self) { try blind.affinePolicy(of: .lqr) }
    #expect(error?.description.contains("none that tells") == true, "\(error?.description ?? "")")
    let random = #expect(throws: InvalidInput.self) { try scenario.affinePolicy(of: .energy) }
    #expect(random?.description.contains("lqr or pd") == true)
  }

  @Test("the law of pd answers a deviation of a joint as an oscillator of its frequency would")
  func proportionalDerivative() throws {
    let stepper = try Self.stepper("pendulum-balance")
    let law = AffineController.proportionalDerivative(stepper, ControlSettings())
    let ω = 2 * Double.pi * 1.5
    // b = 6 rad/s² for each unit of action: 2 N·m on 1/3 kg·m².
    #expect(abs(law.gain[0, 0] - ω * ω / 6) < 1e-3 && abs(law.gain[0, 1] - 2 * ω / 6) < 1e-3)
  }
}
