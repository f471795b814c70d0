import Foundation
import TestSupport
import Testing

@Suite("poise list, inspect and check")
struct ModelCommandTests {
  @Test("list names the models that ship, and where they are")
  func list() throws {
    let result = try PoiseProcess(["list"])
    #expect(result.status == 0)
    for robot in ["pendulum", "cartpole", "humanoid"] { #expect(result.output.contains("models/\(robot).xml")) }
  }

  @Test("the shipped files are found from any folder")
  func fromElsewhere() throws {
    let folder = try ScratchFolder()
    let result = try PoiseProcess(["check", "humanoid"], in: folder.path)
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.contains("humanoid.xml: good"))
  }

  @Test("inspect shows links, joints, limits and actuators")
  func inspect() throws {
    let result = try PoiseProcess(["inspect", "humanoid"])
    #expect(result.status == 0)
    for text in [
      "12 bodies on 12 links, 45 kg", "three-hinge", "universal", "left_knee", "-5° … 140°", "100 N·m", "14 iterations",
    ] {
      #expect(result.output.contains(text), "\(text) is missing")
    }
  }

  @Test("check shows every problem of every file, and fails with the worst of them")
  func checkAll() throws {
    let folder = try ScratchFolder()
    let bad = try folder.file(
      "bad.xml",
      """
      <mujoco>
        <worldbody>
          <body name="a">
            <joint type="hinge" axis="0 0 0"/>
            <geom type="sphere" size="-1"/>
            <gem type="sphere" size="1"/>
          </body>
        </worldbody>
      </mujoco>
      """)
    let result = try PoiseProcess(["check", "pendulum", bad])
    #expect(result.status == 65)
    #expect(result.output.contains("pendulum.xml: good"))
    for text in ["bad.xml:4", "axis", "bad.xml:5", "size", "bad.xml:6", "gem", "'geom'"] {
      #expect(result.errors.contains(text), "\(text) is missing from:\n\(result.errors)")
    }
    #expect(try PoiseProcess(["check", bad, "\(folder.path)/none.xml"]).status == 74)
  }

  @Test(
    "approximations are listed", .enabled(if: ProjectFolders.hasPublicModels, "\(ProjectFolders.publicModelsRemedy)"))
  func approximations() throws {
    let result = try PoiseProcess(["check", "\(ProjectFolders.publicModels)/dm_control/humanoid.xml"])
    #expect(result.status == 0)
    // Softness of contacts and of stops, and contacts of one dimension; its rotors, ranges and joints are as MuJoCo has them.
    let lines = result.output.split(separator: "\n")
    #expect(lines.first?.hasSuffix("humanoid.xml: good, with 4 approximations:") == true)
    for (line, attribute) in zip(
      lines.dropFirst(), ["geom, solref", "geom, solimp", "geom, condim", "joint, solimplimit"])
    {
      #expect(line.contains("', \(attribute): "), "\(line)")
    }
    #expect(lines.count == 5)
  }
}

