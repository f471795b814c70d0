import ArgumentParser
import Foundation
import PoiseCore
import PoiseExperiments
import PoiseModels

struct Report: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows trained runs side by side as one self-contained page.",
    usage: "\(program) report <run> ... --html <file> [options]",
    discussion: """
      The page shows learning curves over environment steps and wall time (runs that differ only in their seed form a band), \
      interquartile means over seeds with bootstrap intervals, a test of whether groups of runs differ, evaluations of the best \
      policies beside the baselines, reward terms, and the resolved scenarios. It opens from disk and needs no network.

      Examples:
        \(program) report runs/first --html first.html
        \(program) report runs/a runs/b --html both.html --episodes 0
      """)

  @Argument(help: ArgumentHelp("The folders of the runs.", valueName: "run"), completion: .runs)
  var folders: [String]

  @Option(help: ArgumentHelp("Write the page to this file; '-' is standard output.", valueName: "file"))
  var html: String

  @Option(
    help: "Number of episodes of each evaluation; 0 for no evaluation. Default: the scenario's evaluation.episodes.")
  var episodes: Int?

  @Option(help: .threads)
  var threads: Int?

  func validate() throws {
    try validateThreads(threads)
    if let episodes, !(0...1_000_000).contains(episodes) {
      throw ValidationError("--episodes: found \(episodes); allowed 0 to 1000000.")
    }
  }

  func run() throws {
    let pool = WorkerPool(threadCount: threads ?? ProcessInfo.processInfo.activeProcessorCount)
    if let note = pool.note { printError(note) }
    // Opened first: a place that cannot be written to should not cost a minute of evaluations.
    let file = try WholeFile(html)
    let shipped = ShippedFiles()
    let report = try RunReport(folders.map(shipped.resolveRun), episodes: episodes, pool: pool) {
      printError("evaluating \($0)")
    }
    try file.write(report.html)
    try file.commit()
    if html != "-" { print("\(html): \(folders.count) run\(folders.count == 1 ? "" : "s")") }
  }
}
