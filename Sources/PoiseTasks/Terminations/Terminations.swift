public import PoiseCore

/// Terminates when a body is too low.
public struct HeightTermination: TerminationTerm {
  /// The body whose height counts; `nil` for the task's `uprightBody`.
  public var body: String?
  /// Lowest height as a share of the height at the start of the episode; `nil` for none.
  public var share: Double? = 0.7
  /// Lowest height, m; `nil` for none.
  public var minimum: Double?
  public init() {}

  public static let termName = "height"
  public static let documentation = "A body is too low."
  public static let keys: [ConfigurationKey<Self>] = [
    .body(\.body),
    .key(
      "share", \.share, .optional(.number(.above(0, below: 1))),
      "Lowest height as a share of the height at the start of the episode; null for none."),
    .key("minimum", \.minimum, .optional(.number(unit: "m")), "Lowest height; null for none."),
  ]

  public func crossChecks(_ checks: inout ConfigurationChecks) {
    checks.require(
      share != nil || minimum != nil, at: "", found: "neither share nor minimum", allowed: "one of them, or both")
  }

  public func bind(_ binder: inout TermBinder) -> BoundTermination {
    let slot = binder.body(body)
    if share != nil { binder.requireHeight(of: body) }
    let parts = [
      share.map { "\($0) of its height at the start" }, minimum.map { "\($0) m" },
    ].compactMap { $0 }
    return BoundTermination("\(binder.bodyName(body)) below \(parts.joined(separator: " or below "))") {
      [share = share ?? -.infinity, minimum = minimum ?? -.infinity] in
      let height = $0.after.bodies[slot].height
      return height < minimum || height < share * abs($0.startPositions[slot].z)
    }
  }
}

/// Terminates when the tilt of a body is too large.
public struct TiltTermination: TerminationTerm {
  /// The body whose tilt counts; `nil` for the task's `uprightBody`.
  public var body: String?
  /// Largest tilt, rad; the default is 60°.
  public var limit = 1.0471975511965976
  public init() {}

  public static let termName = "tilt"
  public static let documentation = "A body leans too far, in any direction."
  public static let keys: [ConfigurationKey<Self>] = [
    .body(\.body),
    .key("limit", \.limit, .number(.above(0, below: .pi), unit: "rad"), "Largest tilt; 1.047 is 60°."),
  ]

  public func bind(_ binder: inout TermBinder) -> BoundTermination {
    let slot = binder.body(body, needsTilt: true)
    let degrees = (limit * 180 / .pi).rounded(significant: 4)
    return BoundTermination("\(binder.bodyName(body)) tilted over \(limit.rounded(significant: 4)) rad (\(degrees)°)") {
      [squared = limit * limit] in $0.after.bodies[slot].tilt.squared > squared
    }
  }
}

/// Terminates when a joint is out of a range.
public struct JointRangeTermination: TerminationTerm {
  /// Names of the hinges and slides; empty for all.
  public var joints: [String] = []
  /// Range of the positions, rad or m, in which the episode goes on.
  public var range = -1.0...1.0
  public init() {}

  public static let termName = "jointRange"
  public static let documentation = "A joint's position is out of a range."
  public static let keys: [ConfigurationKey<Self>] = [
    .joints(\.joints),
    .key("range", \.range, .range(unit: "rad or m"), "Where the positions may be.", isRequired: true),
  ]

  public func bind(_ binder: inout TermBinder) -> BoundTermination {
    let joints = binder.joints(joints)
    let indices = joints.map(\.index)
    let unit = joints.first?.positionUnit ?? ""
    let names = joints.map(\.name).joined(separator: ", ")
    return BoundTermination("\(names) outside \(range.lowerBound) … \(range.upperBound) \(unit)") {
      [range] transition in
      for index in indices where !range.contains(transition.after.jointPositions[index]) { return true }
      return false
    }
  }
}
