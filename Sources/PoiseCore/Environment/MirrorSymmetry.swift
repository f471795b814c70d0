/// What a mirror does to a list of numbers: each changes places with its partner, and may change its sign,
/// image[i] = signs[i] · values[partners[i]]. The image of the image is the list itself.
public struct Reflection: Hashable, Sendable {
  /// Which element i changes places with; i itself where it stays, [elements].
  public let partners: [Int]
  /// 1 or −1, [elements]; equal for partners.
  public let signs: [Int]

  public init(partners: [Int], signs: [Int]) {
    precondition(partners.count == signs.count, "\(partners.count) partners with \(signs.count) signs")
    for (i, j) in partners.enumerated() {
      precondition(
        partners.indices.contains(j) && partners[j] == i && signs[i] == signs[j] && abs(signs[i]) == 1,
        "element \(i) with sign \(signs[i]) and partner \(j): not a reflection")
    }
    self.partners = partners
    self.signs = signs
  }

  /// Every element stays as it is.
  public static func identity(count: Int) -> Self {
    Self(partners: Array(0..<count), signs: Array(repeating: 1, count: count))
  }

  /// A list and another one behind it.
  public static func + (first: Self, second: Self) -> Self {
    Self(partners: first.partners + second.partners.map { first.count + $0 }, signs: first.signs + second.signs)
  }

  public var count: Int { partners.count }

  public func image<Scalar: FloatingPoint>(of values: [Scalar]) -> [Scalar] {
    precondition(values.count == count, "\(values.count) numbers in a reflection of \(count)")
    return partners.indices.map { signs[$0] < 0 ? -values[partners[$0]] : values[partners[$0]] }
  }
}

/// How observations and actions of a task change in a mirror that leaves the task the same.
///
/// Where the mirror image of whatever happens could happen as well and would be rewarded alike, some optimal policy is its own
/// mirror image, and so is the value function. Source: Zinkevich and Balch 2001, "Symmetry in Markov Decision Processes and
/// its Implications for Single Agent and Multiagent Learning", theorems 1 and 2.
public struct MirrorSymmetry: Hashable, Sendable {
  public let observations: Reflection
  public let actions: Reflection

  public init(observations: Reflection, actions: Reflection) {
    self.observations = observations
    self.actions = actions
  }
}

/// Why something is not its own mirror image.
public struct Asymmetry: Error, Hashable, Sendable {
  /// One or more sentences' beginnings: "body 'left_foot' weighs 0.9 kg, its mirror image 'right_foot' 0.8 kg".
  public let reasons: [String]

  public init(_ reasons: [String]) {
    precondition(!reasons.isEmpty, "Asymmetry without a reason")
    self.reasons = reasons
  }
}
