/// The parts of a path, from its text alone. The methods of `NSString` for the same purpose crash for names of one
/// character (swift-corelib-foundation of Swift 6.3).
extension String {
  /// The last name in the path: `c` of `a/b/c` and of `c/`; the path itself if it is `/` or empty.
  public var fileName: String {
    let path = withoutSlashesAtEnd
    guard path.utf8.count > 1, let slash = path.utf8.lastIndex(of: Self.slash) else { return String(path) }
    return String(path[path.utf8.index(after: slash)...])
  }

  /// The path before the last name: `a/b` of `a/b/c`, `/` of `/c`; empty if there is none.
  public var parentFolder: String {
    let path = withoutSlashesAtEnd
    guard let slash = path.utf8.lastIndex(of: Self.slash) else { return "" }
    let parent = String(path[..<slash]).withoutSlashesAtEnd
    return parent.isEmpty ? "/" : String(parent)
  }

  /// The path without `.` and `folder/..`, from its text alone.
  public var withoutDetours: String {
    var parts: [Substring] = []
    for part in split(separator: "/", omittingEmptySubsequences: false) where part != "." {
      if part == "..", let last = parts.last, last != "..", !last.isEmpty {
        parts.removeLast()
      } else {
        parts.append(part)
      }
    }
    return parts.joined(separator: "/")
  }

  private static let slash = UInt8(ascii: "/")

  private var withoutSlashesAtEnd: Substring {
    var path = self[...]
    while path.utf8.count > 1, path.utf8.last == Self.slash { path = path[..<path.utf8.index(before: path.endIndex)] }
    return path
  }
}
