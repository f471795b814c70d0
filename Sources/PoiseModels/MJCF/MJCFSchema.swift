import PoiseCore

/// Which elements and attributes Poise knows, and how each is treated: read, skipped, or refused.
///
/// Skipped are elements that change no motion: display, sensors, other tools' settings; their contents are not read.
/// Refused are those that would change the motion in a way that Poise does not support. Everything else is unknown, and
/// most likely a typing error. Source: MuJoCo's `src/xml/mjcf.schema` (version 4.0); a few names of older versions are
/// added, marked below.
enum MJCFSchema {
  enum Treatment {
    /// Read by Poise; attributes and children are checked against the named rule.
    case checked(String)
    case skipped
    case refused(because: String, remedy: String)
  }

  struct Rule {
    var attributes: Set<String> = []
    var children: [String: Treatment] = [:]
    /// Children that may appear only once.
    var unique: Set<String> = []
  }

  static let rules: [String: Rule] = [
    "mujoco": Rule(
      attributes: ["model"],
      children: [
        "compiler": .checked("compiler"), "option": .checked("option"), "default": .checked("default"),
        "asset": .checked("asset"), "worldbody": .checked("worldbody"), "contact": .checked("contact"),
        "equality": .checked("equality"), "tendon": .checked("tendon"), "actuator": .checked("actuator"),
        "custom": .checked("custom"), "extension": .checked("extension"), "deformable": .checked("deformable"),
        "size": .skipped, "visual": .skipped, "statistic": .skipped, "sensor": .skipped, "keyframe": .skipped,
      ]),
    "compiler": Rule(
      attributes: [
        "autolimits", "boundmass", "boundinertia", "settotalmass", "balanceinertia", "strippath", "coordinate",
        "angle", "fitaabb", "eulerseq", "meshdir", "texturedir", "discardvisual", "usethread", "fusestatic",
        "inertiafromgeom", "inertiagrouprange", "saveinertial", "assetdir", "alignfree", "conflict",
        "convexhull", "exactmeshinertia",  // MuJoCo 3 and older
      ],
      children: ["lengthrange": .skipped]),
    "option": Rule(
      attributes: [
        "timestep", "impratio", "tolerance", "ls_tolerance", "noslip_tolerance", "ccd_tolerance", "sleep_tolerance",
        "gravity", "wind", "magnetic", "density", "viscosity", "o_margin", "o_solref", "o_solimp", "o_friction",
        "integrator", "cone", "jacobian", "solver", "iterations", "ls_iterations", "noslip_iterations",
        "ccd_iterations", "sdf_iterations", "sdf_initpoints", "actuatorgroupdisable",
        "apirate", "collision", "mpr_iterations", "mpr_tolerance",  // MuJoCo 3 and older
      ],
      children: ["flag": .checked("flag")]),
    "flag": Rule(
      attributes: [
        "constraint", "equality", "frictionloss", "limit", "contact", "spring", "damper", "gravity", "clampctrl",
        "warmstart", "filterparent", "actuation", "refsafe", "sensor", "midphase", "eulerdamp", "autoreset",
        "nativeccd", "island", "multiccd", "override", "energy", "fwdinv", "invdiscrete", "sleep", "diagexact",
        "passive", "sensornoise",  // MuJoCo 3 and older
      ]),
    "default": Rule(
      attributes: ["class"],
      children: [
        "default": .checked("default"), "joint": .checked("default joint"), "geom": .checked("default geom"),
        "tendon": .checked("default tendon"), "material": .checked("material"), "mesh": .skipped, "site": .skipped,
        "camera": .skipped, "light": .skipped, "pair": .skipped, "equality": .skipped,
      ].merging(readActuators.map { ($0.key, .checked("default \($0.key)")) }) { first, _ in first }
        .merging(foreignActuators.map { ($0, .skipped) }) { first, _ in first },
      unique: Set(["joint", "geom", "tendon", "material"] + readActuators.keys)),
    "default joint": Rule(attributes: jointAttributes.subtracting(["name", "class"])),
    "default geom": Rule(attributes: geomAttributes.subtracting(["name", "class"])),
    "default tendon": Rule(attributes: tendonAttributes.subtracting(["name", "class"])),
    "asset": Rule(
      children: [
        "material": .checked("material"), "mesh": .skipped, "hfield": .skipped, "skin": .skipped, "texture": .skipped,
        "model": .skipped,
      ]),
    "material": Rule(
      attributes: [
        "name", "class", "texture", "texrepeat", "texuniform", "emission", "specular", "shininess", "reflectance",
        "metallic", "roughness", "rgba",
      ],
      children: ["layer": .skipped]),
    "worldbody": Rule(
      children: bodyChildren.merging([
        "joint": .refused(because: "the world does not move", remedy: "Put the joint into a body."),
        "freejoint": .refused(because: "the world does not move", remedy: "Put the joint into a body."),
        "inertial": .refused(because: "the world has no mass", remedy: "Put it into a body."),
      ]) { $1 }),
    "body": Rule(
      attributes: orientation.union(["name", "childclass", "pos", "mocap", "gravcomp", "sleep", "simple", "user"]),
      children: bodyChildren, unique: ["inertial"]),
    "frame": Rule(
      attributes: orientation.union(["name", "childclass", "pos"]),
      children: bodyChildren.merging([
        "inertial": .refused(
          because: "it belongs to the body, not to a frame", remedy: "Put it directly into the body.")
      ]) { $1 }),
    "inertial": Rule(attributes: orientation.union(["pos", "mass", "diaginertia", "fullinertia"])),
    "joint": Rule(attributes: jointAttributes),
    "freejoint": Rule(attributes: ["name", "group", "align"]),
    "geom": Rule(
      attributes: geomAttributes, children: ["plugin": .refused(because: "Poise runs no plugins", remedy: "Remove it.")]
    ),
    "contact": Rule(
      children: [
        "exclude": .checked("exclude"),
        "pair": .refused(
          because: "contacts follow from contype, conaffinity and contact/exclude", remedy: "Use these."),
      ]),
    "exclude": Rule(attributes: ["name", "body1", "body2"]),
    "equality": Rule(
      children: Dictionary(
        uniqueKeysWithValues: ["connect", "weld", "joint", "tendon", "flex", "flexvert", "flexstrain"].map {
          ($0, .refused(because: "Poise has no equality constraints", remedy: "Remove it, or write active=\"false\"."))
        })),
    "tendon": Rule(children: ["fixed": .checked("tendon element"), "spatial": .checked("tendon element")]),
    "tendon element": Rule(
      attributes: tendonAttributes,
      children: ["joint": .skipped, "site": .skipped, "geom": .skipped, "pulley": .skipped]),
    "actuator": Rule(
      children: Dictionary(uniqueKeysWithValues: readActuators.map { ($0.key, .checked($0.key)) })
        .merging(
          (foreignActuators + ["plugin"]).map {
            ($0, .refused(because: "Poise has motor, position and velocity actuators", remedy: "Use one of these."))
          }
        ) { first, _ in first }),
    "custom": Rule(
      children: ["numeric": .checked("numeric"), "text": .checked("text"), "tuple": .skipped]),
    "numeric": Rule(attributes: ["name", "size", "data"]),
    "text": Rule(attributes: ["name", "data"]),
    "extension": Rule(children: ["plugin": .refused(because: "Poise runs no plugins", remedy: "Remove it.")]),
    "deformable": Rule(
      children: [
        "skin": .skipped, "flex": .refused(because: "Poise simulates rigid bodies only", remedy: "Remove it."),
      ]),
  ]
  .merging(readActuators.map { ($0.key, Rule(attributes: actuatorAttributes.union($0.value))) }) { first, _ in first }
  .merging(
    readActuators.map {
      ("default \($0.key)", Rule(attributes: actuatorAttributes.union($0.value).subtracting(["name", "class"])))
    }
  ) { first, _ in first }

