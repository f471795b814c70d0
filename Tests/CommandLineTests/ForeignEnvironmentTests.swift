import Foundation
import TestSupport
import Testing

@Suite("An environment without a robot, of another program")
struct ForeignEnvironmentTests {
  @Test(
    "is trained, evaluated, saved and resumed to the bit, with PPO for both kinds of action and with DDPG; what needs a robot says so"
  )
  func tour() throws {
    let folder = try ScratchFolder()
    let program = PoiseProcess.program.deletingLastPathComponent().appendingPathComponent("ForeignEnvironment")
    let process = try CapturedProcess(program, [folder.path], in: ProjectFolders.root)
    let wrong = process.output.split(separator: "\n").filter { $0.hasPrefix("WRONG") }.joined(separator: "\n")
    #expect(process.status == 0 && wrong.isEmpty, "\(wrong)\n\(process.errors)")
    #expect(process.output.split(separator: "\n").count { $0.hasPrefix("right: ") } == 41)
  }
}
