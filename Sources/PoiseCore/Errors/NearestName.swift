/// Known names, prepared for many searches for the name nearest to a misspelt one.
///
/// Nearness is the optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours cost
/// one each. Source: Damerau 1964, "A technique for computer detection and correction of spelling errors". Case is
/// ignored.
struct NearNames {
  private let candidates: [(name: String, letters: [Unicode.Scalar])]

  init(_ names: some Sequence<String>) { candidates = names.map { ($0, Self.letters($0)) } }

  private static func letters(_ name: String) -> [Unicode.Scalar] { Array(name.lowercased().unicodeScalars) }

  /// Returns the first of the nearest names within a third of the longer name's length (at least 1), near enough to be
  /// a misspelling; `nil` if there is none.
  func nearest(to name: String) -> String? {
    // A name this long is no misspelling, and the table below is quadratic.
    guard name.utf8.count <= 256 else { return nil }
    let wanted = Self.letters(name)
    var best: (name: String, distance: Int)?
    for (candidate, letters) in candidates {
      let limit = min(max(1, max(wanted.count, letters.count) / 3), best.map { $0.distance - 1 } ?? .max)
      // The difference of the lengths has to be inserted.
      guard limit >= 0, abs(wanted.count - letters.count) <= limit else { continue }
      let distance = editDistance(wanted, letters)
      if distance <= limit { best = (candidate, distance) }
    }
    return best?.name
  }

  /// `Did you mean 'x'?`, or an empty string.
  func suggestion(for name: String) -> String { nearest(to: name).map { "Did you mean '\($0)'?" } ?? "" }
}

/// The first of the candidates nearest to `name`, if it is near enough to be a misspelling (`NearNames`).
public func nearestName(to name: String, among candidates: some Sequence<String>) -> String? {
  NearNames(candidates).nearest(to: name)
}

/// The question `Did you mean 'x'?`, or an empty string if no candidate is near enough.
public func suggestion(for name: String, among candidates: some Sequence<String>) -> String {
  NearNames(candidates).suggestion(for: name)
}

private func editDistance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
  guard !a.isEmpty, !b.isEmpty else { return max(a.count, b.count) }
  var beforePrevious: [Int] = []
  var previous = Array(0...b.count)
  for i in 1...a.count {
    var current = [i] + Array(repeating: 0, count: b.count)
    for j in 1...b.count {
      let substitution = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
      current[j] = min(previous[j] + 1, current[j - 1] + 1, substitution)
      if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
        current[j] = min(current[j], beforePrevious[j - 2] + 1)
      }
    }
    (beforePrevious, previous) = (previous, current)
  }
  return previous[b.count]
}
