import Foundation
import PoiseCore
public import PoiseNetworks
import PoiseScenarios
import PoiseSimulation

/// What the doctor checks: the environment of the process and two experiments. Tests can replace each of them.
public struct Machine: Sendable {
  /// The environment variables of the process.
  public var environment: [String: String] = ProcessInfo.processInfo.environment
  /// The working folder of the process.
  public var workingFolder = FileManager.default.currentDirectoryPath
  /// The version of ODE that was compiled against.
  public var engineVersion = PhysicsEngine.version
  /// Path of ODE's library that was loaded; `nil` where it is unknown.
  public var engineFile: String? = PhysicsEngine.libraryFile
  /// The vendor of the processor, such as `GenuineIntel`; "unknown" where it cannot be found.
  public var processorMaker = Self.maker
  /// Name and version of the C library, which computes sine and cosine.
  public var libraryVersion = Self.cLibrary
  /// ODE's own list of how it was compiled.
  public var engineConfiguration = PhysicsEngine.configuration
  /// Whether the iterative solver repeats; see `PhysicsEngine.isIterativeSolverRepeatable`.
  public var isSolverRepeatable: @Sendable () -> Bool = { PhysicsEngine.isIterativeSolverRepeatable }
  /// Hash of a robot's state after some physics steps.
  public var physicsFigure: @Sendable () throws -> UInt64 = { try CheckRobot.physicsFigure() }
  /// Digest of all results of a small training with an algorithm, a number of threads and an instruction set.
  public var trainingFigure: @Sendable (_ algorithm: String, _ threads: Int, InstructionSet) throws -> String = {
    try CheckRobot.trainingFigure($0, threads: $1, instructionSet: $2)
  }
  /// The figures of known machines.
  public var goldenFigures = GoldenFigure.known

  /// This machine.
  public init() {}

  /// The folder for temporary files.
  public var temporaryFolder: String { environment["TMPDIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp" }

  /// Path of the first of these programs that is found in `PATH`; `nil` for none.
  public func program(_ names: [String]) -> String? {
    let folders = (environment["PATH"] ?? "").split(separator: ":").map(String.init)
    return names.lazy.flatMap { name in folders.map { "\($0)/\(name)" } }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  /// A description of everything that decides the last bits of results: the processor's vendor, whether it has fused
  /// multiply–add (by which glibc chooses its sine), the instruction set of the networks, and the versions of ODE and
  /// the C library.
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

  /// `AuthenticAMD`, `GenuineIntel`; "unknown" where it cannot be found.
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
