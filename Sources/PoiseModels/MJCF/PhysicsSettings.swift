import PoiseCore
import PoiseSimulation

/// Reads MJCF's `option`, and Poise's own settings from `custom`, into the parameters of a world.
enum PhysicsSettings {
  static func parameters(root: MJCFElement, findings: Findings) -> PhysicsParameters {
    var parameters = PhysicsParameters()
    for option in root.children(named: "option") {
      readOption(ElementReader(option, place: "option", findings: findings), into: &parameters)
    }
    // Flags last: they switch off what the options set, wherever they stand.
    for option in root.children(named: "option") {
      for flag in option.children(named: "flag") {
        readFlags(ElementReader(flag, place: "option, flag", findings: findings), into: &parameters)
      }
    }
    PoiseSettings.read(root: root, into: &parameters, findings: findings)
    return parameters
  }

  // MARK: option

  /// Settings of MuJoCo's own method, and what Poise uses instead.
  private static let methodApproximations: [String: String] = [
    "integrator": "Poise integrates with ODE's semi-implicit Euler steps of the model's timestep.",
    "solver": "Poise uses ODE's solver, chosen by the custom text poise_solver.",
    "iterations": "Poise uses ODE's solver; for its iterations see the custom numeric poise_iterations.",
    "tolerance": "ODE's solvers have no tolerance.",
    "ls_iterations": "ODE's solvers have no line search.",
    "ls_tolerance": "ODE's solvers have no line search.",
    "noslip_iterations": "ODE's solvers have no separate pass against slip.",
    "noslip_tolerance": "ODE's solvers have no separate pass against slip.",
    "ccd_iterations": "ODE collides shapes by its own methods.",
    "ccd_tolerance": "ODE collides shapes by its own methods.",
    "mpr_iterations": "ODE collides shapes by its own methods.",
    "mpr_tolerance": "ODE collides shapes by its own methods.",
    "cone": "Friction is ODE's pyramid, scaled by the normal force.",
    "impratio": "Friction is as hard as the rest of the contact.",
    "o_margin": "Contacts begin when shapes touch.",
    "o_solref": "Contacts have Poise's own stiffness and damping.",
    "o_solimp": "Contacts have Poise's own stiffness and damping.",
    "o_friction": "Every geom keeps its own friction.",
  ]

  private static func readOption(_ reader: ElementReader, into parameters: inout PhysicsParameters) {
    let steps = NumberRange(bounds: 1e-6...1, description: "a time step from 1e-6 to 1 s")
    if let step = reader.number("timestep", in: steps) { parameters.timeStep = step }
    let accelerations = NumberRange(bounds: -1e4...1e4, description: "numbers from -1e4 to 1e4 m/s²")
    if let gravity = reader.vector("gravity", in: accelerations) { parameters.gravity = gravity }

    for name in ["wind", "density", "viscosity"] {
      let count = name == "wind" ? 3 : 1
      guard let values = reader.numbers(name, count: count...count, in: .any), values.contains(where: { $0 != 0 })
      else { continue }
      reader.problem(
        name, found: quoted(reader.text(name) ?? ""), allowed: "0, because Poise has no forces of air or water",
        remedy: "Remove it.")
    }
    if reader.text("collision").map({ $0 != "all" && $0 != "dynamic" }) == true {
      reader.problem(
        "collision", found: quoted(reader.text("collision") ?? ""), allowed: "'all', 'dynamic'",
        remedy: "Choose what collides by contype, conaffinity and contact/exclude.")
    }
    if let groups = reader.text("actuatorgroupdisable"), groups.contains(where: { !$0.isWhitespace }) {
      reader.problem(
        "actuatorgroupdisable", found: quoted(groups), allowed: "none, because Poise switches no actuators off",
        remedy: "Remove the actuators instead.")
    }
    for (name, meaning) in methodApproximations.sorted(by: { $0.key < $1.key }) {
      reader.approximation(name, meaning)
    }
  }

  // MARK: flag

  /// Flags that the reader applies after the model is read (`MJCFReader.followFlags`).
  static let followedFlags: Set<String> = [
    "constraint", "limit", "spring", "damper", "passive", "clampctrl", "actuation",
  ]

