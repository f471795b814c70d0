import Foundation
import PoiseCore
public import PoiseNetworks
import PoiseScenarios
import PoiseSimulation

/// What the doctor looks at: the process's surroundings and two experiments. Each may be replaced, to see what the doctor says then.
public struct Machine: Sendable {
  public var environment: [String: String] = ProcessInfo.processInfo.environment
  public var workingFolder = FileManager.default.currentDirectoryPath
  /// The version of ODE that was compiled against.
  public var engineVersion = PhysicsEngine.version
  /// The library that was loaded; `nil` where that cannot be told.
  public var engineFile: String? = PhysicsEngine.libraryFile
  public var processorMaker = Self.maker
  /// The C library's, which has the sine.
  public var libraryVersion = Self.cLibrary
  public var engineConfiguration = PhysicsEngine.configuration
  public var isSolverRepeatable: @Sendable () -> Bool = { PhysicsEngine.isIterativeSolverRepeatable }
  /// State of a robot after some steps.
  public var physicsFigure: @Sendable () throws -> UInt64 = { try CheckRobot.physicsFigure() }
  /// Digest of all that a small training computes.
  public var trainingFigure: @Sendable (_ algorithm: String, _ threads: Int, InstructionSet) throws -> String = {
    try CheckRobot.trainingFigure($0, threads: $1, instructionSet: $2)
  }
  public var goldenFigures = GoldenFigure.known

  public init() {}

  /// Where scratch files go.
  public var temporaryFolder: String { environment["TMPDIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp" }

  /// The first of these programs that `PATH` has.
  public func program(_ names: [String]) -> String? {
    let folders = (environment["PATH"] ?? "").split(separator: ":").map(String.init)
    return names.lazy.flatMap { name in folders.map { "\($0)/\(name)" } }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  /// The machine as its figures are told apart: the processor's maker, whether it has fused multiply–add (by which glibc chooses its
  /// sine), what the networks run on, and the versions of what computes.
  public func kind(_ instructionSet: InstructionSet) -> String {
    #if arch(x86_64)
      let family = InstructionSet.avx2.isSupported ? "x86-64 with FMA" : "x86-64"
    #elseif arch(arm64)
      let family = "arm64"
    #else
      let family = "another processor"
    #endif
    return "\(processorMaker) \(family), \(instructionSet.rawValue), ODE \(engineVersion), \(libraryVersion)"
  }

  /// `AuthenticAMD`, `GenuineIntel`; "unknown" where that cannot be told.
  private static let maker: String = {
    let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("vendor_id") }
    return line?.split(separator: " ").last.map(String.init) ?? "unknown"
  }()

  private static let cLibrary: String = {
    #if canImport(Glibc)
      var text = [UInt8](repeating: 0, count: 64)
      let length = text.withUnsafeMutableBytes { buffer in
        confstr(Int32(_CS_GNU_LIBC_VERSION), buffer.baseAddress?.assumingMemoryBound(to: CChar.self), buffer.count)
      }
      return String(decoding: text[..<max(0, min(length, text.count) - 1)], as: UTF8.self)
    #else
      return "another C library"
    #endif
  }()
}
