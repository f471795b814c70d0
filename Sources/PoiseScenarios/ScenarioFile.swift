import Foundation
import PoiseCore

/// The bytes of a file that a person named, read with a limit, so that a wrong path costs nothing.
enum ScenarioFile {
  /// Bytes. A scenario is a few kilobytes; the slowest text of this size is refused or read in well under a second.
  static let sizeLimit = 256 * 1024

  /// Reads a whole file of at most `sizeLimit` bytes.
  ///
  /// - Throws: `InputOutputError` if there is nothing to read, `InvalidInput` if there is too much.
  static func read(_ path: String) throws -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(path, errno) }
    defer { close(descriptor) }
    var information = stat()
    guard fstat(descriptor, &information) == 0 else { throw failure(path, errno) }
    if information.st_mode & S_IFMT == S_IFDIR { throw failure(path, EISDIR) }
    if information.st_mode & S_IFMT == S_IFREG, information.st_size > sizeLimit {
      throw InvalidInput(tooLarge(path, found: "\(information.st_size) bytes"))
    }
    // A pipe or a device has no size beforehand, so the limit is kept while reading as well.
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 * 1024)
    while true {
      let count = Foundation.read(descriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw failure(path, errno) }
      if count == 0 { return bytes }
      bytes += chunk[..<count]
      if bytes.count > sizeLimit { throw InvalidInput(tooLarge(path, found: "more than \(sizeLimit) bytes")) }
    }
  }

  static func tooLarge(_ path: String, found: String) -> Problem {
    Problem(
      file: path, found: found, allowed: "at most \(sizeLimit) bytes",
      remedy: "Is this a scenario? They are a few kilobytes long.")
  }

  private static func failure(_ path: String, _ code: Int32) -> InputOutputError {
    let reason = String(cString: strerror(code)).lowercased()
    let remedy =
      switch code {
      case EISDIR: "Name a file in it."
      case ENOENT: neighbour(of: path)
      default: ""
      }
    return InputOutputError(path: path, operation: "read", reason: reason, remedy: remedy)
  }

  /// The file of the same folder that may have been meant.
  private static func neighbour(of path: String) -> String {
    let name = path.fileName
    let folder = path.parentFolder
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)) ?? []
    guard let nearest = nearestName(to: name, among: names.sorted()) else { return "" }
    return "Did you mean '\((folder as NSString).appendingPathComponent(nearest))'?"
  }
}
