import PoiseCore
import PoiseModels
@testable import PoiseTasks
import Testing
import PoiseEnvironments

@Suite("The symmetry of a task")
struct MirrorSymmetryTests {
  /// A task that sees everything of the humanoid that a term can show.
  private static func task() -> RobotTask {
    var task = RobotTask()
    task.uprightBody = "torso"
    var contacts = FootContactsObservation()
    contacts.bodies = ["left_foot", "right_foot"]
    var forces = ContactForcesObservation()
    forces.bodies = ["right_foot", "left_foot"]
    task.observations = [
      Observation(BodyHeightObservation()), Observation(ProjectedGravityObservation()),
      Observation(RollPitchObservation()),
      Observation(LinearVelocityObservation()), Observation(AngularVelocityObservation()),
      Observation(JointPositionsObservation()), Observation(JointVelocitiesObservation()), Observation(contacts),
      Observation(forces), Observation(PreviousActionObservation()),
    ]
    task.rewards = [
      Reward(TiltReward()), Reward(UprightReward()), Reward(TorqueCost()), Reward(ActionChangeCost()),
      Reward(JointLimitCost()), Reward(JointVelocityCost()), Reward(SidewaysVelocityCost()), Reward(HeightReward()),
    ]
    task.terminations = [Termination(TiltTermination()), Termination(HeightTermination())]
    return task
  }

  private static func reasons(_ edit: (inout RobotTask) -> Void) throws -> [String] {
    var task = task()
    edit(&task)
    do {
      _ = try bind(task, to: "humanoid").mirrorSymmetry(across: .leftRight)
      return []
    } catch let error as Asymmetry {
      return error.reasons
    }
  }

  @Test("is found for every term: left and right change places, what points sideways its sign")
  func humanoid() throws {
    let task = try bind(Self.task(), to: "humanoid")
    let symmetry = try task.mirrorSymmetry(across: .leftRight)
    let names = task.observationSpace.names
    let odd = [
      "torso_gravity_y", "torso_roll", "torso_velocity_y", "torso_angular_velocity_x", "torso_angular_velocity_z",
      "abdomen_x",
      "abdomen_x_velocity", "abdomen_x_action", "left_foot_force_y", "right_foot_force_y",
    ]
    #expect(odd.allSatisfy(names.contains), "\(names)")
    for (i, name) in names.enumerated() {
      let image = name.replacing(#/left_|right_/#) { $0.output == "left_" ? "right_" : "left_" }
      #expect(names[symmetry.observations.partners[i]] == image, "\(name)")
      #expect((symmetry.observations.signs[i] < 0) == odd.contains(name), "\(name)")
    }
    let actions = task.actionSpace.names
    for (i, name) in actions.enumerated() {
      let image = name.replacing(#/left_|right_/#) { $0.output == "left_" ? "right_" : "left_" }
      #expect(
        actions[symmetry.actions.partners[i]] == image && (symmetry.actions.signs[i] < 0) == (name == "abdomen_x"))
    }
  }

  @Test("holds of episodes: the image of the actions gives the image of the observations, and the same rewards")
  func episodes() throws {
    var task = Self.task()
    task.physics.solver = .direct
    task.terminations = []
    let bound = try bind(task, to: "humanoid")
    let symmetry = try bound.mirrorSymmetry(across: .leftRight)
    // Both stand in the reference pose, which is its own image.
    let (own, image) = (try Player(bound), try Player(bound))
    own.reset()
    image.reset()
    var random = RandomStream(seed: 2, purpose: .testing)
    for step in 0..<8 {
      #expect(
        zip(symmetry.observations.image(of: own.observation), image.observation).allSatisfy { abs($0 - $1) < 1e-3 },
        "step \(step)")
      #expect(abs(own.outcome.reward - image.outcome.reward) < 1e-4)
      let action = (0..<16).map { _ in Float(random.uniform(in: -1...1)) }
      own.step(action)
      image.step(symmetry.actions.image(of: action))
    }
    #expect(zip(own.observation, image.observation).contains { abs($0 - $1) > 0.1 }, "the two differ")
  }

