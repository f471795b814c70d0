/// A list of terms that is compared by value even if its element is an existential such as `any RewardTerm`.
public struct TermList<Term: Sendable>: Sendable, RandomAccessCollection, ExpressibleByArrayLiteral {
  /// The terms, in the order of the file.
  public var terms: [Term]

  /// A list of the given terms.
  public init(_ terms: [Term]) { self.terms = terms }
  public init(arrayLiteral terms: Term...) { self.terms = terms }

  public var startIndex: Int { 0 }
  public var endIndex: Int { terms.count }
  public subscript(position: Int) -> Term { terms[position] }
}

extension TermList: Hashable {
  private var hashables: [AnyHashable] {
    terms.map { term in
      guard let hashable = term as? any Hashable else { preconditionFailure("\(term) is not Hashable") }
      return AnyHashable(hashable)
    }
  }

  public static func == (a: Self, b: Self) -> Bool { a.hashables == b.hashables }
  public func hash(into hasher: inout Hasher) { hasher.combine(hashables) }
}
