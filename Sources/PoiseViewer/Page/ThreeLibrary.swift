import Foundation
import PoiseCore

/// three.js, the 3-D library of the page, from the system's packages.
///
/// Poise does not contain a copy: Debian's `libjs-three` has it, and `POISE_THREE_JS` may name another build: one file that defines
/// the global `THREE`. The page was tested with r111, which Debian has, r122, r123 and r130.
enum ThreeLibrary {
  /// The environment variable that names another build.
  static let variable = "POISE_THREE_JS"
  private static let places = [
    "/usr/share/javascript/three/three.min.js",  // Debian and its relatives: libjs-three
    "/usr/share/javascript/three/build/three.min.js",
    "/usr/share/nodejs/three/build/three.min.js",
    "/usr/local/share/javascript/three/three.min.js",
  ]
  /// Largest size in bytes, more than any build has.
  private static let sizeLimit = 8 << 20

  /// The library's text.
  ///
  /// - Throws: `InputOutputError` that says what to install; `InvalidInput` for a file that is not three.js.
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

  /// The revision of a build, "r111"; empty where it is not found.
  static func revision(of text: String) -> String {
    text.firstMatch(of: /REVISION\s*=\s*"([0-9]+)/).map { "r\($0.output.1)" } ?? ""
  }

  /// The licence of three.js, with the years that the build states.
  ///
  /// Source: the file LICENSE of https://github.com/mrdoob/three.js.
  static func licence(of text: String) -> String {
    let years = text.firstMatch(of: /(?i)copyright[^0-9\n]{0,8}(2010-[0-9]{4}) three\.js authors/).map {
      String($0.output.1)
    }
    return """
      The MIT License

      Copyright © \(years ?? "2010-2019") three.js authors

      Permission is hereby granted, free of charge, to any person obtaining a copy
      of this software and associated documentation files (the "Software"), to deal
      in the Software without restriction, including without limitation the rights
      to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
      copies of the Software, and to permit persons to whom the Software is
      furnished to do so, subject to the following conditions:

      The above copyright notice and this permission notice shall be included in
      all copies or substantial portions of the Software.

      THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
      IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
      FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
      AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
      LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
      OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN
      THE SOFTWARE.
      """
  }
}
