import PoiseCore
import TestSupport
import Testing

@Suite("A scenario's overrides")
struct ScenarioOverrideTests {
  private let yaml = """
    model: m
    observations:
      - jointPositions: {scale: 2}
      - tilt
      - tilt: {body: pelvis}
    pushes:
      - body: a
        impulse: [0, 1]
    """

  @Test("change keys, sections, terms and items of lists, the last one winning")
  func changes() throws {
    let scenario = try read(
      yaml,
      overrides: [
        "model=other.xml", "seed=1", "seed=7", "ppo.hiddenSizes=[8, 8]", "ppo.targetKL=0.1", "goal.survivalRate=1",
        "solver.iterative.iterations=3", "observations.jointPositions.scale=4", "observations.1.tilt.body=head",
        "pushes.0.body=b", "ppo.minibatchCount=2",
      ])
    #expect(scenario.model == "other.xml")
    #expect(scenario.seed == 7)
    #expect(scenario.ppo.hiddenSizes == [8, 8])
    #expect(scenario.ppo.targetKL == 0.1)
    #expect(scenario.goal?.survivalRate == 1)
    #expect((scenario.observations[0] as? JointPositions)?.shaping.scale == 4)
    #expect((scenario.observations[1] as? TiltTerm)?.body == "head")
    #expect((scenario.observations[2] as? TiltTerm)?.body == "pelvis")
    #expect(scenario.pushes.map(\.body) == ["b"])
    guard case .iterative(let options) = scenario.solver else {
      throw InvalidInput(Problem(file: "", found: "", allowed: ""))
    }
    #expect(options.iterations == 3)
  }

  @Test("have paths that are no deeper than a configuration, whatever its names", arguments: ["a", "ppo", "0"])
  func depth(name: String) throws {
    let path = Array(repeating: name, count: 20_000).joined(separator: ".")
    let error = #expect(throws: InvalidInput.self) { try read(yaml, overrides: ["\(path)=1"]) }
    #expect(error?.description.contains("found a path of 20000 names") == true)
    let override = ConfigurationOverride(
      path: Array(repeating: name, count: 100_000), value: ConfigurationNode(.scalar(.init("1"))), option: "a plan")
    var tree = ConfigurationNode(.mapping([]))
    #expect(throws: InvalidInput.self) { try tree.apply(override, defaults: tree) }
  }

  @Test("reach into lists that the file leaves to their defaults")
  func defaultLists() throws {
    let scenario = try read("model: m", overrides: ["observations.tilt.body=head", "ppo.hiddenSizes.1=8"])
    #expect(scenario.observations.count == 2)
    #expect((scenario.observations[1] as? TiltTerm)?.body == "head")
    #expect(scenario.ppo.hiddenSizes == [64, 8])
  }

  @Test("can supply a required key and cure a problem of the file")
  func cure() throws {
    #expect(try read("seed: -1", overrides: ["model=m", "seed=2"]).seed == 2)
  }

  @Test("are refused by the option's name, after the problems of the file")
  func refusals() {
    #expect(
      refusal(
        of: yaml + "\nseed: y",
        overrides: [
          "sed=1", "ppo.discountFactor=2", "ppo..x=1", "nothing", "isRecorded=", "model=[", "seed.x=1",
          "observations.tilt.body=a",
          "observations.alive.weight=1", "pushes.1.body=c", "algorithm=[ppo]", "ppo=3", "goal=*a",
        ]) == """
          s.yaml:9: seed: found 'y'; allowed a whole number of at least 0.
          --set ppo..x=1: found the path 'ppo..x'; allowed names separated by single dots, as in ppo.clipRange.
          --set nothing: found no '='; allowed key.path=value. Example: --set ppo.clipRange=0.1.
          --set model=[: model: found a value that is missing in brackets or braces, or brackets that are not closed; allowed [a, b, c] or {key: value, …}.
          --set seed.x=1: seed.x: found 'y' at 'seed', which has no keys below it; allowed a path of keys and list indices.
          --set observations.tilt.body=a: observations.tilt.body: found 'tilt', which occurs 2 times in 'observations'; allowed a path that names one of them: 'observations.1.tilt', 'observations.2.tilt'.
          --set observations.alive.weight=1: observations.alive.weight: found 'alive', which is not in 'observations'; allowed 'jointPositions', 'tilt' or an index from 0 to 2.
          --set pushes.1.body=c: pushes.1.body: found '1', which is not in 'pushes'; allowed an index from 0 to 0.
          --set goal=*a: goal: found an alias (*name); allowed no anchors and aliases. Write the value out, or put it in quotes.
          --set sed=1: found the unknown key 'sed'; allowed a known key. Did you mean 'seed'?
          --set ppo=3: ppo: found 3; allowed a section of keys with their values.
          --set isRecorded=: isRecorded: found nothing; allowed true or false.
          --set algorithm=[ppo]: algorithm: found a list of 1 value; allowed one of 'ppo', 'ddpg', 'td3'.
          """)
  }
}
