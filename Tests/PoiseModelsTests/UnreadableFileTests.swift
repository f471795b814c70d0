import Foundation
import PoiseCore
import PoiseModels
import TestSupport
import Testing

@Suite("A file that is no model")
struct UnreadableFileTests {
  /// The reader's message, with the folder's name taken out.
  private func message(_ folder: TemporaryFolder, _ name: String = "model.xml") throws -> String {
    do {
      _ = try RobotModel(contentsOf: folder.path + "/" + name)
      return "(no problem)"
    } catch let error as any PoiseError {
      return "\(error.exitStatus.rawValue) " + error.description.replacingOccurrences(of: folder.path + "/", with: "")
    }
  }

  private func message(_ bytes: some Collection<UInt8>) throws -> String {
    let folder = try TemporaryFolder()
    try folder.write(bytes)
    return try message(folder)
  }

  @Test("and cannot be read ends with status 74 and the system's reason")
  func cannotBeRead() throws {
    let folder = try TemporaryFolder()
    #expect(
      try message(folder) == "74 model.xml: cannot read: No such file or directory.")
    try FileManager.default.createDirectory(atPath: folder.path + "/model.xml", withIntermediateDirectories: false)
    #expect(
      try message(folder) == "74 model.xml: cannot read: it is a folder. Name a model file inside it.")
    #expect(mkfifo(folder.path + "/pipe", 0o600) == 0)
    #expect(
      try message(folder, "pipe") == "74 pipe: cannot read: it is not a regular file. Name a model file.")
    #expect(throws: InputOutputError.self) { try RobotModel(contentsOf: "/dev/zero") }
    #expect(throws: InputOutputError.self) { try RobotModel(contentsOf: "") }
    #expect(throws: InputOutputError.self) { try RobotModel(contentsOf: "a\0b.xml") }
  }

  @Test("because it is far too large is refused at once, without being read")
  func tooLarge() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write([])
    #expect(truncate(path, 100 << 20) == 0)
    var text = ""
    let duration = try processorTime { text = try message(folder) }
    #expect(
      text
        == "65 model.xml: found a file of 100 MiB; allowed at most 16 MiB. A robot description is small; is this the right file?"
    )
    #expect(duration < .milliseconds(200))
  }

  @Test("because an element has a hundred thousand attributes is refused in a moment", arguments: ["\"", "'"])
  func attributes(quote: String) throws {
    let attributes = (0..<200_000).map { " a\($0)=\(quote)1\(quote)" }.joined()
    var text = ""
    let duration = try processorTime {
      text = try message("<mujoco>\n<worldbody\(attributes)/>\n</mujoco>".utf8)
    }
    #expect(
      text
        == "65 model.xml:2: found an element with more than 200 attributes; allowed at most 200. No element of MJCF has so many."
    )
    #expect(duration < .seconds(5))
  }

  @Test("but bytes is told apart from text, with the line")
  func binary() throws {
    #expect(
      try message([0x7F, 0x45, 0x4C, 0x46, 0, 1, 2])
        == "65 model.xml:1: found the control byte 0x0; allowed MJCF text in UTF-8. Is this a binary file? Name an MJCF text file."
    )
    #expect(
      try message(Array("<mujoco>\n<!-- na".utf8) + [0xEF] + Array("ve --></mujoco>".utf8))
        == "65 model.xml:2: found the byte 0xEF, which is not UTF-8; allowed UTF-8. Save the file as UTF-8.")
    #expect(
      try message([0xFF, 0xFE, 0x3C, 0x00])
        == "65 model.xml:1: found text in UTF-16; allowed UTF-8. Save the file as UTF-8.")
  }

  @Test("with a byte order mark, carriage returns or a declaration is still a model")
  func harmlessDecoration() throws {
    let text =
      "<?xml version='1.0' encoding='utf-8'?>\r\n<!-- <!DOCTYPE> -- in a comment --->\r\n<mujoco><worldbody>\r\n"
      + "<body><geom size='1'/></body></worldbody></mujoco>\r\n<!-- the end -->\r\n"
    #expect(try message([0xEF, 0xBB, 0xBF] + Array(text.utf8)) == "(no problem)")
  }

  @Test("because it is nested without end, or has elements without end, is refused before it is parsed")
  func bombs() throws {
    let nested = "<mujoco><worldbody>" + String(repeating: "<body>", count: 500_000)
    #expect(
      try message(nested.utf8)
        == "65 model.xml:1: found elements nested more than 150 deep; allowed at most 150 levels. Flatten the tree of bodies."
    )
    let many = "<mujoco><worldbody>" + String(repeating: "<geom size='1'/>\n", count: 900_000)
    #expect(
      try message(many.utf8)
        == "65 model.xml:49999: found more than 50000 elements; allowed at most 50000. Split or simplify the model.")
  }

  @Test("of 100 faults and more lists 100 and counts the rest")
  func manyFaults() throws {
    let geoms = String(repeating: "<geom size='-1' colour='red'/>\n", count: 3000)
    let text = "<mujoco><worldbody><body>\n\(geoms)</body></worldbody></mujoco>"
    var lines: [Substring] = []
    let duration = try processorTime { lines = try message(text.utf8).split(separator: "\n") }
    #expect(lines.count == 101)
    #expect(lines.last == "model.xml: found 5900 more problems; allowed none. Correct those above first.")
    #expect(duration < .seconds(2))
  }

  @Test("but slow on purpose is read or refused within two seconds")
  func slowOnPurpose() throws {
    let hostile: [String: String] = [
      "one comment of 15 MiB": "<mujoco><!--" + String(repeating: "a ", count: 15 << 19) + "--></mujoco>",
      "one attribute of 15 MiB": "<mujoco model='" + String(repeating: "a", count: 15 << 20) + "'/>",
      "a number of 15 MiB": "<mujoco><worldbody><body><geom size='" + String(repeating: "1 ", count: 15 << 19)
        + "'/></body></worldbody></mujoco>",
      "an element name of 15 MiB": "<" + String(repeating: "a", count: 15 << 20) + "/>",
      "50,000 attributes": "<mujoco "
        + (0..<50_000).map { "a\($0)='1'" }.joined(separator: " ") + "/>",
      "40,000 classes": "<mujoco>" + "<default>"
        + (0..<40_000).map { "<default class='c\($0)'/>" }.joined() + "</default></mujoco>",
      "40,000 unknown elements": "<mujoco><worldbody>" + (0..<40_000).map { "<gem\($0)/>" }.joined()
        + "</worldbody></mujoco>",
      "1,000 bodies with actuators": "<mujoco><worldbody>"
        + (0..<1000).map { "<body><joint name='j\($0)'/><geom size='1'/></body>" }.joined() + "</worldbody><actuator>"
        + (0..<1000).map { "<motor joint='jj\($0)'/>" }.joined() + "</actuator></mujoco>",
      "20,000 exclusions": "<mujoco><worldbody>"
        + (0..<1000).map { "<body name='b\($0)'><geom size='1'/></body>" }.joined() + "</worldbody><contact>"
        + (0..<20_000).map { "<exclude body1='b\($0 % 1000)' body2='x\($0)'/>" }.joined() + "</contact></mujoco>",
      "bodies 140 deep": "<mujoco><worldbody>"
        + String(repeating: "<body><joint/><geom size='1'/>", count: 140) + String(repeating: "</body>", count: 140)
        + "</worldbody></mujoco>",
    ]
    for (name, text) in hostile.sorted(by: { $0.key < $1.key }) {
      let folder = try TemporaryFolder()
      try folder.write(text.utf8)
      let duration = try processorTime { _ = try message(folder) }
      #expect(duration < .seconds(2), "\(name)")
      if ProcessInfo.processInfo.environment["POISE_TIMES"] != nil { print("TIME", name, duration) }
    }
  }

  @Test("but a link to a file outside the model's folder is not included")
  func linkOutside() throws {
    let outside = try TemporaryFolder()
    try outside.write("<mujoco/>".utf8, to: "secret.xml")
    let folder = try TemporaryFolder()
    try folder.write("<mujoco>\n<include file='part.xml'/>\n</mujoco>".utf8)
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/part.xml", withDestinationPath: outside.path + "/secret.xml")
    #expect(
      try message(folder).hasPrefix("65 model.xml:2: include: found 'part.xml', which lies outside the model's folder"))
  }

  @Test("because its includes go on without end is refused")
  func manyIncludes() throws {
    let deep = try TemporaryFolder()
    try deep.write("<mujoco><include file='0.xml'/></mujoco>".utf8)
    for i in 0..<40 { try deep.write("<mujoco><include file='\(i + 1).xml'/></mujoco>".utf8, to: "\(i).xml") }
    #expect(
      try message(deep)
        == "65 15.xml:1: include: found includes nested more than 16 deep; allowed at most 16. Flatten the includes.")

    let wide = try TemporaryFolder()
    try wide.write(
      ("<mujoco>\n" + (0..<100).map { "<include file='\($0).xml'/>\n" }.joined() + "</mujoco>").utf8)
    for i in 0..<100 { try wide.write("<mujoco/>".utf8, to: "\(i).xml") }
    #expect(
      try message(wide).hasPrefix(
        "65 model.xml:65: include: found more than 64 files; allowed at most 64. Join some of the files."))
  }

  @Test("but included from a folder below is found beside the main file first, then beside its includer")
  func includeFolders() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(atPath: folder.path + "/parts", withIntermediateDirectories: false)
    try folder.write("<mujoco><include file='parts/arm.xml'/></mujoco>".utf8)
    try folder.write(
      "<mujoco><worldbody><include file='hand.xml'/><include file='tool.xml'/></worldbody></mujoco>".utf8,
      to: "parts/arm.xml")
    try folder.write("<mujoco><body name='beside the main file'><geom size='1'/></body></mujoco>".utf8, to: "hand.xml")
    try folder.write("<mujoco><body name='wrong'/></mujoco>".utf8, to: "parts/hand.xml")
    try folder.write(
      "<mujocoinclude><body name='beside its includer'><geom size='1'/></body></mujocoinclude>".utf8,
      to: "parts/tool.xml")
    let model = try RobotModel(contentsOf: folder.path + "/model.xml")
    #expect(model.bodies.map(\.name) == ["beside the main file", "beside its includer"])
    #expect(
      model.files.map { $0.replacingOccurrences(of: folder.path + "/", with: "") } == [
        "model.xml", "parts/arm.xml", "hand.xml", "parts/tool.xml",
      ])
  }
}
