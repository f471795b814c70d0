import Foundation
import PoiseCore

/// One PNG file for each picture, from 0. Each appears whole; where the film is broken off, those before remain.
struct NumberedFiles: FilmFile {
  private let prefix: String
  private let digits: Int
  private let suffix: String
  private var count = 0

  init(prefix: String, digits: Int, suffix: String) {
    self.prefix = prefix
    self.digits = digits
    self.suffix = suffix
  }

  mutating func append(_ picture: Picture) throws {
    if count == 0, prefix.hasSuffix("/"), !FileManager.default.fileExists(atPath: prefix) {
      do {
        try FileManager.default.createDirectory(atPath: prefix, withIntermediateDirectories: false)
      } catch {
        throw InputOutputError(
          path: prefix, operation: "create", reason: "the folder cannot be made",
          remedy: "Make the folder first, or check the path.")
      }
    }
    let number = String(count)
    let file = try WholeFile(prefix + String(repeating: "0", count: max(0, digits - number.count)) + number + suffix)
    try file.write(PNG.encode(picture))
    try file.commit()
    count += 1
  }

  mutating func commit() throws {}
}
