import Foundation
import PoiseCore

/// Reads a model's main file and puts the contents of each included file in the place of its `include`.
///
/// As in MuJoCo, a file's name is looked up beside the main file first, then beside the file that names it, and no file
/// may be included twice. Stricter than MuJoCo: every file must lie inside the main file's folder or in a folder beside
/// it that its name leads to (`../parts/arm.xml`), after symbolic links are resolved. So checking a model from an
/// untrusted source opens no other files.
struct IncludeExpander {
  static let fileSizeLimit = 16 << 20
  static let totalSizeLimit = 64 << 20
  static let totalElementLimit = 100_000
  static let fileCountLimit = 64
  static let includeDepthLimit = 16

  let findings: Findings
  /// The main file's folder as the user named it; empty is the working directory.
  private let folder: String
  /// The same without symbolic links.
  private let realFolder: String
  /// Where each file was included first, by its path without symbolic links.
  private var included: [String: SourceLine?] = [:]
  /// Files that are being read, outermost first.
  private var openFiles: [String] = []
  private var totalSize = 0
  private var elementCount = 0
  private var isTooDeep = false

  /// - Returns: the whole model as one tree, or `nil` after noting problems.
  /// - Throws: `InputOutputError` if the main file cannot be read at all.
  static func tree(of path: String, findings: Findings) throws -> MJCFElement? {
    let folder = path.parentFolder
    var expander = IncludeExpander(findings: findings, folder: folder)
    return try expander.readMainFile(path)
  }

  private init(findings: Findings, folder: String) {
    self.findings = findings
    self.folder = folder
    realFolder = Self.realPath(folder.isEmpty ? "." : folder) ?? folder
  }

