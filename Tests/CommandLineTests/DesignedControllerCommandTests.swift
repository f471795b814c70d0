import Foundation
import TestSupport
import Testing

@Suite("Designed controllers on the command line")
struct DesignedControllerCommandTests {
  @Test("simulate takes each of them, and tells the regulator's poles, cost and gain")
  func simulate() throws {
    for controller in ["pd", "lqr", "energy", "plan"] {
      let result = try PoiseProcess(["simulate", "pendulum-balance", "--seconds", "1", "--controller", controller])
      #expect(result.status == 0 && result.output.contains("controller \(controller)"), "\(result.errors)")
    }
    let lqr = try PoiseProcess(["simulate", "cartpole", "--controller", "lqr", "--seconds", "2"])
    #expect(lqr.status == 0 && lqr.output.contains("no fault"), "\(lqr.errors)")
    let told = try PoiseProcess(["simulate", "cartpole-balance", "--controller", "lqr", "--seconds", "1"]).output
    #expect(
      told.contains("regulator of 4 states and 1 action") && told.contains("poles ") && told.contains("gain slider"))
  }

  @Test("evaluate puts them beside zero, random and hold, and takes a list of them")
  func evaluate() throws {
    let table = try PoiseProcess(["evaluate", "cartpole-balance", "--episodes", "3"])
    #expect(table.status == 0, "\(table.errors)")
    let header = try #require(table.output.split(separator: "\n").dropFirst().first)
    #expect(header.split(separator: " ") == ["zero", "random", "hold", "pd", "lqr", "energy"])
    let two = try PoiseProcess(["evaluate", "cartpole-balance", "--episodes", "2", "--controller", "lqr,zero"])
    #expect(two.output.contains("lqr") && !two.output.contains("energy") && two.status == 0)
    let json = try PoiseProcess(["evaluate", "cartpole-balance", "--episodes", "2", "--controller", "lqr", "--json"])
    #expect(json.output.contains("\"survival_rate\" : 1"), "\(json.output)")
  }

  @Test("what does not fit is refused with the reason and what fits")
  func refusals() throws {
    func refused(_ arguments: [String], _ status: Int32, _ parts: [String]) throws {
      let result = try PoiseProcess(arguments)
      #expect(result.status == status, "\(arguments): \(result.output) \(result.errors)")
      for part in parts { #expect(result.errors.contains(part), "\(arguments): \(result.errors)") }
    }
    try refused(
      ["evaluate", "humanoid-stand", "--controller", "energy"], 65,
      ["the controller energy, which cannot act here", "here zero, random, hold, pd, lqr, plan"])
    try refused(["evaluate", "cartpole-balance", "--controller", "lqrr"], 64, ["found 'lqrr'", "Did you mean 'lqr'?"])
    try refused(["evaluate", "cartpole-balance", "--controller", "lqr,zero", "--json"], 64, ["found 2 controllers"])
    try refused(["simulate", "pendulum", "--controller", "plan"], 65, ["a model without a task", "Name a scenario"])
    try refused(["export", "cartpole-balance", "--gains", "-"], 64, ["add --controller lqr"])
    try refused(
      ["export", "cartpole-balance", "--controller", "energy", "--onnx", "/tmp/never.onnx"], 65, ["lqr or pd"])
    try refused(
      ["export", "cartpole-left-right", "--controller", "lqr", "--gains", "-"], 65,
      ["one of left, right", "random, plan"])
    try refused(
      ["simulate", "pendulum-balance", "--controller", "lqr", "--set", "lqr.action=0"], 65, ["lqr.action", "above 0"])
  }

  @Test(
    "gains are JSON: the poles are those of A − B K, the action is u₀ − K x",
    .enabled(if: Python.has("numpy", "onnxruntime")))
  func gains() throws {
    let folder = try ScratchFolder()
    let (gains, onnx) = ("\(folder.path)/gains.json", "\(folder.path)/lqr.onnx")
    let result = try PoiseProcess([
      "export", "cartpole-balance", "--controller", "lqr", "--gains", gains, "--onnx", onnx, "--npz",
      "\(folder.path)/episodes.npz",
    ])
    #expect(result.status == 0, "\(result.errors)")
    let told = try Python.run(
      """
      import json, sys, numpy, onnxruntime
      design = json.load(open(sys.argv[1]))
      a, b, k = (numpy.array(design[key]) for key in ('a', 'b', 'gain'))
      poles = sorted(abs(numpy.linalg.eigvals(a - b @ k)))
      assert numpy.allclose(poles, sorted(numpy.hypot(p['real'], p['imaginary']) for p in design['poles'])), poles
      session = onnxruntime.InferenceSession(sys.argv[2], providers=['CPUExecutionProvider'])
      episodes = numpy.load(sys.argv[3])
      o, u = episodes['episode_0/observations'][:-1], episodes['episode_0/actions']
      mine = session.run(None, {'observation': o})[0] / 10
      assert numpy.abs(mine - u).max() < 1e-4, numpy.abs(mine - u).max()
      assert numpy.abs(numpy.clip(-o @ k.T, -1, 1) - u).max() < 1e-4
      print(len(u), design['state_names'])
      """, [gains, onnx, "\(folder.path)/episodes.npz"])
    #expect(told == "500 ['slider', 'hinge', 'slider_velocity', 'hinge_velocity']\n")
  }

  @Test("replay shows a designed controller as a page")
  func replay() throws {
    let folder = try ScratchFolder()
    let page = "\(folder.path)/page.html"
    let result = try PoiseProcess([
      "replay", "cartpole-swingup", "--controller", "energy", "--html", page, "--set", "episodeSeconds=2",
    ])
    #expect(result.status == 0 && FileManager.default.fileExists(atPath: page), "\(result.errors)")
  }
}
