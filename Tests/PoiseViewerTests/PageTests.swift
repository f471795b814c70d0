import Foundation
import PoiseCore
import PoiseExperiments
import PoiseModels
import PoiseNetworks
import PoiseScenarios
@testable import PoiseViewer
import PoiseSimulation
import TestSupport
import Testing
import PoiseControl
import PoiseTasks

/// Whether the system has three.js, without which no page can be made.
let hasThree = (try? ThreeLibrary.text()) != nil

@Suite("The viewer's page", .enabled(if: hasThree, "Debian's libjs-three is not installed"))
struct PageTests {
  static func scenario(_ name: String, _ overrides: [String] = []) throws -> LoadedScenario {
    try LoadedScenario(contentsOf: "\(ProjectFolders.root)/scenarios/\(name).yaml", overrides: overrides)
  }

  static func page(_ recording: Recording) -> ViewerPage {
    ViewerPage(
      title: recording.title, subtitle: "test", layout: recording.layout,
      controlTimeStep: recording.controlTimeStep, episodes: recording.episodes)
  }

  @Test("tells each action's name, played, repeated from a CSV, or drawn from it alone")
  func choices() throws {
    let scenario = try Self.scenario("cartpole-left-right")
    let path = FileManager.default.temporaryDirectory.appending(path: "poise-\(UUID().uuidString).csv").path
    defer { for file in [path, "\(path).meta.json"] { try? FileManager.default.removeItem(atPath: file) } }
    let player = try EpisodePlayer(scenario, .baseline(.random), seed: 3, instructionSet: .baseline)
    let recorder = try TrajectoryRecorder(path, player)
    try recorder.record(0)
    try recorder.commit()
    var names: [String] = []
    player.play(0) { names += $0.choice.map { [$0] } ?? [] }
    let played = try Recording(scenario, .baseline(.random), seed: 3, episodes: 1, instructionSet: .baseline)
    let repeated = try Recording(trajectory: path)
    try FileManager.default.removeItem(atPath: "\(path).meta.json")
    let drawn = try Recording(trajectory: path, model: "\(ProjectFolders.root)/models/cartpole.xml")
    #expect(repeated.note.contains("bit for bit") && drawn.note.contains("CSV alone"))
    for recording in [played, repeated, drawn] {
      let data = try PageData(html: try Self.page(recording).html())
      let choices = try #require(data.layout["choices"] as? [String])
      let column = Int(try data.number("choice"))
      let rows = try data.rows(ofEpisode: 0)
      #expect(rows[0][column].isNaN)
      #expect(rows.dropFirst().map { choices[Int($0[column].rounded())] } == names)
    }
    let other = try Recording(
      Self.scenario("cartpole-balance"), .baseline(.zero), seed: 1, episodes: 1, instructionSet: .baseline)
    #expect(try PageData(html: Self.page(other).html()).number("choice") == -1)
  }