@Suite("Scenarios on the command line")
struct ScenarioCommandTests {
  @Test("every shipped scenario is good, and can be inspected")
  func shipped() throws {
    let names = ["pendulum-swingup", "pendulum-balance", "cartpole-balance", "cartpole-swingup", "humanoid-stand"]
    let robots = names + ["humanoid-balance"]
    let finite = [
      "two-choices", "grid-world", "treasure", "maze", "frozen-lake", "frozen-lake-8x8", "cliff-walking", "taxi",
    ]
    let list = try PoiseProcess(["list"]).output
    for name in robots + finite { #expect(list.contains("scenarios/\(name).yaml")) }
    #expect(try PoiseProcess(["check"] + robots + finite).status == 0)
    for name in robots { #expect(try PoiseProcess(["inspect", name]).output.contains("observation, ")) }
    for name in finite { #expect(try PoiseProcess(["inspect", name]).output.contains("finite problem: ")) }
    #expect(try PoiseProcess(["inspect", "maze"]).output.contains("  S..#....\n  .#.#.##."), "the map itself")
  }

  @Test("the schema names keys, units and defaults")
  func schema() throws {
    let result = try PoiseProcess(["inspect", "--schema"])
    #expect(result.status == 0)
    for text in ["episodeSeconds", "controlTimeStep", "rewards", "pushes"] { #expect(result.output.contains(text)) }
  }

  @Test("a scenario's problems come with their lines, those of the robot it names too")
  func problems() throws {
    let folder = try ScratchFolder()
    let path = try folder.file(
      "task.yaml",
      """
      model: pendulum
      episodeSecond: 3
      controlTimeStep: -1
      rewards:
        - tlit
      """)
    let result = try PoiseProcess(["check", path])
    #expect(result.status == 65)
    for text in ["task.yaml:2", "'episodeSeconds'", "task.yaml:3", "task.yaml:5", "'tilt'"] {
      #expect(result.errors.contains(text), "\(text) is missing from:\n\(result.errors)")
    }
    let both = try folder.file(
      "both.yaml",
      "model: pendulum\nepisodeSecond: 3\nrewards:\n  - tilt: {body: pol}\ncontrolTimeStep: 0.05\nreset: [onGround]\n")
    let together = try PoiseProcess(["check", both])
    for text in ["both.yaml:2", "'episodeSeconds'", "both.yaml:4", "'pole'", "both.yaml:6"] {
      #expect(together.errors.contains(text), "\(text) is missing from:\n\(together.errors)")
    }
    let unknownBody = try folder.file(
      "body.yaml", "model: pendulum\nrewards:\n  - tilt: {body: pol}\n")
    let bound = try PoiseProcess(["check", unknownBody])
    #expect(
      bound.status == 65 && bound.errors.contains("body.yaml:3") && bound.errors.contains("'pole'"), "\(bound.errors)")
  }
}

@Suite("Bad input on the command line")
struct BadInputTests {
  /// Each ends in a message that names the file, and in the exit code of its kind.
  @Test("ends in a message and the right exit code", arguments: ["inspect", "check", "simulate"])
  func files(command: String) throws {
    let folder = try ScratchFolder()
    let cases: [(name: String, path: String, status: Int32)] = [
      ("missing", "\(folder.path)/missing.xml", 74),
      ("a folder", folder.path + "/", 65),
      ("empty", try folder.file("empty.xml", ""), 65),
      ("binary", try folder.file("binary.xml", Data((0...255).map { UInt8($0) })), 65),
      ("truncated", try folder.file("cut.xml", "<mujoco><worldbody><body"), 65),
      ("another language", try folder.file("page.xml", "<html><body/></html>"), 65),
      ("a number that is none", try folder.file("nan.xml", Self.sphere(mass: "nan")), 65),
      ("a number beyond all bounds", try folder.file("huge.xml", Self.sphere(mass: "1e308")), 65),
      ("no mass", try folder.file("zero.xml", Self.sphere(mass: "0")), 65),
      ("100 MB", try folder.file("large.xml", Data(count: 100_000_000)), 65),
      ("an entity bomb", try folder.file("bomb.xml", "<!DOCTYPE a [<!ENTITY b \"c\">]><mujoco/>"), 65),
      ("a cycle", try folder.file("cycle.xml", "<mujoco><include file=\"cycle.xml\"/></mujoco>"), 65),
    ]
    for (name, path, status) in cases {
      let result = try PoiseProcess([command, path])
      #expect(result.status == status, "\(name): status \(result.status), \(result.errors)")
      #expect(result.errors.contains(URL(fileURLWithPath: path).lastPathComponent), "\(name): \(result.errors)")
      #expect(result.output.isEmpty, "\(name): \(result.output)")
    }
  }

  private static func sphere(mass: String) -> String {
    """
    <mujoco><worldbody><body><freejoint/><geom type="sphere" size="0.1" mass="\(mass)"/></body></worldbody></mujoco>
    """
  }

  @Test("a misspelt name is answered with the nearest")
  func nearest() throws {
    let result = try PoiseProcess(["inspect", "humanoit"])
    #expect(result.status == 74)
    #expect(result.errors.contains("Did you mean 'humanoid'?"))
  }

  @Test(
    "usage errors exit with 64",
    arguments: [["simulat"], ["simulate"], ["simulate", "pendulum", "--seconds", "-1"], ["list", "--what"]])
  func usage(arguments: [String]) throws {
    #expect(try PoiseProcess(arguments).status == 64)
  }

  @Test(
    "help of every command exits with 0 and shows examples",
    arguments: [
      "list", "inspect", "check", "simulate", "train", "evaluate", "replay", "export", "report", "bench", "sweep",
      "doctor",
    ])
  func help(command: String) throws {
    let result = try PoiseProcess([command, "--help"])
    #expect(result.status == 0)
    #expect(result.output.contains("OVERVIEW:") && result.output.contains("USAGE: poise \(command)"))
    #expect(result.output.contains("Examples:\n  poise \(command)"))
  }
}
