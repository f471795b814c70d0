import Foundation
public import PoiseCore
import PoiseModels
import PoiseSimulation

/// Pushes a body horizontally at random times.
public struct PushDisturbance: DisturbanceTerm {
  /// The body that is pushed; `nil` for the task's `uprightBody`.
  public var body: String?
  /// Time from the start to the first push, and from push to push, s.
  public var interval = 2.0...4.0
  /// How long the force acts, s: a whole number of control steps.
  public var duration = 0.1
  /// Impulse for each kilogram of the robot's mass, m/s.
  public var impulse = 0.1...0.35
  /// Direction of the force, from the world's x axis towards its y axis, rad.
  public var azimuth = -Double.pi...Double.pi
  /// Factor on every impulse.
  public var scale = 1.0
  public init() {}

  public static let termName = "pushes"
  public static let documentation =
    "A horizontal force at a body's centre of mass at random times; its impulse is the robot's mass times a random speed."
  public static let keys: [ConfigurationKey<Self>] = [
    .body(\.body),
    .key("interval", \.interval, .range(.positive, unit: "s"), "From the start, and from push to push; uniform."),
    .key("duration", \.duration, .number(.positive, unit: "s"), "How long the force acts: whole control steps."),
    .key("impulse", \.impulse, .range(.notNegative, unit: "m/s"), "Impulse for each kilogram of the robot; uniform."),
    .key(
      "azimuth", \.azimuth, .range(unit: "rad"),
      "Direction of the force, from the world's x axis to its y axis; uniform."),
    .key("scale", \.scale, .number(.notNegative), "Factor on every impulse, for tests of robustness."),
  ]

  public func bind(_ binder: inout TermBinder) -> BoundDisturbance {
    let body = body.map { binder.bodyIndex($0) ?? binder.uprightBody } ?? binder.uprightBody
    let mass = binder.linkage.links.reduce(0) { $0 + $1.inertia.mass }
    let name = binder.model.bodies[body].name
    let Δt = binder.controlTimeStep
    let stepCount = (duration / Δt).rounded()
    binder.require(
      stepCount >= 1 && abs(stepCount * Δt - duration) <= 1e-9 * duration, key: "duration", found: "\(duration) s",
      allowed: "a whole number of control steps of \(Δt) s", remedy: "Change duration or controlTimeStep.")
    binder.require(
      interval.lowerBound >= duration, key: "interval", found: "\(interval.lowerBound) s",
      allowed: "at least the duration, \(duration) s")
    guard let link = binder.linkage.placements[body].link else {
      binder.require(false, key: "body", found: "'\(name)', which does not move", allowed: "a body that moves")
      return BoundDisturbance("", memoryCount: 0, begin: { _, _ in }, act: { _, _, _, _ in .zero })
    }
    let record = binder.linkage.links[link]
    let center = record.inertia.centerOfMass - record.origin
    let force = scale * mass / (stepCount * Δt)
    let (least, most) = (force * impulse.lowerBound, force * impulse.upperBound)
    let side =
      azimuth == (-Double.pi)...Double.pi
      ? "from any side"
      : "azimuth \(azimuth.lowerBound.rounded(significant: 3)) … \(azimuth.upperBound.rounded(significant: 3)) rad"
    let effect =
      "every \(interval.lowerBound)–\(interval.upperBound) s: \(least.rounded(significant: 3))–"
      + "\(most.rounded(significant: 3)) N for \(duration) s at the centre of \(name), \(side)"
    // Memory: the step at which the next push begins, the step at which the present one ends, its force.
    return BoundDisturbance(
      effect, memoryCount: 4,
      begin: { [interval] memory, random in
        memory[0] = (random.uniform(in: interval) / Δt).rounded()
        (memory[1], memory[2], memory[3]) = (0, 0, 0)
      },
      act: { [interval, impulse, azimuth] step, memory, random, robot in
        let step = Double(step)
        if step == memory[0] {
          let strength = force * random.uniform(in: impulse)
          let direction = random.uniform(in: azimuth)
          memory[0] = step + max(1, (random.uniform(in: interval) / Δt).rounded())
          memory[1] = step + stepCount
          (memory[2], memory[3]) = (strength * cos(direction), strength * sin(direction))
          robot.world.setExternalForce(on: robot.bodies[link], force: [memory[2], memory[3], 0], at: center)
        } else if step == memory[1] {
          (memory[2], memory[3]) = (0, 0)
          robot.world.setExternalForce(on: robot.bodies[link], force: .zero)
        }
        return [memory[2], memory[3], 0]
      })
  }
}
