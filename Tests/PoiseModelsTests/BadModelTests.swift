import Foundation
import PoiseCore
import PoiseModels
import Testing

/// One entry of Golden/bad_models.txt.
private struct BadModel: Sendable, CustomTestStringConvertible {
  var title: String
  /// The main file first; it is called model.xml.
  var files: [(name: String, text: String)]
  var message: String

  var testDescription: String { title }

  static let path = Folders.golden.appending(path: "bad_models.txt")

  static func all() throws -> (header: String, models: [BadModel]) {
    var parts = try String(contentsOf: path, encoding: .utf8).components(separatedBy: "\n### ")
    let header = parts.removeFirst()
    let models = parts.map { part in
      let halves = part.components(separatedBy: "\n---\n")
      var lines = halves[0].components(separatedBy: "\n")
      let title = lines.removeFirst()
      var files: [(name: String, text: String)] = [("model.xml", "")]
      for line in lines {
        if line.hasPrefix("+++ ") {
          files.append((String(line.dropFirst(4)), ""))
        } else {
          files[files.count - 1].text += (files[files.count - 1].text.isEmpty ? "" : "\n") + line
        }
      }
      return BadModel(
        title: title, files: files,
        message: halves[1].trimmingCharacters(in: .newlines))
    }
    return (header, models)
  }

  /// What the reader says about the model, with the temporary folder's name taken out.
  func reading() throws -> String {
    let folder = try TemporaryFolder()
    for file in files { try folder.write(file.text.utf8, to: file.name) }
    do {
      _ = try RobotModel(contentsOf: folder.path + "/model.xml")
      return "(no problem)"
    } catch let error as InvalidInput {
      return error.description.replacingOccurrences(of: folder.path + "/", with: "")
        .replacingOccurrences(of: folder.path, with: "FOLDER")
    }
  }
}

@Suite("A model that cannot be used")
struct BadModelTests {
  @Test("is answered with the file, the line, the element, what was found, what is allowed, and what to do")
  func messages() throws {
    var (header, models) = try BadModel.all()
    #expect(models.count >= 90)
    for i in models.indices {
      let message = try models[i].reading()
      #expect(message == models[i].message, "\(models[i].title)")
      models[i].message = message
    }
    guard ProcessInfo.processInfo.environment["POISE_RECORD"] != nil else { return }
    for model in models {
      header += "\n### \(model.title)\n"
      header += model.files.map { ($0.name == "model.xml" ? "" : "+++ \($0.name)\n") + $0.text }.joined(separator: "\n")
      header += "\n---\n\(model.message)\n"
    }
    try header.write(to: BadModel.path, atomically: true, encoding: .utf8)
  }
}
