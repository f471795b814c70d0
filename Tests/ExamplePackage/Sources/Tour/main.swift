import MyRobots
import Poise

// What the library does without the command line: step an environment, train a policy, evaluate it.
//
//     swift run Tour

registerMyRobots()

// 1. An environment, stepped by hand: the caller owns the buffers, and decides when an episode begins.
let task = DecisionTask(Docking(), name: "docking", stepLimit: 60)
let environment = try task.makeEnvironment(seed: 1, purpose: .evaluation, index: 0, detail: .full)
var observation = [Float](repeating: 0, count: task.observationSpace.count)
var span = observation.mutableSpan
environment.reset(into: &span)
while environment.ending == .running {
  // Critical damping by hand: a = −x − 2 v.
  let action: [Float] = [-observation[0] - 2 * observation[1]]
  span = observation.mutableSpan
  _ = environment.step(action.span, into: &span)
}
print("by hand: return \(environment.summary.totalReward.rounded(significant: 4))")

// 2. A scenario from code: read from YAML text here, trained into a folder, with the algorithm of this package.
let folder = CommandLine.arguments.dropFirst().first ?? "runs/tour"
let text = """
  environment: {docking: {mass: 1}}
  episodeSteps: 60
  training: {algorithm: reinforce, stepLimit: 20000}
  """
let scenario = try LoadedScenario(Configured<Scenario>(yaml: text, file: "tour"), path: "tour")
let instructionSet = try InstructionSet.chosen()
let run = try TrainingRun(
  scenario, seed: 1, folder: folder, threads: 1, instructionSet: instructionSet, beginning: 0)
_ = try run.run()

// 3. Its policy, opened from the folder and evaluated on seeds of its own.
let trained = try TrainedRun(folder, checkpoint: .latest)
let evaluation = Evaluation(trained.scenario, episodes: 20, seed: 7, instructionSet: instructionSet)
let result = try evaluation.run(trained.controller, pool: WorkerPool(threadCount: 1))
print("trained: return \(result.return.mean.rounded(significant: 4)) over \(result.episodes) episodes")
