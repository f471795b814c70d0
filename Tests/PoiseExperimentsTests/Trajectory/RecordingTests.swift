import Foundation
import PoiseCore
@testable import PoiseExperiments
import PoiseModels
import PoiseNetworks
@testable import PoiseScenarios
import PoiseSimulation
@testable import PoiseTasks
import TestSupport
import Testing
import PoiseEnvironments

@Suite("Recorded trajectories")
struct RecordingTests {
  typealias Scratch = TrainingRunTests.Scratch

  /// Records episodes of the rough humanoid: pushes, and everything drawn.
  static func record(
    _ controller: ControllerChoice? = nil, to path: String, episodes: Range<Int> = 0..<2, columns: [String] = [],
    every: Int = 1, overrides: [String] = []
  ) throws -> LoadedScenario {
    let scenario = try EpisodePlayerTests.rough(overrides)
    let player = try EpisodePlayer(
      scenario, controller ?? .policy(EpisodePlayerTests.policy(for: scenario), name: "test"), seed: 31,
      instructionSet: .baseline)
    let recorder = try TrajectoryRecorder(path, player, columns: columns, every: every)
    for episode in episodes { try recorder.record(episode) }
    try recorder.commit()
    return scenario
  }

  private static func folder() throws -> Scratch {
    let scratch = Scratch()
    try FileManager.default.createDirectory(atPath: scratch.path, withIntermediateDirectories: true)
    return scratch
  }

  // MARK: Repeating

  @Test("repeats to the bit from its actions and metadata, pushes and randomisation included, whoever drove")
  func repeats() throws {
    let scratch = try Self.folder()
    let path = "\(scratch.path)/t.csv"
    for controller in EpisodePlayerTests.controllers(for: try EpisodePlayerTests.rough()) {
      _ = try Self.record(controller, to: path)
      let metadata = try #require(try TrajectoryMetadata(beside: path))
      #expect(metadata.episodes.count == 2 && metadata.controller == controller.name)
      let drawn = metadata.episodes[0].drawn
      #expect(Set(drawn.massScales).count > 10 && drawn.frictionScale != 1 && drawn != metadata.episodes[1].drawn)
      var pushed = 0
      let result = try Resimulation(path) { moment, _ in pushed += moment.push == .zero ? 0 : 1 }
      #expect(result.difference == nil, "\(controller.name): \(result.difference?.description ?? "")")
      #expect(result.episodes == 2 && result.rows == metadata.episodes.reduce(0) { $0 + $1.steps + 1 } && pushed > 0)
    }
  }

  /// Changes a cell of a recording.
  ///
  /// - Parameter row: of the file, the header is 0.
  /// - Returns: what stood there.
  private func change(_ path: String, row: Int, column: String, to new: (Double) -> Double) throws -> Double {
    var lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
    let place = try #require(lines[0].split(separator: ",").map(String.init).firstIndex(of: column))
    var cells = lines[row].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    let old = try #require(Double(cells[place]))
    cells[place] = "\(new(old))"
    lines[row] = cells.joined(separator: ",")
    try (lines.joined(separator: "\n") + "\n").write(toFile: path, atomically: true, encoding: .utf8)
    return old
  }

  @Test("a number that was changed by one bit is found, and nothing before it; a changed action leads elsewhere")
  func tampering() throws {
    let scratch = try Self.folder()
    let path = "\(scratch.path)/t.csv"
    _ = try Self.record(to: path)
    let speed = try change(path, row: 7, column: "left_knee_rad_per_s") { $0.nextUp }
    let difference = try #require(try Resimulation(path).difference)
    #expect(difference.line == 8 && difference.column == "left_knee_rad_per_s")
    #expect(difference.recorded == "\(speed.nextUp)" && difference.repeated == "\(speed)")
    _ = try change(path, row: 5, column: "left_hip_y_action") { $0 < 0 ? 0.5 : -0.5 }
    #expect(try Resimulation(path).difference?.line == 6)
  }

