import Foundation
import PoiseCore

/// three.js, the 3-D library of the page, as the system packages it.
///
/// Poise does not carry a copy: Debian's `libjs-three` has it, and `POISE_THREE_JS` may name another build of it: one file that
/// defines the global `THREE`. r111, which Debian has, r122, r123 and r130 are known to draw the page without complaint.
enum ThreeLibrary {
  static let variable = "POISE_THREE_JS"
  private static let places = [
    "/usr/share/javascript/three/three.min.js",  // Debian and its relatives: libjs-three
    "/usr/share/javascript/three/build/three.min.js",
    "/usr/share/nodejs/three/build/three.min.js",
    "/usr/local/share/javascript/three/three.min.js",
  ]
  /// More than any build of it has.
  private static let sizeLimit = 8 << 20

  /// The library's text.
  ///
  /// - Throws: `InputOutputError` that says what to install; `InvalidInput` for a file that is not it.
  static func text(environment: [String: String] = ProcessInfo.processInfo.environment) throws -> String {
    let chosen = environment[variable].flatMap { $0.isEmpty ? nil : $0 }
    let path = chosen ?? places.first { FileManager.default.fileExists(atPath: $0) }
    guard let path else {
      throw InputOutputError(
        path: "three.js", operation: "find", reason: "it is in none of \(places.joined(separator: ", "))",
        remedy: "On Debian and its relatives: apt-get install libjs-three (`make setup` does so). "
          + "Elsewhere set \(variable) to a three.min.js of r111 to r130.")
    }
    let bytes: [UInt8]
    do {
      bytes = try BoundedFile.read(path, limit: sizeLimit)
    } catch {
      throw InputOutputError(
        path: path, operation: "read", reason: error.reason, remedy: chosen == nil ? "" : "Check \(variable).")
    }
    let text = String(decoding: bytes, as: UTF8.self)
    guard text.contains("WebGLRenderer"), !text.lowercased().contains("</script") else {
      throw InvalidInput(
        Problem(
          file: path, found: "something else", allowed: "a build of three.js that defines THREE, such as three.min.js",
          remedy: "Install Debian's libjs-three, or set \(variable) to another build."))
    }
    return text
  }
}
