public import PoiseCore
public import PoiseEnvironments
public import PoiseModels
public import PoiseSimulation

/// A task bound to a robot: all names are resolved, all numbers are checked. Constant, and shared by all worlds.
public struct BoundTask: Sendable {
  /// Name of the scenario, for reports.
  public let name: String
  /// The task as the scenario sets it.
  public let settings: RobotTask
  /// The robot as the task's actions drive it: with position targets its actuators are servos.
  public let model: RobotModel
  /// The links of the robot: groups of bodies that are welded together, and the joints between them.
  public let linkage: Linkage
  /// The model's physics with the task's changes.
  public let physics: PhysicsParameters
  /// Physics step, control step and time limit.
  public let timing: Timing
  public let observationSpace: Space
  public let actionSpace: Space
  /// Maps the action in −1 … 1 to each actuator's control, [actuators].
  public let actionScaling: [ActionScaling]
  /// The actions that can be chosen, by their index in a discrete `actionSpace`; empty where actions are numbers.
  public let levels: [ActionLevel]

  /// The observation terms, in the order of the scenario.
  public let observations: [BoundObservation]
  /// The reward terms, in the order of the scenario. Their weights are in `settings`.
  public let rewards: [BoundReward]
  /// The termination terms; an episode terminates when any of them applies.
  public let terminations: [BoundTermination]
  /// The reset terms, applied one after the other.
  public let resets: [BoundReset]
  /// The disturbance terms, those of evaluation unless this is `training`.
  public private(set) var disturbances: [BoundDisturbance]
  /// The disturbances of training; `nil` where they are the same.
  public let trainingDisturbances: [BoundDisturbance]?
  /// Names of the reward terms, all different: a number is appended to a repeated one, [reward terms].
  public let rewardNames: [String]
  /// Index of the body whose tilt is reported, in the model.
  public let uprightBody: Int
  /// What the terms read from the robot.
  let leanPlan: SnapshotPlan
  /// The same and what a recorder needs: all joints, efforts, free bodies, the upright body.
  let fullPlan: SnapshotPlan

  /// Binds the terms of a task to a robot: resolves all names and checks all values.
  ///
  /// - Parameters:
  ///   - task: the settings of the task, as the scenario gives them.
  ///   - model: the robot's description.
  ///   - name: name of the scenario, for reports.
  ///   - source: where the task's keys stand in a file, for error messages; `nil` for a task made in code.
  /// - Throws: `InvalidInput` with everything in the task that does not fit the model.
  public init(_ task: RobotTask, model: RobotModel, name: String, source: ConfigurationSource? = nil) throws {
    let source = source ?? ConfigurationSource(file: name)
    let actions = BoundActions(task.actions, model: model, source: source)
    let model = actions.model
    let linkage = try Linkage(model)
    let physics = task.physics.applied(to: model.physics)
    let timing = Timing(
      controlTimeStep: task.controlTimeStep, stepLimit: task.stepLimit, physicsTimeStep: physics.timeStep)
    var binder = TermBinder(
      model, linkage: linkage, uprightBody: task.uprightBody, commands: task.commands,
      maximumJointSpeed: task.maximumJointSpeed, timing: timing, source: source)
    binder.checkTiming(task, timing)
    binder.checkPhysics(task.physics, model: model)

    func names(_ list: String, _ names: [String]) -> [String] {
      names.enumerated().map { index, name in
        names.count { $0 == name } == 1 ? "\(list).\(name)" : "\(list).\(index).\(name)"
      }
    }
    func bind<Item, Bound>(_ list: String, _ items: TermList<Item>, _ name: (Item) -> String, _ bind: (Item) -> Bound)
      -> [Bound]
    {
      zip(items, names(list, items.map(name))).map { item, path in
        binder.path = path
        defer { binder.path = "" }
        return bind(item)
      }
    }
    observations = bind("observations", task.observations, \.name) { $0.term.bind(&binder) }
    rewards = bind("rewards", task.rewards, \.name) { $0.term.bind(&binder) }
    terminations = bind("terminations", task.terminations, \.name) { $0.term.bind(&binder) }
    resets = bind("reset", task.reset, \.name) { $0.term.bind(&binder) }
    disturbances = bind("disturbances", task.disturbances, \.name) { $0.term.bind(&binder) }
    trainingDisturbances = task.trainingDisturbances.map {
      bind("trainingDisturbances", $0, \.name) { $0.term.bind(&binder) }
    }
    leanPlan = binder.plan
    binder.trackEverything()
    fullPlan = binder.plan
    let problems = binder.problems + actions.problems
    if !problems.isEmpty { throw InvalidInput(source.sorted(problems)) }

    let factor = task.randomisation.largestSensorNoise
    observationSpace = Space(
      zip(observations, task.observations).flatMap { bound, observation in
        bound.elements.map { observation.shaping.shaped($0, noiseFactor: factor) }
      }.numberedNames)
    actionScaling = actions.scaling
    levels = actions.levels
    actionSpace =
      levels.isEmpty
      ? Space(model.actuators.map { Space.Element(name: $0.name, bounds: -1...1) }) : .discrete(levels.map(\.name))
    rewardNames = numbered(task.rewards.map(\.name))
    uprightBody = binder.uprightBody
    self.name = name
    settings = task
    self.model = model
    self.linkage = linkage
    self.physics = physics
    self.timing = timing
  }