  @Test("is refused where scenario, model, rows or metadata are not those of the recording")
  func refusals() throws {
    let scratch = try Self.folder()
    let path = "\(scratch.path)/t.csv"
    _ = try Self.record(to: path)
    func problem(_ body: () throws -> Void) throws -> String {
      let error = #expect(throws: InvalidInput.self) { try body() }
      return error?.description ?? ""
    }
    let other = try EpisodePlayerTests.rough(["randomisation.mass=[0.8, 1.3]"])
    #expect(try problem { _ = try Resimulation(path, scenario: other) }.contains("task has changed"))
    let training = try EpisodePlayerTests.rough(["training.stepLimit=7", "ppo.epochs=3"])
    #expect(try Resimulation(path, scenario: training).difference == nil, "how it was trained is no matter")

    _ = try Self.record(to: path, every: 2)
    #expect(try problem { _ = try Resimulation(path) }.contains("every 2 control steps"))
    let all = TrajectoryTable(try EpisodePlayerTests.rough().requireRobot(for: "this test").task).columns
    _ = try Self.record(to: path, columns: all.filter { !$0.hasSuffix("_action") })
    #expect(try problem { _ = try Resimulation(path) }.contains("without its actions"))

    _ = try Self.record(to: path)
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let lines = text.split(separator: "\n")
    try (lines.dropLast(3).joined(separator: "\n") + "\n").write(toFile: path, atomically: true, encoding: .utf8)
    #expect(try problem { _ = try Resimulation(path) }.contains("no more rows"))
    try (text + lines[lines.count - 1] + "\n").write(toFile: path, atomically: true, encoding: .utf8)
    #expect(try problem { _ = try Resimulation(path) }.contains("beyond the last episode"))

    let metadata = TrajectoryMetadata.path(beside: path)
    for rubbish in ["", "{}", "[1, 2]", "{\"format\": 3}", "\u{0}"] {
      try rubbish.write(toFile: metadata, atomically: true, encoding: .utf8)
      #expect(try problem { _ = try Resimulation(path) }.contains(metadata), "\(rubbish)")
    }
    _ = try Self.record(to: path, episodes: 0..<1)
    let whole = try String(contentsOfFile: metadata, encoding: .utf8)
    for (old, new) in [("\"number\" : 0", "\"number\" : -1"), ("\"step_limit\" : 150", "\"step_limit\" : 0")] {
      #expect(whole.contains(old))
      try whole.replacing(old, with: new).write(toFile: metadata, atomically: true, encoding: .utf8)
      #expect(try problem { _ = try Resimulation(path) }.contains("episode"), "\(new)")
    }
    try FileManager.default.removeItem(atPath: metadata)
    #expect(throws: InputOutputError.self) { try Resimulation(path) }
  }

  // MARK: Reading

  /// The coordinates of joints leave out how far ODE's bodies have come apart at them: a centimetre where limbs flail under random
  /// torques at 20 rad/s, and in proportion to the physics step, so next to nothing at a small one.
  @Test(
    "read back, it has the numbers of the simulation to the bit, and poses the robot as it stood",
    arguments: [
      ("the shipped step", [], 0.02), ("0.2 ms", ["physics.solver=direct", "physics.timeStep=0.0002"], 0.001),
    ])
  func reading(setting: String, overrides: [String], tolerance: Double) throws {
    let scratch = try Self.folder()
    let path = "\(scratch.path)/t.csv"
    let scenario = try Self.record(to: path, episodes: 3..<4, overrides: overrides)
    let player = try EpisodePlayer(
      scenario, .policy(EpisodePlayerTests.policy(for: scenario), name: "test"), seed: 31, instructionSet: .baseline)
    let reader = try TrajectoryReader(path, model: scenario.requireRobot(for: "this test").model)
    #expect(reader.rewardTerms == scenario.specification.rewardNames)
    let puppet = try Robot(scenario.requireRobot(for: "this test").model)
    var worst = 0.0
    try player.play(3) { moment in
      let row = try #require(try reader.next())
      #expect(row.moment == moment && row.line == moment.step + 2)
      #expect(row.configuration.positions == player.robot.configuration().positions)
      puppet.place(row.configuration)
      for body in puppet.model.bodies.indices {
        let distance = puppet.pose(ofBody: body).position - player.robot.pose(ofBody: body).position
        worst = max(worst, distance.length)
      }
    }
    #expect(try reader.next() == nil)
    print("trajectory | bodies placed by their coordinates, \(setting) | \(worst) m from the simulation's")
    #expect(worst < tolerance, "\(worst) m")
  }

  @Test("columns are found by name: other orders, columns that are missing, Python's True and 1.0")
  func tolerance() throws {
    let scratch = try Self.folder()
    let path = "\(scratch.path)/t.csv"
    let model = try RobotModel(contentsOf: ProjectFolders.model("pendulum"))
    try "other,hinge_rad_per_s,truncated,time_s,step,hinge_rad,reward\nx,2,True,0.5,3.0,-0.25,\n"
      .write(toFile: path, atomically: true, encoding: .utf8)
    let reader = try TrajectoryReader(path, model: model)
    let row = try #require(try reader.next())
    #expect(row.moment.step == 3 && row.moment.time == 0.5 && row.moment.isTruncated && !row.moment.isTerminated)
    #expect(row.moment.reward == nil && row.moment.actions.isEmpty && row.roll == nil)
    #expect(row.configuration.positions == [-0.25] && row.configuration.velocities == [2])
  }

