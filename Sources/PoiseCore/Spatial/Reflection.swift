/// What a mirror does to a list of numbers: each changes places with its partner, and may change its sign,
/// image[i] = signs[i] · values[partners[i]]. The image of the image is the list itself.
public struct Reflection: Hashable, Sendable {
  /// Which element i changes places with; i itself where it stays, [elements].
  public let partners: [Int]
  /// 1 or −1, [elements]; equal for partners.
  public let signs: [Int]

  /// A reflection from its partners and signs, which must be their own inverse.
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

  /// How many elements the list has.
  public var count: Int { partners.count }

  /// What a list looks like in the mirror, [elements].
  public func image<Scalar: FloatingPoint>(of values: [Scalar]) -> [Scalar] {
    precondition(values.count == count, "\(values.count) numbers in a reflection of \(count)")
    return partners.indices.map { signs[$0] < 0 ? -values[partners[$0]] : values[partners[$0]] }
  }
}

/// Why something is not its own mirror image.
public struct Asymmetry: Error, Hashable, Sendable {
  /// Each a clause: "body 'left_foot' differs from its mirror image 'right_foot' in its mass".
  public let reasons: [String]

  /// An asymmetry for the given reasons, of which there is at least one.
  public init(_ reasons: [String]) {
    precondition(!reasons.isEmpty, "Asymmetry without a reason")
    self.reasons = reasons
  }
}