  private static func realPath(_ path: String) -> String? {
    guard !path.utf8.contains(0), let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  private mutating func readMainFile(_ path: String) throws -> MJCFElement? {
    let bytes: [UInt8]
    do {
      bytes = try BoundedFile.read(path, limit: Self.fileSizeLimit)
    } catch {
      switch error {
      case .unreadable(let reason):
        throw InputOutputError(path: path, operation: "read", reason: reason)
      case .isFolder:
        throw InputOutputError(
          path: path, operation: "read", reason: "it is a folder", remedy: "Name a model file inside it.")
      case .isNotRegular:
        throw InputOutputError(
          path: path, operation: "read", reason: "it is not a regular file", remedy: "Name a model file.")
      case .tooLarge(let size, limit: _):
        throw InvalidInput(Self.tooLarge(file: path, size: size))
      }
    }
    let real = Self.realPath(path) ?? path
    included[real] = .some(nil)
    totalSize = bytes.count
    guard let root = MarkupParser.tree(of: bytes, file: 0, findings: findings) else { return nil }
    guard root.name == "mujoco" else {
      let isURDF = root.name == "robot"
      findings.problem(
        root.source, "", found: "the root element '\(root.name)'", allowed: "'mujoco'",
        remedy: isURDF
          ? "This looks like URDF: open it in MuJoCo and save it as MJCF." : "Name an MJCF model.")
      return nil
    }
    openFiles = [real]
    return expand(root, depth: 1)
  }

  private static func tooLarge(file: String, size: Int) -> Problem {
    Problem(
      file: file, found: "a file of \(max(1, size >> 20)) MiB", allowed: "at most \(fileSizeLimit >> 20) MiB",
      remedy: "A robot description is small; is this the right file?")
  }

  /// The same element with its includes replaced, at every depth.
  ///
  /// - Parameter depth: levels down to this element, in all files together: the reader of the tree recurses once for each.
  private mutating func expand(_ element: MJCFElement, depth: Int) -> MJCFElement {
    elementCount += 1
    guard !element.children.isEmpty else { return element }
    var result = element
    result.children = []
    guard depth < MarkupScan.depthLimit else {
      if !isTooDeep {
        findings.problem(
          element.source, "", found: "elements nested more than \(MarkupScan.depthLimit) deep, includes counted in",
          allowed: "at most \(MarkupScan.depthLimit) levels", remedy: "Flatten the tree of bodies.")
      }
      isTooDeep = true
      return result
    }
    result.children.reserveCapacity(element.children.count)
    for child in element.children {
      if child.name == "include" {
        result.children += contents(of: child, depth: depth)
      } else {
        result.children.append(expand(child, depth: depth + 1))
      }
    }
    return result
  }

  /// The children of the root of the file that `include` names; empty after noting a problem.
  ///
  /// - Parameters:
  ///   - include: the `include` element.
  ///   - depth: levels down to the element that contains it.
  private mutating func contents(of include: MJCFElement, depth: Int) -> [MJCFElement] {
    func refuse(_ found: String, _ allowed: String, _ remedy: String) -> [MJCFElement] {
      findings.problem(include.source, "include", found: found, allowed: allowed, remedy: remedy)
      return []
    }
    guard elementCount < Self.totalElementLimit else {
      return refuse(
        "more than \(Self.totalElementLimit) elements in all files", "at most that many", "Simplify the model.")
    }
    guard let name = include.attributes["file"], !name.isEmpty else {
      return refuse("no file", "file=\"…\"", "Name the file to include.")
    }
    if let other = include.attributes.keys.filter({ $0 != "file" }).min() {
      _ = refuse("attribute '\(other)'", "only 'file'", "Remove it.")
    }
    if !include.children.isEmpty { _ = refuse("elements inside", "an empty element", "Remove them.") }
    guard openFiles.count <= Self.includeDepthLimit else {
      return refuse(
        "includes nested more than \(Self.includeDepthLimit) deep", "at most \(Self.includeDepthLimit)",
        "Flatten the includes.")
    }
    guard findings.files.count < Self.fileCountLimit else {
      return refuse(
        "more than \(Self.fileCountLimit) files", "at most \(Self.fileCountLimit)", "Join some of the files.")
    }
    guard !name.hasPrefix("/") else {
      return refuse(
        "the absolute path \(quoted(name))", "a path relative to the model's folder",
        "Copy the file into the model's folder.")
    }

    // Beside the main file, else beside the file that names it.
    let besideIncluder = findings.files[include.source.file].parentFolder
    let candidates = [folder, besideIncluder].map { ($0 as NSString).appendingPathComponent(name) }
    guard
      let (path, real) = candidates.lazy.compactMap({ path in Self.realPath(path).map { (path, $0) } }).first
    else {
      return refuse(
        "\(quoted(name)), which does not exist", "a file inside the model's folder or a folder beside it",
        "Check the name; it is looked up in \(quoted(folder.isEmpty ? "." : folder)).")
    }
    guard isWithinReach(path, real: real) else {
      return refuse(
        "\(quoted(name)), which lies outside the model's folder",
        "files inside \(quoted(realFolder)), or in a folder beside it that the name itself leads to ('../parts/arm.xml'), no "
          + "symbolic link; so reading a model that somebody sent opens nothing else",
        "Copy the file into the model's folder.")
    }
    guard !openFiles.contains(real) else {
      return refuse(
        "\(quoted(name)), which includes itself, directly or through others", "includes without a cycle",
        "Remove one of the includes.")
    }
    if let first = included[real] {
      let place = first.map { "\(findings.files[$0.file]):\($0.line)" } ?? "the main file"
      return refuse(
        "\(quoted(name)), which is already included at \(place)", "each file once", "Remove one of the includes.")
    }
    return read(path, real: real, include: include, depth: depth)
  }

  /// Whether a file lies inside the model's folder, or in a folder beside it that its name leads to, with symbolic
  /// links resolved.
  private func isWithinReach(_ path: String, real: String) -> Bool {
    func isInside(_ path: String, _ folder: String) -> Bool {
      path == folder || path.hasPrefix(folder.hasSuffix("/") ? folder : folder + "/")
    }
    guard !isInside(real, realFolder) else { return true }
    // The name with the folder's own links resolved, and no others.
    let below = path.dropFirst(folder.count).drop { $0 == "/" }
    let named = "\(realFolder)/\(below)".withoutDetours
    let above = realFolder.parentFolder
    guard !isInside(named, realFolder), isInside(named, above), !["", "/"].contains(above) else { return false }
    let first = named.dropFirst(above.count + 1).prefix { $0 != "/" }
    let beside = (above as NSString).appendingPathComponent(String(first))
    return real != beside && isInside(real, beside)
  }

  private mutating func read(_ path: String, real: String, include: MJCFElement, depth: Int) -> [MJCFElement] {
    func refuse(_ found: String, _ allowed: String) -> [MJCFElement] {
      findings.problem(
        include.source, "include", found: found, allowed: allowed, remedy: "Name an MJCF file.")
      return []
    }
    let bytes: [UInt8]
    do {
      bytes = try BoundedFile.read(path, limit: Self.fileSizeLimit)
    } catch {
      return switch error {
      case .unreadable(let reason): refuse("\(quoted(path)), which cannot be read: \(reason)", "a readable file")
      case .isFolder: refuse("\(quoted(path)), which is a folder", "a file")
      case .isNotRegular: refuse("\(quoted(path)), which is not a regular file", "a regular file")
      case .tooLarge(let size, limit: _):
        refuse("\(quoted(path)) of \(size >> 20) MiB", "files of at most \(Self.fileSizeLimit >> 20) MiB")
      }
    }
    totalSize += bytes.count
    guard totalSize <= Self.totalSizeLimit else {
      return refuse(
        "more than \(Self.totalSizeLimit >> 20) MiB in all files", "at most \(Self.totalSizeLimit >> 20) MiB")
    }
    included[real] = include.source
    let file = findings.addFile(path)
    guard let root = MarkupParser.tree(of: bytes, file: file, findings: findings) else { return [] }
    guard root.name == "mujoco" || root.name == "mujocoinclude" else {
      findings.problem(
        root.source, "", found: "the root element '\(root.name)'", allowed: "'mujoco' or 'mujocoinclude'",
        remedy: "Name an MJCF file in the include.")
      return []
    }
    openFiles.append(real)
    defer { openFiles.removeLast() }
    return expand(root, depth: depth).children
  }
}
