public import PoiseCore
public import PoiseEnvironments
public import PoiseModels
public import PoiseSimulation

/// A task that knows its robot: every name resolved, every number checked. Constant, and shared by all worlds.
public struct BoundTask: Sendable {
  /// Name of the scenario, for reports.
  public let name: String
  /// The task as the scenario sets it.
  public let settings: RobotTask
  /// The robot as the task's actions drive it: with position targets its actuators are servos.
  public let model: RobotModel
  public let linkage: Linkage
  /// The model's physics with the task's changes.
  public let physics: PhysicsParameters
  public let timing: Timing
  public let observationSpace: Space
  public let actionSpace: Space
  /// From −1 … 1 to each actuator's control, [actuators].
  public let actionScaling: [ActionScaling]
  /// The actions that can be chosen, by their index in a discrete `actionSpace`; empty where actions are numbers.
  public let levels: [ActionLevel]

  public let observations: [BoundObservation]
  public let rewards: [BoundReward]
  public let terminations: [BoundTermination]
  public let resets: [BoundReset]
  public private(set) var disturbances: [BoundDisturbance]
  /// Those of training, where they are others.
  public let trainingDisturbances: [BoundDisturbance]?
  /// Names of the reward terms, each once: a term that stands in the list twice gets a number, [reward terms].
  public let rewardNames: [String]
  /// Index of the body whose tilt is reported, in the model.
  public let uprightBody: Int
  /// What the terms look at.
  let leanPlan: SnapshotPlan
  /// That, and what a recorder wants: all joints, efforts, free bodies, the upright body.
  let fullPlan: SnapshotPlan

  /// - Parameters:
  ///   - name: of the scenario, for reports.
  ///   - source: where the task's keys stand, for problems.
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

  /// The task as the learner meets it: with the disturbances of training.
  public var training: Self {
    guard let trainingDisturbances else { return self }
    var task = self
    task.disturbances = trainingDisturbances
    return task
  }
}

extension BoundTask {
  /// The same task with one more disturbance, after its own: for what acts on the robot from outside of the scenario.
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
  /// What the commands look like as observations.
  var commandElements: [Space.Element] {
    commandList.map { Space.Element(name: "\($0.name)_command", unit: $0.unit, bounds: $0.range) }
  }
}

extension [Space.Element] {
  /// The same elements with a number behind each name that stands twice.
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
