/// Returns the candidate nearest to `name` by edit distance, if it is near enough to be a slip of the pen.
///
/// Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours cost one each.
/// Source: Damerau 1964, "A technique for computer detection and correction of spelling errors". Case is ignored.
///
/// - Returns: the first of the nearest candidates within a third of the longer name's length (at least 1), else `nil`.
public func nearestName(to name: String, among candidates: some Sequence<String>) -> String? {
  // A name this long is rubbish, and the table below is quadratic.
  guard name.utf8.count <= 256 else { return nil }
  let wanted = Array(name.lowercased())
  var best: (name: String, distance: Int)?
  for candidate in candidates {
    let other = Array(candidate.lowercased())
    let distance = editDistance(wanted, other)
    let tolerance = max(1, max(wanted.count, other.count) / 3)
    if distance <= tolerance, best.map({ distance < $0.distance }) ?? true { best = (candidate, distance) }
  }
  return best?.name
}

/// `Did you mean 'x'?` with a trailing question mark, or an empty string.
public func suggestion(for name: String, among candidates: some Sequence<String>) -> String {
  nearestName(to: name, among: candidates).map { "Did you mean '\($0)'?" } ?? ""
}

private func editDistance(_ a: [Character], _ b: [Character]) -> Int {
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
