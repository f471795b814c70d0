import Foundation
import TestSupport
import Testing

@Suite("poise simulate")
struct SimulateCommandTests {
  @Test("tells the same story twice for one seed, another for another", arguments: ["zero", "random", "hold"])
  func repeats(controller: String) throws {
    func story(_ seed: Int) throws -> String {
      try PoiseProcess(["simulate", "humanoid", "--seconds", "2", "--controller", controller, "--seed", "\(seed)"])
        .output
    }
    let first = try story(1)
    #expect(first.contains("no fault"))
    #expect(try story(1) == first)
    #expect(try story(2) != first)
  }

  @Test("the holding controller keeps the humanoid standing; no torque does not")
  func hold() throws {
    func height(_ controller: String) throws -> Double {
      let output = try PoiseProcess(["simulate", "humanoid", "--seconds", "5", "--controller", controller]).output
      let line = try #require(output.split(separator: "\n").first { $0.contains("torso at") })
      return try #require(Double(line.split(separator: " ")[4]))
    }
    #expect(try height("hold") > 1.1)
    #expect(try height("zero") < 0.8)
  }

  /// Column names end in their unit, and the numbers obey the pendulum's own equation.
  @Test("writes a trajectory whose columns and numbers can be relied on")
  func csv() throws {
    let folder = try ScratchFolder()
    let path = "\(folder.path)/trajectory.csv"
    let result = try PoiseProcess(["simulate", "pendulum", "--seconds", "1", "--controller", "random", "--csv", path])
    #expect(result.status == 0, "\(result.errors)")
    #expect(folder.contents == ["trajectory.csv"], "nothing is left beside it: \(folder.contents)")
    let rows = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false)
    }
    #expect(
      rows[0].map(String.init) == [
        "episode", "step", "time_s", "reward", "terminated", "truncated", "roll_rad", "pitch_rad", "hinge_rad",
        "hinge_rad_per_s", "hinge_action", "hinge_Nm", "push_x_N", "push_y_N", "push_z_N",
      ])
    #expect(rows.count == 1 + 21 && rows.allSatisfy { $0.count == rows[0].count })
    #expect(rows[1][3].isEmpty && rows[1][10].isEmpty, "row 0 has no reward and no action")
    for (before, after) in zip(rows[1...], rows[2...]) {
      let (θ, ω) = (try #require(Double(before[8])), try #require(Double(before[9])))
      let torque = try #require(Double(after[11]))
      #expect(abs(try #require(Double(after[10])) * 2 - torque) < 1e-12, "the action is scaled to the torque")
      let expected = ω + 0.05 * (15 * sin(θ) + 3 * torque)
      #expect(abs(try #require(Double(after[9])) - expected) < 1e-6)
    }
  }

  @Test("starts a model without actuators with the velocities that it is given")
  func startVelocities() throws {
    let folder = try ScratchFolder()
    let path = "\(folder.path)/box.xml"
    try """
    <mujoco><option timestep="0.005"/><worldbody>
      <body name="box" pos="0 0 1"><freejoint name="root"/><geom type="box" size="0.1 0.2 0.3" mass="1"/></body>
      <body name="rod"><joint name="h" axis="0 1 0"/><geom size="0.1" contype="0" conaffinity="0"/></body>
    </worldbody></mujoco>
    """.write(toFile: path, atomically: true, encoding: .utf8)
    let result = try PoiseProcess([
      "simulate", path, "--seconds", "0.2", "--velocity", "root=1,0,2,10,10,10", "--velocity", "h=3", "--csv", "-",
    ])
    #expect(result.status == 0, "\(result.errors)")
    let rows = result.output.split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    let column = try #require(rows[0].firstIndex(of: "h_rad"))
    // ODE turns a body by 2 atan(ω h / 2) in a step of h: 40 steps of 5 ms.
    #expect(abs(try #require(Double(rows[11][column])) - 80 * atan(3 * 0.005 / 2)) < 1e-9)
    #expect(result.errors.contains("box at 0.2 0 1.1"), "\(result.errors)")
    for (velocity, status, words) in [
      ("root", 64, "--velocity: found 'root'"), ("h=x", 64, "--velocity: found 'h=x'"),
      ("hh=1", 65, "velocity of 'hh': found a joint that does not exist; allowed 'root', 'h'"),
      ("root=1,2", 65, "found 2 numbers for a free joint; allowed six numbers"),
    ] {
      let refused = try PoiseProcess(["simulate", path, "--velocity", velocity])
      #expect(refused.status == Int32(status) && refused.errors.contains(words), "\(refused.errors)")
    }
    #expect(try PoiseProcess(["simulate", "pendulum-balance", "--velocity", "hinge=1"]).status == 64)
  }

  @Test("shows a task of a model without actuators, which cannot be trained")
  func withoutActuators() throws {
    let folder = try ScratchFolder()
    try """
    <mujoco><worldbody><geom type="plane" size="0 0 1"/>
      <body name="box" pos="0 0 1"><freejoint/><geom type="box" size="0.1 0.2 0.3" mass="1"/></body></worldbody></mujoco>
    """.write(toFile: "\(folder.path)/box.xml", atomically: true, encoding: .utf8)
    let path = "\(folder.path)/box.yaml"
    try """
    model: box.xml
    uprightBody: box
    controlTimeStep: 0.02
    episodeSeconds: 1
    observations:
      - linearVelocity: {body: box}
    rewards:
      - alive: {weight: 1}
    reset:
      - freeBody: {linearVelocity: 1, angularVelocity: 10}
    """.write(toFile: path, atomically: true, encoding: .utf8)
    let shown = try PoiseProcess(["simulate", path])
    #expect(shown.status == 0 && shown.output.contains("no fault"), "\(shown.errors)")
    let judged = try PoiseProcess(["evaluate", path, "--episodes", "2"])
    #expect(judged.status == 0 && judged.output.contains("physics steps done again"), "\(judged.errors)")
    let trained = try PoiseProcess(["train", path, "--out", "\(folder.path)/run"])
    #expect(trained.status == 65 && trained.errors.contains("a model without actuators"), "\(trained.errors)")
  }

  @Test("the trajectory of the humanoid names its free body, joints and torques with units")
  func humanoidColumns() throws {
    let result = try PoiseProcess(["simulate", "humanoid", "--seconds", "0.1", "--csv", "-"])
    #expect(result.status == 0)
    let header = try #require(result.output.split(separator: "\n").first).split(separator: ",").map(String.init)
    for column in [
      "torso_x_m", "torso_qw", "torso_vz_m_per_s", "torso_wx_rad_per_s", "left_knee_rad", "left_knee_rad_per_s",
      "left_knee_action", "left_knee_Nm",
    ] {
      #expect(header.contains(column), "\(column) is missing")
    }
    #expect(Set(header).count == header.count)
    #expect(result.errors.contains("torso at"), "the story goes to standard error")
  }

  /// Column by column, the rewards are those that the story tells.
  @Test("one episode of a task adds up: the reward column is the sum of its terms, and of the return")
  func scenario() throws {
    let result = try PoiseProcess([
      "simulate", "humanoid-balance", "--controller", "random", "--seed", "3", "--csv", "-",
    ])
    #expect(result.status == 0, "\(result.errors)")
    let rows = result.output.split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    let header = rows[0].map(String.init)
    #expect(
      Array(header[3...11]) == [
        "reward", "alive", "tilt", "torqueCost", "actionChangeCost", "height", "jointLimitCost", "terminated",
        "truncated",
      ])
    var total = 0.0
    for row in rows.dropFirst(2) {
      let numbers = try row[3...9].map { try #require(Double($0)) }
      #expect(abs(numbers[0] - numbers[1...].reduce(0, +)) < 1e-12)
      total += numbers[0]
    }
    let told = try #require(result.errors.split(separator: "\n").first { $0.contains("return") })
    let value = try #require(Double(told.split(separator: " ")[1].dropLast()))
    #expect(abs(value - total) < 1e-4 * abs(total))
    #expect(rows.last?[10] == "true" && rows.last?[11] == "false", "a fall is a termination")
  }

  @Test("--set changes a scenario's keys, and says what is wrong with them")
  func overrides() throws {
    let short = try PoiseProcess(["simulate", "pendulum-swingup", "--set", "episodeSeconds=1"])
    #expect(short.output.contains("1 s in 20 control steps"), "\(short.output)")
    let wrong = try PoiseProcess(["simulate", "pendulum-swingup", "--set", "episodeSecond=1"])
    #expect(wrong.status == 65 && wrong.errors.contains("episodeSeconds"), "\(wrong.errors)")
  }

  @Test("a trajectory that cannot be written ends in 74 and leaves nothing")
  func unwritable() throws {
    let folder = try ScratchFolder()
    let missing = try PoiseProcess(["simulate", "pendulum", "--csv", "\(folder.path)/no/such.csv"])
    #expect(missing.status == 74 && missing.errors.contains("such.csv"))
    #expect(try PoiseProcess(["simulate", "pendulum", "--csv", folder.path]).status == 74)
    let full = try PoiseProcess(["simulate", "pendulum", "--csv", "/dev/full"])
    #expect(full.status == 74 && full.errors.contains("No space left"))
    #expect(folder.contents.isEmpty)
  }
}
