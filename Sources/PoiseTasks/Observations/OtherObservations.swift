import Foundation
public import PoiseCore
import PoiseEnvironments
import PoiseModels

/// Observes which bodies are in contact with something.
public struct FootContactsObservation: ObservationTerm {
  /// Names of the bodies, at least one.
  public var bodies: [String] = []
  /// Contact force that counts as contact when exceeded, N.
  public var threshold = 1.0
  public init() {}

  public static let termName = "footContacts"
  public static let documentation = "1 for each body with a contact force above the threshold, else 0."
  public static let keys: [ConfigurationKey<Self>] = [
    .bodies(\.bodies, isRequired: true),
    .key("threshold", \.threshold, .number(.notNegative, unit: "N"), "Smaller forces count as none."),
  ]

  public func bind(_ binder: inout TermBinder) -> BoundObservation {
    let slots = binder.contacts(bodies)
    let squared = threshold * threshold
    return BoundObservation(bodies.map { Space.Element(name: "\($0)_contact", bounds: 0...1) }) { transition, output in
      for slot in slots { output.append(transition.after.contactForces[slot].lengthSquared > squared ? 1 : 0) }
    }
  }
}

/// Observes the contact forces on bodies, N, as force sensors in them measure them.
public struct ContactForcesObservation: ObservationTerm {
  /// Names of the bodies, at least one.
  public var bodies: [String] = []
  public init() {}

  public static let termName = "contactForces"
  public static let documentation =
    "Force that everything touching a body exerts on it in the last physics step, in the body's axes; scale it down."
  public static let keys: [ConfigurationKey<Self>] = [
    .bodies(\.bodies, isRequired: true)
  ]

  public func bind(_ binder: inout TermBinder) -> BoundObservation {
    let contacts = binder.contacts(bodies)
    let slots = bodies.map { binder.body($0, key: "bodies") }
    let elements = bodies.flatMap { [Space.Element].vector(named: "\($0)_force", unit: "N") }
    return BoundObservation(elements) { transition, output in
      for (contact, slot) in zip(contacts, slots) {
        output.append(transition.after.bodies[slot].turn.unrotate(transition.after.contactForces[contact]))
      }
    }
  }
}

/// Observes the last action.
public struct PreviousActionObservation: ObservationTerm {
  public init() {}

  public static let termName = "previousAction"
  public static let documentation = "The last action of each actuator, clamped to −1 … 1; 0 at the start."
  public static let keys: [ConfigurationKey<Self>] = []

  public func bind(_ binder: inout TermBinder) -> BoundObservation {
    BoundObservation(binder.model.actuators.map { Space.Element(name: "\($0.name)_action", bounds: -1...1) }) {
      for value in $0.after.action { $1.append(Double(value)) }
    }
  }
}

/// Observes the commands of the task.
public struct CommandObservation: ObservationTerm {
  public init() {}

  public static let termName = "command"
  public static let documentation = "The present value of every command of the task."
  public static let keys: [ConfigurationKey<Self>] = []

  public func bind(_ binder: inout TermBinder) -> BoundObservation {
    binder.require(
      !binder.commands.isEmpty, key: "", found: "a task without commands", allowed: "a task with commands",
      remedy: "Add a section to `commands`, or remove this term.")
    return BoundObservation(binder.commandElements) {
      for value in $0.after.commands { $1.append(value) }
    }
  }
}

/// Observes the phase of a clock, for periodic motions.
public struct PhaseObservation: ObservationTerm {
  /// The period T of the clock, s.
  public var period = 1.0
  public init() {}

  public static let termName = "phase"
  public static let documentation = "cos 2πt/T and sin 2πt/T of the time t since the episode began."
  public static let keys: [ConfigurationKey<Self>] = [
    .key("period", \.period, .number(.positive, unit: "s"), "T.")
  ]

  public func bind(_ binder: inout TermBinder) -> BoundObservation {
    let rate = 2 * Double.pi / period
    return BoundObservation(["cosine", "sine"].map { Space.Element(name: "phase_\($0)", bounds: -1...1) }) {
      $1.append(cos(rate * $0.after.time))
      $1.append(sin(rate * $0.after.time))
    }
  }
}