  @Test(
    "draws the simulation's poses, joints, rewards and efforts",
    arguments: ["humanoid-balance", "cartpole-balance", "pendulum-swingup"])
  func poses(_ name: String) throws {
    let scenario = try Self.scenario(name)
    let recording = try Recording(
      scenario, .baseline(.random), seed: 3, episodes: 2, instructionSet: .baseline)
    let data = try PageData(html: try Self.page(recording).html())

    // The same episodes, looked at without the viewer: the model's bodies by name, and the CSV's cells.
    let player = try EpisodePlayer(scenario, .baseline(.random), seed: 3, instructionSet: .baseline)
    let table = TrajectoryTable(player.task)
    for episode in 0..<2 {
      let rows = try data.rows(ofEpisode: episode)
      let steps = try data.steps(ofEpisode: episode)
      var row = 0
      try player.play(episode) { moment in
        for (index, body) in data.bodies.enumerated() {
          let at = try data.number("poses") + 7 * index
          let drawn = rows[row]
          let pose = player.robot.pose(
            ofBody: try #require(player.task.model.bodies.firstIndex { $0.name == body }))
          let position = Vector3(drawn[at], drawn[at + 1], drawn[at + 2])
          #expect((position - pose.position).length < 2e-4, "\(body), row \(row)")
          let q = Quaternion(w: drawn[at + 3], x: drawn[at + 4], y: drawn[at + 5], z: drawn[at + 6]).normalized
          let turn = 2 * acos(min(1, abs((q * pose.orientation.conjugate).w)))
          #expect(turn < 5e-4, "\(body), row \(row)")
        }
        // Every plotted curve is a column of the CSV.
        let cells = table.row(moment).dropLast().split(separator: ",", omittingEmptySubsequences: false)
        let csv = Dictionary(uniqueKeysWithValues: zip(table.columns, cells))
        for group in try #require(data.layout["plots"] as? [[String: Any]]) {
          for line in try #require(group["lines"] as? [[String: Any]]) {
            let curve = try #require(line["name"] as? String)
            let names = ["\(curve)_rad", "\(curve)_Nm", "\(curve)_N", "\(curve)_m", curve]
            let isEffort = (group["title"] as? String).map { $0 == "Torques" || $0 == "Forces" } ?? false
            let name =
              curve == "total"
              ? "reward"
              : try #require(
                names.first {
                  csv[$0] != nil && $0.hasSuffix("_Nm") == (isEffort && csv["\(curve)_Nm"] != nil)
                    && $0.hasSuffix("_N") == (isEffort && csv["\(curve)_N"] != nil)
                }, "\(curve)")
            let column = try #require(line["column"] as? Int)
            let value = rows[row][column]
            if let exact = Double(csv[name] ?? "") {
              #expect(abs(value - exact) <= 0.5001 * steps[column] + 1e-12, "\(name), row \(row)")
            } else {
              #expect(value.isNaN, "\(name), row \(row)")
            }
          }
        }
        #expect(rows[row][0] == moment.time || abs(rows[row][0] - moment.time) < 1e-12)
        row += 1
      }
      #expect(row == rows.count)
    }
  }

  @Test("shows a push for as long as it lasts, and contact forces that carry the robot")
  func forces() throws {
    // Held upright for 0.3 s, with a push at 0.1 s.
    let scenario = try Self.scenario(
      "humanoid-balance", ["disturbances.pushes.interval=[0.1, 0.1]", "episodeSeconds=0.3"])
    let recording = try Recording(scenario, .baseline(.hold), seed: 0, episodes: 1, instructionSet: .baseline)
    let data = try PageData(html: try Self.page(recording).html())
    let rows = try data.rows()
    let push = try data.number("push")
    let strengths = rows.map { ($0[push] * $0[push] + $0[push + 1] * $0[push + 1]).squareRoot() }
    #expect(strengths[...5].allSatisfy { $0 < 1e-9 }, "\(strengths)")
    #expect(strengths[6...10].allSatisfy { $0 > 40 && $0 < 160 })
    let contacts = try #require(data.layout["contacts"] as? [[String: Any]])
    let columns = contacts.compactMap { $0["column"] as? Int }
    let weight = try #require((data.json["weight"] as? NSNumber)?.doubleValue)
    let carried = rows[2...5].map { row in columns.reduce(0) { $0 + row[$1 + 2] } }
    #expect(abs(carried.reduce(0, +) / 4 / weight - 1) < 0.5, "\(carried) of \(weight) N")
    for row in rows[2...] {
      for column in columns where row[column + 2] > 1 { #expect(abs(row[column + 5]) < 0.01, "on the ground") }
    }
  }

  @Test("of 20 s of the humanoid stays under 2 MB, three.js included, and is the same bytes twice")
  func size() throws {
    let scenario = try Self.scenario("humanoid-balance", ["terminations=[]"])
    func html() throws -> String {
      let recording = try Recording(scenario, .baseline(.random), seed: 0, episodes: 1, instructionSet: .baseline)
      #expect(recording.episodes[0].rowCount == 1001)
      return try Self.page(recording).html()
    }
    let first = try html()
    print("viewer | page of 20 s of the humanoid: \(first.utf8.count) bytes")
    #expect(first.utf8.count < 2_000_000)
    #expect(try html() == first)
  }

  @Test("refers to nothing outside itself and lets nothing in")
  func isolation() throws {
    let recording = try Recording(
      try Self.scenario("pendulum-swingup"), .baseline(.zero), seed: 0, episodes: 1, instructionSet: .baseline)
    let html = try Self.page(recording).html()
    let three = try ThreeLibrary.text()
    let own = html.replacing(three, with: "")
    #expect(own.contains("default-src 'none'") && own.contains("connect-src 'none'"))
    #expect(!own.contains("src=\"") && !own.contains("@import") && !own.contains("url("))
    let links = own.matches(of: /href="([^"]*)"/).map { String($0.output.1) }
    #expect(links == ["data:,"])
    let nonces = Set(own.matches(of: /nonce="([^"]*)"/).map { String($0.output.1) })
    #expect(nonces.count == 1)
    // Every script that runs has the nonce.
    for script in own.matches(of: /<script([^>]*)>/) {
      #expect(script.output.1.contains("nonce=") || script.output.1.contains("application/json"))
    }
  }

  @Test("keeps names of a model from becoming anything but text")
  func hostileNames() throws {
    let scratch = try ScratchFolder()
    let name = "&lt;/script&gt;&lt;script&gt;window.evil = 1&lt;/script&gt;{{nonce}}"
    let model = try scratch.file(
      "evil.xml",
      """
      <mujoco><worldbody><body name="\(name)"><joint name="a&lt;!--" axis="0 1 0"/><geom type="sphere" size="0.1"/></body>
      </worldbody><actuator><motor joint="a&lt;!--" ctrlrange="-1 1"/></actuator></mujoco>
      """)
    let path = try scratch.file("evil.yaml", "model: \(model)\n")
    let scenario = try LoadedScenario(contentsOf: path)
    let recording = try Recording(scenario, .baseline(.zero), seed: 0, episodes: 1, instructionSet: .baseline)
    let html = try Self.page(recording).html()
    #expect(!html.contains("<script>window.evil"))
    #expect(!html.contains("a<!--"))
    #expect(try PageData(html: html).bodies == ["</script><script>window.evil = 1</script>{{nonce}}"])
  }

  @Test("says what to install where three.js is missing, and takes no other file for it")
  func missingThree() throws {
    do {
      _ = try ThreeLibrary.text(environment: [ThreeLibrary.variable: "/nowhere/three.min.js"])
      Issue.record("a missing file is an error")
    } catch let error as InputOutputError {
      #expect(error.description.contains("/nowhere/three.min.js") && error.exitStatus == .inputOutput)
    }
    let scratch = try ScratchFolder()
    let other = try scratch.file("three.min.js", "alert('another file')")
    #expect(throws: InvalidInput.self) { try ThreeLibrary.text(environment: [ThreeLibrary.variable: other]) }
  }

  @Test("carries three.js's licence, in its source and for readers, beside the library itself")
  func licence() throws {
    let recording = try Recording(
      try Self.scenario("pendulum-swingup"), .baseline(.zero), seed: 0, episodes: 1, instructionSet: .baseline)
    let html = try Self.page(recording).html()
    let permission = "The above copyright notice and this permission notice shall be included in"
    #expect(html.components(separatedBy: permission).count == 3)
    #expect(html.contains("three.js authors") && html.contains("Drawn by three.js r"))
    // A build that tells its years is quoted with them.
    #expect(
      ThreeLibrary.licence(of: "/* Copyright 2010-2021 Three.js Authors */").contains("© 2010-2021 three.js authors"))
    #expect(ThreeLibrary.revision(of: #"const REVISION = "130";"#) == "r130")
  }

  @Test(
    "shows the total reward of every task, in a plot of its own", arguments: ["humanoid-balance", "pendulum-swingup"])
  func total(_ name: String) throws {
    let recording = try Recording(
      try Self.scenario(name, ["episodeSeconds=0.2"]), .baseline(.zero), seed: 0, episodes: 1, instructionSet: .baseline
    )
    let first = try #require(recording.layout.plots.first)
    #expect(first.title == "Reward" && first.lines.map(\.name) == ["total"] && !first.lines[0].isHidden)
  }

  @Test("tells the points of contact: as many as the world has, on the ground")
  func contactPoints() throws {
    let scenario = try Self.scenario("humanoid-balance", ["episodeSeconds=0.3", "disturbances=[]"])
    let player = try EpisodePlayer(scenario, .baseline(.hold), seed: 0, instructionSet: .baseline)
    let layout = RecordingLayout(player)
    #expect(layout.contactPointCapacity == 16)
    var row: [Double] = []
    player.play(0) { moment in
      layout.write(player.robot, moment, into: &row)
      let points = (0..<16).map { Array(row[(layout.contactPoints + 3 * $0)...].prefix(3)) }
      let count = player.robot.world.contactCount
      #expect(points.count { $0[0].isFinite } == min(16, count))
      for point in points where point[0].isFinite { #expect(abs(point[2]) < 0.02) }
    }
    let count = player.robot.world.contactCount
    #expect(count > 2)
  }

  @Test("knows masses and joints: the centre of mass is the robot's, and joints turn the body that has them")
  func masses() throws {
    let scenario = try Self.scenario("humanoid-balance")
    let model = try scenario.requireRobot(for: "this test").model
    let robot = try Robot(model)
    let scene = SceneDescription(model, robot.linkage, watched: nil)
    let mass = robot.linkage.links.reduce(0) { $0 + $1.inertia.mass }
    #expect(abs(scene.bodies.reduce(0) { $0 + $1.mass } - mass) < 1e-9)
    #expect(scene.bodies.flatMap(\.joints).count == model.joints.count { $0.kind != .free })
    for (body, index) in zip(scene.bodies, scene.modelBodies) {
      #expect(
        body.joints.map(\.name) == model.joints.filter { $0.body == index && $0.kind != .free }.map(\.name))
    }
    #expect(scene.travel == .infinity)
    let cart = try Self.scenario("cartpole-balance").requireRobot(for: "this test")
    #expect(abs(SceneDescription(cart.model, try Linkage(cart.model), watched: 0).travel - 4.8) < 0.5)
    let pendulum = try Self.scenario("pendulum-swingup").requireRobot(for: "this test")
    #expect(SceneDescription(pendulum.model, try Linkage(pendulum.model), watched: 0).travel == 0)
  }

  @Test("says what is not drawn")
  func undrawn() throws {
    let scratch = try ScratchFolder()
    func mesh(_ name: String) -> String {
      "<geom type='mesh' mesh='\(name)' contype='0' conaffinity='0' mass='0'/>"
    }
    let model = try scratch.file(
      "m.xml",
      """
      <mujoco><asset><mesh name="a" file="a.stl"/><mesh name="b" file="b.stl"/></asset>
      <worldbody><body name="arm"><joint name="j" axis="0 1 0"/><geom type="sphere" size="0.1"/>\(mesh("a"))\(mesh("b"))
      <geom type="ellipsoid" size="0.1 0.2 0.1" contype="0" conaffinity="0" mass="0"/></body></worldbody>
      <actuator><motor joint="j" ctrlrange="-1 1"/></actuator></mujoco>
      """)
    let scenario = try LoadedScenario(contentsOf: try scratch.file("m.yaml", "model: \(model)\n"))
    let recording = try Recording(scenario, .baseline(.zero), seed: 0, episodes: 1, instructionSet: .baseline)
    #expect(recording.layout.scene.undrawn == "1 ellipsoid and 2 meshes")
    let data = try PageData(html: try Self.page(recording).html())
    #expect(data.json["undrawn"] as? String == "1 ellipsoid and 2 meshes")
  }

  // MARK: Trajectories

  @Test("of a trajectory is that of the run: simulated again to the bit, or drawn from the CSV alone")
  func trajectory() throws {
    let scratch = try ScratchFolder()
    let scenario = try Self.scenario("humanoid-balance", ["terminations=[]", "episodeSeconds=3"])
    let player = try EpisodePlayer(scenario, .baseline(.random), seed: 8, instructionSet: .baseline)
    let csv = "\(scratch.path)/t.csv"
    let recorder = try TrajectoryRecorder(csv, player)
    for episode in 0..<2 { _ = try recorder.record(episode) }
    try recorder.commit()
    let played = try Recording(scenario, .baseline(.random), seed: 8, episodes: 2, instructionSet: .baseline)

    let repeated = try Recording(trajectory: csv)
    #expect(repeated.note.hasPrefix("Simulated again, bit for bit the same: 2 episodes, 302 rows"), "\(repeated.note)")
    let pages = try [played, repeated].map { try PageData(html: try Self.page($0).html()) }
    for episode in 0..<2 {
      let rows = try pages.map { try $0.rows(ofEpisode: episode) }
      #expect(zip(rows[0], rows[1]).allSatisfy { zip($0, $1).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN } })
    }
    #expect(try Recording(trajectory: csv, episodes: 1).episodes.count == 1)

    try FileManager.default.removeItem(atPath: TrajectoryMetadata.path(beside: csv))
    let drawn = try Recording(trajectory: csv, model: scenario.robot?.modelPath)
    #expect(drawn.episodes.count == 2)
    // Joints that physics leaves open by a little are closed: bodies are where the coordinates put them.
    let data = try PageData(html: try Self.page(drawn).html())
    let rows = try data.rows()
    let robot = try Robot(player.task.model)
    let poses = try data.number("poses")
    try player.play(0) { moment in
      robot.place(player.robot.configuration())
      for (index, body) in data.bodies.enumerated() {
        let pose = robot.pose(ofBody: try #require(player.task.model.bodies.firstIndex { $0.name == body }))
        let place = rows[moment.step][(poses + 7 * index)...]
        let position = Vector3(place[poses + 7 * index], place[poses + 7 * index + 1], place[poses + 7 * index + 2])
        #expect((position - pose.position).length < 2e-4, "\(body), row \(moment.step)")
      }
    }
  }
}

