import PoiseCore
import PoiseModels
import PoiseSimulation
import Testing

@Suite("Which shapes collide")
struct CollisionMaskTests {
  private static func model(_ text: String) throws -> RobotModel {
    let folder = try TemporaryFolder()
    return try RobotModel(contentsOf: folder.write("<mujoco>\(text)</mujoco>".utf8, to: "robot.xml"))
  }

  /// The names of the shapes of each pair, in the order of the names.
  private static func pairs(_ model: RobotModel) throws -> Set<String> {
    let linkage = try Linkage(model)
    return Set(
      model.collidingPairs(linkage).map { pair in
        [model.geometries[pair.0].name, model.geometries[pair.1].name].sorted().joined(separator: "–")
      })
  }

  @Test("two of which one's contype and the other's conaffinity share a bit, as in MuJoCo: all masks of two bits")
  func masks() throws {
    // One free ball for each pair of masks.
    var bodies = ""
    for type in 0..<4 {
      for affinity in 0..<4 {
        bodies += """
          <body pos="\(type) \(affinity) 0"><freejoint/>
            <geom name="\(type)\(affinity)" size="0.1" contype="\(type)" conaffinity="\(affinity)"/></body>
          """
      }
    }
    var expected: Set<String> = []
    for a in 0..<16 {
      for b in a + 1..<16 {
        let (typeA, affinityA, typeB, affinityB) = (a / 4, a % 4, b / 4, b % 4)
        guard typeA & affinityB != 0 || typeB & affinityA != 0 else { continue }
        expected.insert("\(typeA)\(affinityA)–\(typeB)\(affinityB)")
      }
    }
    #expect(try Self.pairs(Self.model("<worldbody>\(bodies)</worldbody>")) == expected)
    #expect(expected.contains("01–10") && !expected.contains("01–02") && expected.contains("10–11"))
  }

  @Test(
    "a ball falls through a floor whose masks it does not share, and lies on one whose masks it does",
    arguments: [true, false])
  func falling(isSolid: Bool) throws {
    let model = try Self.model(
      """
      <worldbody><geom type="plane" size="0 0 1" contype="2" conaffinity="0"/>
        <body pos="0 0 0.2"><freejoint/><geom size="0.1" contype="1" conaffinity="\(isSolid ? 3 : 1)"/></body>
      </worldbody>
      """)
    let robot = try Robot(model)
    robot.step(500)
    let height = robot.pose(ofBody: 0).position.z
    #expect(isSolid ? abs(height - 0.1) < 0.01 : height < -1, "\(height)")
  }

  @Test("no body and its parent, nor two of one body; and none that are excluded, whichever is named first")
  func neighbours() throws {
    func chain(_ exclude: String) throws -> Set<String> {
      try Self.pairs(
        Self.model(
          """
          <worldbody>
            <body name="upper"><joint/><geom name="u" size="0.1"/><geom name="v" size="0.1"/>
              <body name="middle"><joint/><geom name="m" size="0.1"/>
                <body name="lower"><joint/><geom name="l" size="0.1"/></body></body></body>
          </worldbody>
          <contact>\(exclude)</contact>
          """))
    }
    #expect(try chain("") == ["l–u", "l–v"])
    #expect(try chain("<exclude body1='upper' body2='lower'/>").isEmpty)
    #expect(try chain("<exclude body1='lower' body2='upper'/>").isEmpty)
  }
}
