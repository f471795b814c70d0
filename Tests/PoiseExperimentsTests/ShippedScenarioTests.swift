import PoiseCore
import PoiseEnvironments
import PoiseExperiments
import PoiseModels
import Testing

@Suite("Every shipped scenario")
struct ShippedScenarioTests {
  static let paths = (try? ShippedFiles().scenarios().map(\.path)) ?? []

  @Test("loads, binds and steps", arguments: paths)
  func steps(_ path: String) throws {
    let loaded = try LoadedScenario(contentsOf: path)
    let environment = try TaskEnvironment(loaded.task, seed: 1, detail: .full)
    var observation = [Float](repeating: 0, count: environment.observationSpace.count)
    let action = [Float](repeating: 0, count: environment.actionSpace.count)
    var span = observation.mutableSpan
    environment.reset(into: &span)
    var outcome = StepOutcome(reward: 0, ending: .running)
    var total = 0.0
    while outcome.ending == .running {
      outcome = environment.step(action.span, into: &span)
      total += outcome.reward
    }
    print(path, environment.summary, environment.observationSpace.names)
    print(observation)
    #expect(outcome.ending != .fault, "\(String(describing: environment.fault))")
  }
}
