import Foundation
import PoiseCore
import PoiseModels
import PoiseSimulation
import TestSupport
import Testing

@Suite("A damaged model")
struct MutatedModelTests {
  private static let vocabulary = Mutator.Vocabulary(
    pieces: [
      "<", ">", "/>", "\"", "<!--", "-->", "<![CDATA[", "]]>", "<!DOCTYPE a [<!ENTITY b \"c\">]>",
      "<?xml version=\"1.0\"?>", "<joint/>", "<freejoint/>", "<body>", "</body>", "<geom type=\"mesh\"/>",
      "<include file=\"model.xml\"/>", "<include file=\"/dev/zero\"/>", "<default class=\"a\"/>",
      "<inertial pos=\"0 0 0\" mass=\"0\"/>", "&#0;", "&#x41;", "<frame euler=\"1 2 3\">", "</frame>", "<worldbody>",
      "<motor joint=\"hinge\"/>",
    ],
    values: Mutator.Vocabulary.edges + ["free", "mesh", "plane", "ball", "world", "main", "&amp;", "&a;"],
    plausibleValues: [
      "0.5", "1", "2", "0.1 0.2 0.3", "0 1 0", "1 0 0", "0.3 0.4", "-30 30", "0 0 0.5 0 0.3 0.5", "1 0.2 0 0",
      "10 20 30", "sphere", "capsule", "box", "cylinder", "hinge", "slide", "false", "auto", "radian", "zyx",
    ], valueStarts: "\"", valueEnds: "\"")

  /// Steps a robot with each torque at one of its limits, new every few steps, until ODE or its bounds have enough.
  private static func drive(_ robot: Robot, _ random: inout RandomStream, steps: Int) {
    for _ in 0..<steps where robot.world.firstFault() == nil {
      for i in 0..<robot.actuatorCount { robot.setControl(random.uniform() < 0.5 ? -1e3 : 1e3, of: i) }
      robot.step(2)
    }
  }

  /// Each comment once copied the whole file: 40,000 times 9 MB.
  @Test("with ten thousands of comments in megabytes is read in no time")
  func manyComments() throws {
    let frame = "<frame><!--x--></frame>" + String(repeating: " ", count: 200)
    let text = "<mujoco><worldbody>\(String(repeating: frame, count: 40_000))</worldbody></mujoco>"
    let folder = try TemporaryFolder()
    let path = try folder.write(text.utf8)
    let time = processorTime {
      let error = #expect(throws: InvalidInput.self) { try RobotModel(contentsOf: path) }
      #expect(error?.description.contains("a model without a body") == true)
    }
    #expect(time < .seconds(20))
  }

  /// 16 files of 148 levels each overflowed the stack of whoever walks the tree.
  @Test("that nests deeper than one file may, by its includes, is refused")
  func deepIncludes() throws {
    let folder = try TemporaryFolder()
    for number in 0..<16 {
      let next = number < 15 ? "<include file=\"\(number + 1).xml\"/>" : ""
      let (open, close) = (String(repeating: "<frame>", count: 148), String(repeating: "</frame>", count: 148))
      try folder.write("<mujocoinclude>\(open)\(next)\(close)</mujocoinclude>".utf8, to: "\(number).xml")
    }
    let path = try folder.write(
      "<mujoco><worldbody><body><joint/><geom size=\"1\"/></body><include file=\"0.xml\"/></worldbody></mujoco>".utf8)
    let error = #expect(throws: InvalidInput.self) { try RobotModel(contentsOf: path) }
    #expect(error?.description.contains("elements nested more than 150 deep, includes counted in") == true)
  }

  @Test(
    "never crashes the reader, never hangs it, and gives problems or a model that keeps its promises and can be driven")
  func fuzz() throws {
    let folders = [Folders.root.appending(path: "models"), Folders.golden.appending(path: "snippets")]
    let corpus = try folders.flatMap { folder in
      try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        .filter { $0.pathExtension == "xml" }.sorted { $0.path < $1.path }.map { [UInt8](try Data(contentsOf: $0)) }
    }
    #expect(corpus.count >= 10)
    var mutator = Mutator(Self.vocabulary, corpus: corpus, random: Torture.random(0))
    var random = Torture.random(1)
    let folder = try TemporaryFolder()
    var modelCount = 0
    let trial = try Torture.trial("mjcf", count: 5_000, inputs: { mutator.mutated(corpus[$0 % corpus.count]) }) {
      i, text in
      let path = try folder.write(text)
      do {
        let model = try RobotModel(contentsOf: path)
        modelCount += 1
        let broken = model.brokenPromises
        #expect(broken.isEmpty, "mutation \(i): \(broken)\n\(String(decoding: text, as: UTF8.self))")
        // What `check` accepts can be built, and ODE takes it.
        Self.drive(try Robot(model), &random, steps: 4)
      } catch let error as InvalidInput {
        #expect(error.problems.allSatisfy { !$0.found.isEmpty && !$0.allowed.isEmpty }, "mutation \(i)")
      }
    }
    // A hang, not a slow machine: processor time, and no input takes a tenth of it.
    #expect(trial.slowest < .seconds(60))
    // Both outcomes are common, or the mutations are too mild or too wild to show anything.
    #expect(
      (trial.count / 10..<trial.count * 9 / 10).contains(modelCount), "\(modelCount) of \(trial.count) were models")
  }
}
