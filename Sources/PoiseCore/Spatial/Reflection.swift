/// A reflection of a list of numbers: each is exchanged with its partner, and may change its sign, image[i] = signs[i]
/// · values[partners[i]]. The image of the image is the list itself.
public struct Reflection: Hashable, Sendable {
  /// The partner of each element, with which it is exchanged; the element itself if it stays, [elements].
  public let partners: [Int]
  /// The sign of each element, 1 or −1, [elements]; equal for partners.
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

  /// The reflection that changes nothing.
  public static func identity(count: Int) -> Self {
    Self(partners: Array(0..<count), signs: Array(repeating: 1, count: count))
  }

  /// The reflection of two lists one after the other.
  public static func + (first: Self, second: Self) -> Self {
    Self(partners: first.partners + second.partners.map { first.count + $0 }, signs: first.signs + second.signs)
  }

  /// The number of elements of the list.
  public var count: Int { partners.count }

  /// The mirror image of a list, [elements].
  public func image<Scalar: FloatingPoint>(of values: [Scalar]) -> [Scalar] {
    precondition(values.count == count, "\(values.count) numbers in a reflection of \(count)")
    return partners.indices.map { signs[$0] < 0 ? -values[partners[$0]] : values[partners[$0]] }
  }
}

/// Why something is not mirror-symmetric.
public struct Asymmetry: Error, Hashable, Sendable {
  /// The reasons, each a clause: "body 'left_foot' differs from its mirror image 'right_foot' in its mass".
  public let reasons: [String]

  /// An asymmetry for the given reasons, of which there is at least one.
  public init(_ reasons: [String]) {
    precondition(!reasons.isEmpty, "Asymmetry without a reason")
    self.reasons = reasons
  }
}