  private static let bodyChildren: [String: Treatment] = [
    "body": .checked("body"), "frame": .checked("frame"), "inertial": .checked("inertial"),
    "joint": .checked("joint"), "freejoint": .checked("freejoint"), "geom": .checked("geom"),
    "site": .skipped, "camera": .skipped, "light": .skipped,
    "attach": .refused(because: "Poise attaches no models", remedy: "Write the bodies out, or use include."),
    "replicate": .refused(because: "Poise replicates nothing", remedy: "Write the bodies out."),
    "composite": .refused(because: "Poise simulates rigid bodies only", remedy: "Write the bodies out."),
    "flexcomp": .refused(because: "Poise simulates rigid bodies only", remedy: "Remove it."),
    "plugin": .refused(because: "Poise runs no plugins", remedy: "Remove it."),
  ]

  /// The actuators that Poise reads, each with its specific attributes.
  static let readActuators: [String: Set<String>] = [
    "motor": [], "position": ["kp", "kv", "dampratio", "timeconst", "inheritrange"], "velocity": ["kv"],
  ]
  static let foreignActuators = [
    "general", "intvelocity", "orientation", "pid", "damper", "cylinder", "muscle", "adhesion", "dcmotor",
  ]

  /// Attributes that are known only to be refused, so that no message suggests them.
  private static let onlyToRefuse: Set<String> = [
    "mesh", "hfield", "fitscale", "surfacevel", "adhesion", "shellinertia", "springdamper",
    "actuatorgravcomp", "mocap", "gravcomp", "delay", "nsample", "interp", "cranklength", "tendon", "slidersite",
    "cranksite", "site", "refsite", "timeconst", "dampratio", "wind", "viscosity", "actuatorgroupdisable",
  ]

