import Foundation
import TestSupport
import Testing

@Suite("poise with a robot whose actions are levels")
struct DiscreteTaskCommandTests {
  private static let scenario = "cartpole-left-right"

  @Test(
    "refuses an algorithm or a baseline that cannot choose with exit code 65, naming both sides",
    arguments: [
      (
        ["train", scenario, "--algorithm", "ddpg"],
        "'ddpg', which takes actions of the kind box, but 'cartpole-left-right'"
      ),
      (["train", scenario, "--algorithm", "td3"], "discrete actions: one of left, right"),
      (["evaluate", scenario, "--controller", "hold"], "random"),
      (["evaluate", scenario, "--controller", "zero", "--json"], "random"),
      (
        ["simulate", scenario, "--controller", "hold"],
        "cannot act here: actions that are one of left, right; allowed a robot whose actions are numbers; here random"
      ),
      (["replay", scenario, "--controller", "zero"], "cannot act here"),
      (["train", scenario, "--set", "actions.levels.left=[-11]"], "-10 … 10 N, its control range"),
    ])
  func refusals(arguments: [String], message: String) throws {
    let folder = try ScratchFolder()
    let isTraining = arguments[0] == "train"
    let process = try PoiseProcess(arguments + (isTraining ? ["--out", "\(folder.path)/run"] : []))
    #expect(process.status == 65 && process.errors.contains(message), "\(process.status): \(process.errors)")
    #expect(folder.contents.isEmpty)
  }

  @Test("simulates, replays and judges it by random actions where nothing is chosen, and tells what the actions are")
  func defaults() throws {
    let simulated = try PoiseProcess(["simulate", Self.scenario, "--csv", "-"])
    #expect(simulated.status == 0 && simulated.errors.contains("controller random"), "\(simulated.errors)")
    let lines = simulated.output.split(separator: "\n")
    let place = try #require(lines[0].split(separator: ",").firstIndex(of: "action"))
    let names = lines.dropFirst(2).map { $0.split(separator: ",", omittingEmptySubsequences: false)[place] }
    #expect(Set(names) == ["left", "right"])
    let replayed = try PoiseProcess(["replay", Self.scenario, "--ascii"])
    #expect(replayed.status == 0 && replayed.output.contains("  actions: left "), "\(replayed.errors)")
    let judged = try PoiseProcess(["evaluate", Self.scenario, "--episodes", "5", "--json"])
    let object = try #require(try JSONSerialization.jsonObject(with: Data(judged.output.utf8)) as? [String: Any])
    #expect(object["algorithm"] as? String == "random" && (object["episode_length_mean"] as? Double ?? 0) > 5)
    let inspected = try PoiseProcess(["inspect", Self.scenario]).output
    #expect(inspected.contains("action, one of 2") && inspected.contains("goal: episode, mean, steps ≥ 475"))
    let schema = try PoiseProcess(["inspect", "--schema"]).output
    for key in [
      "actions ", "actions.positionTargets.stiffness ", "actions.positionTargets.joints.NAME.offset ",
      "actions.levels ",
    ] {
      #expect(schema.contains(key), "\(key)")
    }
  }
}