  /// The task with the disturbances of training.
  public var training: Self {
    guard let trainingDisturbances else { return self }
    var task = self
    task.disturbances = trainingDisturbances
    return task
  }
}

extension BoundTask {
  /// The task without its disturbances, for planners; a push that is under way ends. Its states have the same shape.
  public var calm: Self {
    var task = self
    task.disturbances = disturbances.map { disturbance in
      BoundDisturbance(
        "none", memoryCount: disturbance.memoryCount, begin: disturbance.begin,
        act: { _, _, _, robot in
          for body in robot.bodies { robot.world.setExternalForce(on: body, force: .zero) }
          return .zero
        })
    }
    return task
  }
}

extension BoundTask {
  /// Cautions to read before training: a sentence each, none for most tasks.
  ///
  /// Where no reward term can be above 0 and an episode can end early, the shortest episode has the largest return, and a learner
  /// finds the way there: it teaches the robot to fall.
  public var cautions: [String] {
    // A reward in 0 … b with a weight below 0 is a cost, too.
    let isNeverPositive = zip(rewards, settings.rewards).allSatisfy { bound, reward in
      reward.weight == 0 || (reward.weight > 0 ? bound.bounds.upperBound <= 0 : bound.bounds.lowerBound >= 0)
    }
    let isEverNegative = settings.rewards.contains { $0.weight != 0 }
    guard isNeverPositive, isEverNegative, !terminations.isEmpty else { return [] }
    let names = settings.terminations.map(\.name).joined(separator: ", ")
    return [
      "\(name): no reward term is ever above 0, and an episode can end early (\(names)): the shortest episode has the largest return, "
        + "so training teaches the robot to end it, by falling. Add a reward for every step, such as `alive`, or write terminations: []."
    ]
  }

  /// The same task with one more disturbance after its own, such as a push by the user of the viewer.
  ///
  /// A disturbance that draws no random numbers changes nothing else in an episode.
  public func adding(_ disturbance: BoundDisturbance) -> Self {
    var task = self
    task.disturbances.append(disturbance)
    return task
  }
}

extension TermBinder {
  fileprivate mutating func checkTiming(_ task: RobotTask, _ timing: Timing) {
    let ratio = task.controlTimeStep / timing.physicsTimeStep
    let count = max(1, ratio.rounded())
    require(
      isWhole(ratio) && ratio >= 1 - 1e-9, key: "controlTimeStep", found: "\(task.controlTimeStep) s",
      allowed: "a whole number of physics steps of \(timing.physicsTimeStep) s",
      remedy: "Write \(count * timing.physicsTimeStep), or give physics.timeStep a divisor of it.")
  }

  fileprivate mutating func checkPhysics(_ overrides: PhysicsOverrides, model: RobotModel) {
    if case .direct = model.physics.solver, overrides.solver == nil {
      require(
        overrides.iterations == nil, key: "physics.iterations", found: "a number of iterations",
        allowed: "null, since the model's solver is the direct one", remedy: "Add solver: iterative.")
    }
  }
}

extension TermBinder {
  /// One element of the observation for each command.
  var commandElements: [Space.Element] {
    commandList.map { Space.Element(name: "\($0.name)_command", unit: $0.unit, bounds: $0.range) }
  }
}

extension [Space.Element] {
  /// The same elements, with a number appended to each repeated name.
  fileprivate var numberedNames: Self {
    zip(self, numbered(map(\.name))).map { element, name in
      Space.Element(name: name, unit: element.unit, bounds: element.bounds)
    }
  }
}

/// `a, b, a` as `a, b, a_2`.
func numbered(_ names: [String]) -> [String] {
  names.indices.map { index in
    let earlier = names[..<index].count { $0 == names[index] }
    return earlier == 0 ? names[index] : "\(names[index])_\(earlier + 1)"
  }
}
