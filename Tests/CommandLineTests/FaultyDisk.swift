import Foundation
import TestSupport

/// The library that makes the disk fail, or the process die, at a chosen system call; see Tests/Torture/support/faults.c.
enum FaultyDisk {
  /// What happens at the call.
  enum Fault: String {
    case kill, EIO, ENOSPC, EROFS
  }

  /// `nil` where there is no C compiler.
  static let library: String? = {
    let source = "\(ProjectFolders.root)/Tests/Torture/support/faults.c"
    let target = FileManager.default.temporaryDirectory.appending(path: "poise-faults-\(getpid()).so").path
    for compiler in ["cc", "clang", "gcc"] {
      let built = try? CapturedProcess(
        URL(filePath: "/usr/bin/env"), [compiler, "-shared", "-fPIC", "-o", target, source, "-ldl"],
        in: ProjectFolders.root)
      if built?.status == 0 { return target }
    }
    return nil
  }()

  /// The environment in which one fault happens; see the library for what is counted.
  ///
  /// - Parameters:
  ///   - number: of the call, from 1; 0 for none.
  ///   - count: file that gets the number of calls.
  static func environment(
    folder: String, at number: Int = 0, _ fault: Fault = .kill, count: String? = nil
  ) -> [String: String] {
    var environment = [
      "LD_PRELOAD": library ?? "", "FAULT_FOLDER": folder, "FAULT_AT": "\(number)", "FAULT": fault.rawValue,
    ]
    environment["FAULT_COUNT"] = count
    return environment
  }
}
