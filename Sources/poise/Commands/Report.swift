import ArgumentParser
import Foundation
import PoiseCore
import PoiseExperiments

struct Report: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows trained runs side by side as one self-contained page.",
    discussion: """
      Learning curves over environment steps and wall time (runs that differ in their seed alone as a band), evaluations \
      of the best policies beside the baselines, reward terms, the resolved scenarios. The page opens from disk and asks \
      for nothing from the network.
      """)

  @Argument(help: ArgumentHelp("Folders of runs.", valueName: "run"))
  var folders: [String]

  @Option(help: ArgumentHelp("Where to write the page; '-' for standard output.", valueName: "file"))
  var html: String

  @Option(help: "Episodes of each evaluation; 0 for none. Default: the scenario's evaluation.episodes.")
  var episodes: Int?

  @Option(help: "Threads; the result is the same for any number. Default: all processors.")
  var threads: Int?

  func validate() throws {
    try validateThreads(threads)
    if let episodes, !(0...1_000_000).contains(episodes) {
      throw ValidationError("--episodes: found \(episodes); allowed 0 to 1000000.")
    }
  }

  func run() throws {
    Interruption.watch()
    let pool = WorkerPool(threadCount: threads ?? ProcessInfo.processInfo.activeProcessorCount)
    // Opened first: a place that cannot be written to should not cost a minute of evaluations.
    let file = try WholeFile(html)
    let report = try RunReport(folders, episodes: episodes, pool: pool) {
      try Interruption.check()
      printError("evaluating \($0)")
    }
    try file.write(report.html)
    try file.commit()
    if html != "-" { print("\(html): \(folders.count) run\(folders.count == 1 ? "" : "s")") }
  }
}
