import Foundation
import PoiseCore

/// Reads the bytes of a scenario file with a size limit, so that a wrong path is refused quickly.
enum ScenarioFile {
  /// Bytes. A scenario is a few kilobytes; the slowest text of this size is refused or read in well under a second.
  static let sizeLimit = 256 * 1024

  /// Reads a whole file of at most `sizeLimit` bytes.
  ///
  /// - Throws: `InputOutputError` if there is nothing to read, `InvalidInput` if there is too much.
  static func read(_ path: String) throws -> [UInt8] {
    do throws(BoundedFile.Failure) {
      return try BoundedFile.read(path, limit: sizeLimit)
    } catch .tooLarge(let size, _) {
      throw InvalidInput(tooLarge(path, found: "\(size) bytes"))
    } catch {
      let remedy =
        switch error {
        case .isFolder: "Name a file in it."
        case .unreadable where !FileManager.default.fileExists(atPath: path): neighbour(of: path)
        default: ""
        }
      throw InputOutputError(path: path, operation: "read", reason: error.reason, remedy: remedy)
    }
  }

  static func tooLarge(_ path: String, found: String) -> Problem {
    Problem(
      file: path, found: found, allowed: "at most \(sizeLimit) bytes",
      remedy: "Is this a scenario? They are a few kilobytes long.")
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
