import Foundation
import PoiseAlgorithms
import PoiseCore
import PoiseModels
import PoiseNetworks
import PoiseScenarios
import PoiseSimulation

extension Machine {
  /// The checks of numbers and files, on which reproducibility and complete files depend.
  public var probes: [Probe] {
    [
      Probe("physics engine", engine), Probe("solver", solver), Probe("instruction set", instructions),
      Probe("physics", physics), Probe("training", training), Probe("threads", threads), Probe("golden figure", golden),
      Probe("temporary folder", temporary), Probe("runs folder", runs), Probe("shipped files", shipped),
    ]
  }

  // MARK: Numbers

  private func engine() -> Finding {
    let isDouble = engineConfiguration.contains("ODE_double_precision")
    let text =
      "ODE \(engineVersion), \(isDouble ? "double" : "single") precision" + (engineFile.map { ", \($0)" } ?? "")
    guard isDouble else {
      return Finding(
        "physics engine", .broken, text,
        remedy: "Install a build with double precision: on Debian libode-dev, else configure ODE with "
          + "--enable-double-precision.")
    }
    guard engineVersion == "0.16.2" else {
      return Finding(
        "physics engine", .noted, text, remedy: "Poise is tested with 0.16.2; other versions give other last bits.")
    }
    return Finding("physics engine", .kept, text)
  }

  private func solver() -> Finding {
    isSolverRepeatable()
      ? Finding("solver", .kept, "QuickStep draws from each world's own random state")
      : Finding(
        "solver", .broken, "QuickStep draws from a random state that all worlds share, so nothing would repeat",
        remedy: "Link ODE dynamically (libode.so): a static link bypasses Poise's dRandInt.")
  }

  private func instructions() throws -> Finding {
    let chosen = try InstructionSet.chosen(environment: environment)
    let others = InstructionSet.supported.filter { $0 != chosen }.map(\.rawValue)
    let text = chosen.rawValue + (others.isEmpty ? "" : "; also here: \(others.joined(separator: ", "))")
    guard chosen == InstructionSet.supported.last else {
      return Finding(
        "instruction set", .noted, text,
        remedy: "Unset \(InstructionSet.environmentVariable) for the fastest; each gives bits of its own.")
    }
    return Finding("instruction set", .kept, text)
  }

  private func physics() throws -> Finding {
    guard isSolverRepeatable() else { return untried("physics") }
    let expected = try physicsFigure()
    guard try physicsFigure() == expected else {
      return Finding("physics", .broken, "the same 2,000 steps gave other bits the second time", remedy: Self.report)
    }
    for count in [2, 4] {
      // Only the results matter, not which thread computed them.
      var results = [Result<UInt64, any Error>](repeating: .success(0), count: count)
      WorkerPool(threadCount: count).forEach(&results) { _, result in result = Result { try physicsFigure() } }
      for result in results where try result.get() != expected {
        return Finding(
          "physics", .broken, "the same 2,000 steps gave other bits on \(count) threads at once", remedy: Self.report)
      }
    }
    return Finding("physics", .kept, "2,000 steps repeat, alone and on 2 and 4 threads at once: \(Self.hex(expected))")
  }

  /// One algorithm of each family.
  private static let learners = [PPO.name, DDPG.name]

  private func training() throws -> Finding {
    guard isSolverRepeatable() else { return untried("training") }
    let instructionSet = try InstructionSet.chosen(environment: environment)
    for learner in Self.learners
    where try trainingFigure(learner, 1, instructionSet) != trainingFigure(learner, 1, instructionSet) {
      return Finding(
        "training", .broken, "\(learner) gave other bits the second time, with the same seed",
        remedy: Self.report)
    }
    return Finding("training", .kept, "a small one repeats to the bit: " + Self.learners.joined(separator: ", "))
  }

  private static let mostThreads = 4

  private func threads() throws -> Finding {
    guard isSolverRepeatable() else { return untried("threads") }
    do throws(InputOutputError) {
      try SystemThread.require(Self.mostThreads, for: "the doctor")
    } catch {
      return Finding(
        "threads", .noted,
        "the system does not make \(Self.mostThreads) threads (\(error.reason)); trainings make do with fewer",
        remedy: error.remedy)
    }
    let instructionSet = try InstructionSet.chosen(environment: environment)
    for learner in Self.learners {
      let expected = try trainingFigure(learner, 1, instructionSet)
      for count in [2, Self.mostThreads] where try trainingFigure(learner, count, instructionSet) != expected {
        return Finding(
          "threads", .broken, "\(learner) gave other bits on \(count) threads than on one",
          remedy: "Until this is fixed, train with --threads 1. " + Self.report)
      }
    }
    let processors = ProcessInfo.processInfo.activeProcessorCount
    return Finding(
      "threads", .kept,
      "1, 2 and 4 agree to the bit; \(processors) processor\(processors == 1 ? "" : "s") here")
  }