  static let orientation: Set<String> = ["quat", "axisangle", "xyaxes", "zaxis", "euler"]

  private static let jointAttributes: Set<String> = [
    "name", "class", "type", "group", "pos", "axis", "springdamper", "limited", "actuatorfrclimited", "solreflimit",
    "solimplimit", "solreffriction", "solimpfriction", "stiffness", "range", "actuatorfrcrange",
    "actuatorgravcomp", "margin", "ref", "springref", "armature", "damping", "frictionloss", "user",
  ]
  private static let geomAttributes: Set<String> = orientation.union([
    "name", "class", "type", "contype", "conaffinity", "condim", "group", "priority", "size", "material", "friction",
    "mass", "density", "shellinertia", "solmix", "solref", "solimp", "margin", "gap", "surfacevel", "adhesion",
    "fromto", "pos", "hfield", "mesh", "fitscale", "rgba", "fluidshape", "fluidcoef", "user",
  ])
  private static let tendonAttributes: Set<String> = [
    "name", "class", "group", "limited", "actuatorfrclimited", "range", "actuatorfrcrange", "solreflimit",
    "solimplimit", "solreffriction", "solimpfriction", "frictionloss", "springlength", "width", "material", "margin",
    "stiffness", "damping", "armature", "rgba", "user",
  ]
  private static let actuatorAttributes: Set<String> = [
    "name", "class", "group", "nsample", "interp", "delay", "ctrlrange", "user", "ctrllimited", "forcelimited",
    "forcerange", "lengthrange", "gear", "damping", "armature", "cranklength", "joint", "jointinparent", "tendon",
    "slidersite", "cranksite", "site", "refsite",
  ]
}

extension MJCFSchema {
  /// Notes every element and attribute below `root` that is unknown or refused.
  static func check(_ root: MJCFElement, findings: Findings) {
    check(root, rule: "mujoco", place: "", findings: findings)
  }

  private static func check(_ element: MJCFElement, rule key: String, place: String, findings: Findings) {
    guard let rule = rules[key] else { preconditionFailure("no rule '\(key)' in the MJCF schema") }
    for name in element.attributes.keys.sorted() where !rule.attributes.contains(name) {
      findings.problem(
        element.source, place, found: "unknown attribute \(quoted(name))",
        allowed: rule.attributes.isEmpty
          ? "no attributes"
          : listed(rule.attributes.subtracting(onlyToRefuse).sorted()),
        remedy: suggestion(for: name, among: rule.attributes.sorted()))
    }
    var seen: Set<String> = []
    for child in element.children {
      if rule.unique.contains(child.name), !seen.insert(child.name).inserted {
        findings.problem(
          child.source, place.isEmpty ? key : place, found: "a second <\(child.name)>", allowed: "one",
          remedy: "Join them.")
      }
      let childPlace = self.place(of: child, inside: element, at: place)
      switch rule.children[child.name] {
      case .checked(let key): check(child, rule: key, place: childPlace, findings: findings)
      case .skipped: break
      case .refused(let reason, let remedy):
        if element.name == "equality", child.attributes["active"] == "false" { break }
        findings.problem(
          child.source, childPlace, found: "element '\(child.name)'",
          allowed: "no such element here, because \(reason)", remedy: remedy)
      case nil:
        let known = rule.children.filter { if case .refused = $0.value { false } else { true } }.keys.sorted()
        findings.problem(
          child.source, place, found: "unknown element \(quoted(child.name))",
          allowed: known.isEmpty ? "no elements inside" : listed(known),
          remedy: suggestion(for: child.name, among: rule.children.keys.sorted()))
      }
    }
  }

  /// `body 'torso', geom 'head'`: the element, and the body or section that contains it.
  static func place(of child: MJCFElement, inside parent: MJCFElement, at place: String) -> String {
    switch parent.name {
    case "mujoco", "worldbody": child.label
    case "body": child.name == "body" ? child.label : "\(parent.label), \(child.label)"
    case "frame": child.name == "body" ? child.label : (place.isEmpty ? child.label : "\(place), \(child.label)")
    case "default": "default '\(parent.attributes["class"] ?? "main")', \(child.label)"
    default: place.isEmpty ? child.label : "\(place), \(child.label)"
    }
  }
}