@Suite("Columns of the page")
struct QuantizedColumnTests {
  func decoded(_ column: QuantizedColumn, _ count: Int) -> [Double] {
    (0..<count).map { row in
      guard let least = column.least else { return .nan }
      guard !column.codes.isEmpty else { return least }
      let code = column.codes[row]
      return code == QuantizedColumn.missing ? .nan : least + column.step * Double(code)
    }
  }

  @Test("are within 1/131,000 of their range, missing numbers missing, zero exactly zero", arguments: 0..<50)
  func accuracy(_ seed: Int) {
    var random = RandomStream(seed: UInt64(seed), purpose: .environment)
    let scale = pow(10, random.uniform(in: -8...8))
    let values = (0..<500).map { row -> Double in
      row % 7 == 3 ? 0 : row % 11 == 5 ? .nan : scale * random.uniform(in: -1...2)
    }
    let range = 3 * scale
    for (value, back) in zip(values, decoded(QuantizedColumn(values), values.count)) {
      if value.isNaN { #expect(back.isNaN) } else { #expect(abs(value - back) <= range / 131_000) }
      if value == 0 { #expect(back == 0) }
    }
  }

  @Test("of even times are exact; constant ones take no room; empty ones stay empty")
  func special() {
    let times = (0...1000).map { Double($0) * 0.02 }
    #expect(zip(times, decoded(QuantizedColumn(times), 1001)).allSatisfy { abs($0 - $1) < 1e-12 })
    let constant = QuantizedColumn([0.3, 0.3, 0.3])
    #expect(constant.codes.isEmpty && constant.least == 0.3)
    let empty = QuantizedColumn([.nan, .infinity])
    #expect(empty.least == nil && empty.codes.isEmpty)
    let single = QuantizedColumn([.nan, 4, .nan])
    #expect(decoded(single, 3)[1] == 4 && decoded(single, 3)[0].isNaN)
  }
}