  @Test("is refused where a term sees or judges the two sides unlike")
  func asymmetricTerms() throws {
    #expect(try Self.reasons { _ in } == [])
    #expect(
      try Self.reasons { task in
        var contacts = FootContactsObservation()
        contacts.bodies = ["left_foot"]
        task.observations = [Observation(JointPositionsObservation()), Observation(contacts)]
      } == ["observation 'left_foot_contact' has no mirror image among the observations"])
    #expect(
      try Self.reasons { task in
        var positions = JointPositionsObservation()
        positions.joints = ["left_knee"]
        var shaping = ObservationShaping()
        shaping.scale = 2
        var others = JointPositionsObservation()
        others.joints = ["right_knee"]
        task.observations = [Observation(positions, shaping: shaping), Observation(others)]
      } == [
        "observation 'left_knee' has no mirror image among the observations",
        "observation 'right_knee' has no mirror image among the observations",
      ])
    #expect(
      try Self.reasons { task in
        var target = TargetAngleCost()
        target.joint = "left_knee"
        task.rewards = [Reward(TiltReward()), Reward(target)]
      } == ["reward 'targetAngleCost' is not the same in the mirror"])
    #expect(
      try Self.reasons { task in
        var range = JointRangeTermination()
        range.joints = ["right_elbow"]
        range.range = -0.5...0.5
        task.terminations = [Termination(range)]
      } == ["termination 'jointRange' is not the same in the mirror"])
  }

  @Test("counts the whole reward and all terminations, which terms for one side each may add up to")
  func sums() throws {
    func target(_ joint: String, weight: Double = 1) -> Reward {
      var target = TargetAngleCost()
      target.joint = joint
      return Reward(target, weight: weight)
    }
    func range(_ joint: String, _ range: ClosedRange<Double>) -> Termination {
      var termination = JointRangeTermination()
      (termination.joints, termination.range) = ([joint], range)
      return Termination(termination)
    }
    #expect(try Self.reasons { $0.rewards = [target("left_knee"), target("right_knee")] } == [])
    #expect(try Self.reasons { $0.rewards = [target("left_knee", weight: 0), Reward(TiltReward())] } == [])
    #expect(
      try Self.reasons { $0.rewards = [target("left_knee"), target("right_knee", weight: 2)] } == [
        "reward 'targetAngleCost' is not the same in the mirror",
        "reward 'targetAngleCost_2' is not the same in the mirror",
      ])
    #expect(
      try Self.reasons { $0.terminations = [range("left_knee", -1...2), range("right_knee", -1...2)] } == [])
    // Thresholds near and far: the waist's sideways bend is its own image, mirrored.
    for bounds in [-0.02...0.03, -2.4...4, -5...6] {
      #expect(
        try Self.reasons { $0.terminations = [range("abdomen_x", bounds)] } == [
          "termination 'jointRange' is not the same in the mirror"
        ], "\(bounds)")
    }
  }

  @Test("pairs contacts whatever their threshold, and refuses sides that are measured unlike")
  func measuring() throws {
    var contacts = FootContactsObservation()
    (contacts.bodies, contacts.threshold) = (["left_foot", "right_foot"], 500)
    var task = Self.task()
    task.observations = [Observation(AngularVelocityObservation()), Observation(contacts)]
    let symmetry = try bind(task, to: "humanoid").mirrorSymmetry(across: .leftRight)
    #expect(symmetry.observations.partners == [0, 1, 2, 4, 3])

    var (left, right) = (JointPositionsObservation(), JointPositionsObservation())
    (left.joints, right.joints) = (["left_knee"], ["right_knee"])
    var noisy = ObservationShaping()
    noisy.noise = 0.1
    #expect(try Self.reasons { $0.observations = [Observation(left), Observation(right)] } == [])
    #expect(
      try Self.reasons { $0.observations = [Observation(left, shaping: noisy), Observation(right)] }.count == 2)
  }

  @Test("is refused for what tells the time, and where nothing changes in the mirror")
  func clocks() throws {
    #expect(
      try Self.reasons {
        $0.observations = [Observation(JointPositionsObservation()), Observation(PhaseObservation())]
      }
        == [
          "observation 'phase_cosine' has no mirror image among the observations",
          "observation 'phase_sine' has no mirror image among the observations",
        ])
    #expect(throws: Asymmetry(["nothing that is observed changes in the mirror"])) {
      try bind(pendulumTask(), to: "pendulum").mirrorSymmetry(across: .leftRight)
    }
  }

  @Test("of the pendulum is that of its angle")
  func pendulum() throws {
    let symmetry = try bind(pendulumTask(), to: "pendulum").mirrorSymmetry(across: .frontBack)
    // Cosine, sine, velocity; torque.
    #expect(symmetry.observations == Reflection(partners: [0, 1, 2], signs: [1, -1, -1]))
    #expect(symmetry.actions == Reflection(partners: [0], signs: [-1]))
  }
}