  /// The flags that are switched off, each with the reader of its element.
  static func disabledFlags(root: MJCFElement, findings: Findings) -> [String: ElementReader] {
    var disabled: [String: ElementReader] = [:]
    for option in root.children(named: "option") {
      for flag in option.children(named: "flag") {
        let reader = ElementReader(flag, place: "option, flag", findings: findings)
        for (name, value) in flag.attributes { disabled[name] = value == "disable" ? reader : nil }
      }
    }
    return disabled
  }

  private static func readFlags(_ reader: ElementReader, into parameters: inout PhysicsParameters) {
    for name in reader.element.attributes.keys.sorted() {
      guard let value = reader.keyword(name, of: ["enable", "disable"]) else { continue }
      switch (name, value) {
      case ("contact", _): parameters.isContactEnabled = parameters.isContactEnabled && value == "enable"
      case ("constraint", "disable"): parameters.isContactEnabled = false
      case ("gravity", "disable"): parameters.gravity = .zero
      case ("override", "enable"):
        reader.problem(
          name, found: "'enable'", allowed: "'disable'", remedy: "Give contact properties to the geoms.")
      case ("filterparent", "disable"):
        reader.problem(
          name, found: "'disable'", allowed: "'enable', because Poise cannot switch this off",
          remedy: "Remove what it would switch off from the model.")
      default: break
      }
    }
  }
}

/// Poise's own physics settings: entries of MJCF's `custom` whose names start with `poise_`, which other tools ignore.
///
/// A model without them uses the direct solver and the defaults of `PhysicsParameters`.
enum PoiseSettings {
  private struct Numeric: Sendable {
    var range: NumberRange
    var path: any WritableKeyPath<PhysicsParameters, Double> & Sendable
  }

  private static let numerics: [String: Numeric] = [
    "poise_error_reduction": Numeric(range: .share, path: \.errorReduction),
    "poise_constraint_force_mixing": Numeric(range: .fraction, path: \.constraintForceMixing),
    "poise_contact_stiffness": Numeric(range: stiffness, path: \.contactStiffness),
    "poise_contact_damping": Numeric(range: .gain, path: \.contactDamping),
    "poise_contact_surface_layer": Numeric(range: .fraction, path: \.contactSurfaceLayer),
    "poise_contact_correcting_velocity": Numeric(range: .positive, path: \.contactCorrectingVelocity),
    "poise_limit_error_reduction": Numeric(range: .share, path: \.limitErrorReduction),
  ]
  private static let stiffness = NumberRange(bounds: 1...1e9, description: "a number from 1 to 1e9 N/m")

  /// All names, for suggestions and documentation.
  static let names: [String] = (Array(numerics.keys) + ["poise_solver", "poise_iterations"]).sorted()

  static func read(root: MJCFElement, into parameters: inout PhysicsParameters, findings: Findings) {
    var isIterative: Bool?
    var iterations: (count: Int, reader: ElementReader)?
    var seen: Set<String> = []

    for element in root.children(named: "custom").flatMap(\.children) {
      guard let name = element.attributes["name"], name.hasPrefix("poise_") else { continue }
      let reader = ElementReader(element, place: "custom, \(element.label)", findings: findings)
      guard names.contains(name) else {
        reader.problem(
          found: "unknown setting \(quoted(name))", allowed: listed(names),
          remedy: suggestion(for: name, among: names))
        continue
      }
      let kind = name == "poise_solver" ? "text" : "numeric"
      guard element.name == kind, reader.has("data") else {
        reader.problem(
          found: element.name == kind ? "no data" : "element '\(element.name)'",
          allowed: "<\(kind) name=\"\(name)\" data=\"…\"/>")
        continue
      }
      guard seen.insert(name).inserted else {
        reader.problem(found: "\(quoted(name)) for the second time", allowed: "each setting once")
        continue
      }
      if name == "poise_solver" {
        isIterative = reader.keyword("data", of: ["direct", "iterative"]).map { $0 == "iterative" }
      } else if name == "poise_iterations" {
        iterations = reader.integer("data", in: 1...1000).map { ($0, reader) }
      } else if let numeric = numerics[name], let value = reader.number("data", in: numeric.range) {
        parameters[keyPath: numeric.path] = value
      }
    }

    if isIterative == true {
      parameters.solver = .iterative(iterations: iterations?.count ?? 20)
    } else if let reader = iterations?.reader {
      reader.problem(
        found: "'poise_iterations' with the direct solver", allowed: "iterations of the iterative solver",
        remedy: "Add <text name=\"poise_solver\" data=\"iterative\"/>, or remove the iterations.")
    }
  }
}
