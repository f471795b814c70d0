import Dispatch
import MyRobots
import Poise

// What the library does without the command line: step an environment, train a policy, evaluate it.
//
//     swift run Tour FOLDER

/// An environment, stepped by hand: the caller owns the buffers, and decides when an episode begins.
func stepByHand() throws -> Double {
  let task = DecisionTask(Docking(), name: "docking", stepLimit: 60)
  let environment = try task.makeEnvironment(seed: 1, purpose: .evaluation, index: 0, detail: .full)
  var observation = [Float](repeating: 0, count: task.observationSpace.count)
  var first = observation.mutableSpan
  environment.reset(into: &first)
  while environment.ending == .running {
    // Critical damping by hand: a = −x − 2 v.
    let action: [Float] = [-observation[0] - 2 * observation[1]]
    var next = observation.mutableSpan
    _ = environment.step(action.span, into: &next)
  }
  return environment.summary.totalReward
}

/// A scenario from code, here as YAML text, trained into a folder with the algorithm of this package.
func train(into folder: String) throws {
  let text = """
    environment: {docking: {mass: 1}}
    episodeSteps: 60
    training: {algorithm: random-search, stepLimit: 20000}
    """
  let scenario = try LoadedScenario(Configured<Scenario>(yaml: text, file: "tour"), path: "tour")
  let run = try TrainingRun(
    scenario, seed: 1, folder: folder, threads: 1, instructionSet: InstructionSet.chosen(),
    beginning: DispatchTime.now().uptimeNanoseconds)
  _ = try run.run()
}

/// The policy of a folder, evaluated on seeds of its own.
func evaluate(_ folder: String) throws -> EvaluationResult {
  let trained = try TrainedRun(folder, checkpoint: .latest)
  let evaluation = Evaluation(trained.scenario, episodes: 20, seed: 7, instructionSet: trained.instructionSet)
  return try evaluation.run(trained.controller, pool: WorkerPool(threadCount: 1))
}

registerMyRobots()
let folder = CommandLine.arguments.dropFirst().first ?? "runs/tour"
print("by hand: return \(try stepByHand().rounded(significant: 4))")
try train(into: folder)
let result = try evaluate(folder)
print("trained: return \(result.return.mean.rounded(significant: 4)) over \(result.episodes) episodes")