  private func golden() throws -> Finding {
    guard isSolverRepeatable() else { return untried("golden figure") }
    let instructionSet = try InstructionSet.chosen(environment: environment)
    let parts = try [Self.hex(physicsFigure())] + Self.learners.map { try trainingFigure($0, 1, instructionSet) }
    let figure = parts.map { String($0.prefix(16)) }.joined(separator: "-")
    let kind = kind(instructionSet)
    let like = goldenFigures.first { $0.machine == kind }
    guard let like else {
      return Finding(
        "golden figure", .noted, "\(figure); none is known for \(kind)",
        remedy: "Keep it, to compare with after an update of this machine.")
    }
    guard like.figure == figure else {
      return Finding(
        "golden figure", .broken, "\(figure); another machine like this one (\(kind)) gave \(like.figure)",
        remedy:
          "Results repeat here, but differ from those elsewhere. Was Poise built from changed sources, or ODE with other "
          + "options than Debian's 2:0.16.2-1?")
    }
    return Finding("golden figure", .kept, "\(figure), as on another machine like this one")
  }

  private func untried(_ name: String) -> Finding {
    Finding(name, .broken, "could not be checked without a solver that repeats", remedy: "See 'solver'.")
  }

  private static let report =
    "This is a bug of Poise or a fault of the machine's memory: please report it with `poise doctor --json`."

  private static func hex(_ number: UInt64) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  // MARK: Files

  private func temporary() -> Finding {
    trial("temporary folder", in: temporaryFolder, remedy: "Set TMPDIR to a folder that you may write to.")
  }

  /// The folder for runs of `poise train`; the first run creates it, so it may be missing.
  private func runs() -> Finding {
    let folder = "\(workingFolder)/runs"
    let isThere = FileManager.default.fileExists(atPath: folder)
    return trial(
      "runs folder", in: isThere ? folder : workingFolder,
      shown: isThere ? folder : "\(folder), which the first run creates",
      remedy: "Start Poise in a folder that you may write to, or give each run its --out.")
  }

  /// Writes a file as Poise writes all of its files, reads it back, and removes it.
  private func trial(_ name: String, in folder: String, shown: String? = nil, remedy: String) -> Finding {
    let path = "\(folder)/poise-doctor-\(UUID().uuidString)"
    defer { unlink(path) }
    do {
      let file = try WholeFile(path)
      try file.write(path)
      try file.commit()
      guard try BoundedFile.read(path, limit: 1 << 16) == Array(path.utf8) else {
        return Finding(name, .broken, "\(folder): a file was not read back as it was written", remedy: remedy)
      }
    } catch let error as InputOutputError {
      return Finding(name, .broken, "\(folder): cannot write: \(error.reason.lowercased())", remedy: remedy)
    } catch {
      return Finding(name, .broken, "\(folder): \(error)", remedy: remedy)
    }
    var information = statvfs()
    guard statvfs(folder, &information) == 0 else { return Finding(name, .kept, shown ?? folder) }
    let megabytes = Double(information.f_bavail) * Double(information.f_frsize) * 1e-6
    let text = "\(shown ?? folder): \((megabytes / 1000).rounded(significant: 3)) GB free"
    // A humanoid's run with a replay buffer takes some hundred MB.
    guard megabytes >= 500 else {
      return Finding(name, .noted, text, remedy: "That is little; a long run needs 500 MB.")
    }
    return Finding(name, .kept, text)
  }

  private func shipped() throws -> Finding {
    let files = ShippedFiles()
    guard let root = files.root else {
      return Finding(
        "shipped files", .noted, "no folder with models and scenarios here, above, or above the program",
        remedy: "Set POISE_HOME to Poise's folder to use scenarios and models by name.")
    }
    return Finding(
      "shipped files", .kept,
      "\(root): \(try files.scenarios().count) scenarios, \(try files.models().count) models, "
        + "\(try files.trained().count) trained")
  }
}