  @Test(
    "says line and column of what cannot be read",
    arguments: [
      ("time_s,hinge_rad\n", "hinge_rad_per_s"),
      ("time_s,hinge_rad,hinge_rad_per_s\n0,1\n", "t.csv:2: found 2 cells; allowed 3"),
      ("time_s,hinge_rad,hinge_rad_per_s\n0,1,2\n0,x1,2\n", "t.csv:3: column 2, 'hinge_rad': found 'x1'"),
      ("time_s,hinge_rad,hinge_rad_per_s\n0,nan,2\n", "column 2, 'hinge_rad': found 'nan'"),
      ("time_s,hinge_rad,hinge_rad_per_s\n0,0x10,2\n", "found '0x10'"),
      ("time_s,hinge_rad,hinge_rad_per_s\n0,,2\n", "found nothing; allowed a number"),
      ("step,time_s,hinge_rad,hinge_rad_per_s\n1.5,0,1,2\n", "column 1, 'step': found '1.5'"),
      ("step,time_s,hinge_rad,hinge_rad_per_s\n1e300,0,1,2\n", "column 1, 'step'"),
      ("terminated,time_s,hinge_rad,hinge_rad_per_s\nmaybe,0,1,2\n", "true or false"),
      ("time_s,time_s,hinge_rad,hinge_rad_per_s\n", "'time_s' twice"), ("", "an empty file"),
    ])
  func problems(text: String, message: String) throws {
    let scratch = try Self.folder()
    let path = "\(scratch.path)/t.csv"
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    let model = try RobotModel(contentsOf: ProjectFolders.model("pendulum"))
    let error = #expect(throws: InvalidInput.self) {
      let reader = try TrajectoryReader(path, model: model)
      while try reader.next() != nil {}
    }
    #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
  }

  @Test("a quaternion that is none is refused")
  func quaternions() throws {
    let scratch = try Self.folder()
    let path = "\(scratch.path)/t.csv"
    let scenario = try Self.record(to: path, episodes: 0..<1)
    for name in ["torso_qw", "torso_qx", "torso_qy", "torso_qz"] {
      _ = try change(path, row: 3, column: name) { _ in 0 }
    }
    let error = #expect(throws: InvalidInput.self) {
      let reader = try TrajectoryReader(path, model: scenario.requireRobot(for: "this test").model)
      while try reader.next() != nil {}
    }
    #expect(error?.description.contains("t.csv:4: column") == true && error?.description.contains("torso_qw") == true)
  }

  @Test("its robot is found by the metadata, without them by the columns")
  func findModel() throws {
    let scratch = try Self.folder()
    let path = "\(scratch.path)/t.csv"
    _ = try Self.record(to: path, episodes: 0..<1)
    #expect(try TrajectoryReader.findModel(for: path).name == "humanoid")
    try FileManager.default.removeItem(atPath: TrajectoryMetadata.path(beside: path))
    #expect(try TrajectoryReader.findModel(for: path).name == "humanoid")
    try "time_s,slider_m,slider_m_per_s,hinge_rad,hinge_rad_per_s\n".write(
      toFile: path, atomically: true, encoding: .utf8)
    #expect(try TrajectoryReader.findModel(for: path).name == "cartpole")
    #expect(try TrajectoryReader.findModel(for: path, named: "pendulum").name == "pendulum")
    try "a,b\n".write(toFile: path, atomically: true, encoding: .utf8)
    #expect(throws: InvalidInput.self) { try TrajectoryReader.findModel(for: path) }
  }

  @Test("rows that are left out: every K steps, and the last one; columns in the order asked for")
  func choosing() throws {
    let scratch = try Self.folder()
    let path = "\(scratch.path)/t.csv"
    _ = try Self.record(to: path, episodes: 0..<1, columns: ["step", "left_knee_rad", "time_s"], every: 7)
    let rows = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map {
      $0.split(separator: ",").map(String.init)
    }
    #expect(rows[0] == ["step", "left_knee_rad", "time_s"])
    let steps = rows.dropFirst().compactMap { Int($0[0]) }
    let last = try #require(try TrajectoryMetadata(beside: path)?.episodes[0].steps)
    #expect(steps == Array(stride(from: 0, to: last, by: 7)) + [last])
  }
}
