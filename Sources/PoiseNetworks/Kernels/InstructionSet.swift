internal import CDenseKernels
internal import Foundation
public import PoiseCore

/// Which compiled copy of the dense kernels runs. Same bits are promised within one of them, rounding apart between
/// them.
public enum InstructionSet: String, Sendable, Codable, CaseIterable {
  /// What the compiler's default target has: SSE2 on x86-64, NEON on arm64.
  case baseline
  /// AVX2 with fused multiply–add.
  case avx2
  /// AVX-512 F, DQ, VL and BW.
  case avx512

  /// The environment variable that forces one of them.
  public static let environmentVariable = "POISE_INSTRUCTION_SET"

  /// Whether this processor can run it.
  public var isSupported: Bool { dk_is_supported(selection) }

  /// Those that this processor can run, the fastest last.
  public static var supported: [InstructionSet] { allCases.filter(\.isSupported) }

  /// The fastest one that this processor can run, or the one that `POISE_INSTRUCTION_SET` names.
  ///
  /// - Parameter environment: in place of the process's own.
  /// - Throws: `InvalidInput` if the variable names none, or one that this processor lacks.
  public static func chosen(
    environment: [String: String]? = nil
  ) throws(InvalidInput) -> InstructionSet {
    let environment = environment ?? ProcessInfo.processInfo.environment
    guard let name = environment[environmentVariable], !name.isEmpty else { return supported.last ?? .baseline }
    let allowed = supported.map(\.rawValue).joined(separator: ", ")
    guard let forced = InstructionSet(rawValue: name) else {
      let hint = suggestion(for: name, among: allCases.map(\.rawValue))
      throw InvalidInput(
        Problem(
          file: environmentVariable, found: "'\(name)'", allowed: "one of \(allowed), or unset",
          remedy: hint.isEmpty ? "Unset it to let the processor decide." : hint))
    }
    guard forced.isSupported else {
      throw InvalidInput(
        Problem(
          file: environmentVariable, found: "'\(name)', which this processor does not have",
          allowed: "one of \(allowed), or unset", remedy: "Unset it to let the processor decide."))
    }
    return forced
  }

  /// Floats in one vector register.
  public var vectorWidth: Int { dk_vector_width(selection) }

  /// The choice as the kernels take it; traps with the name rather than at an unknown instruction.
  var kernels: dk_instruction_set {
    precondition(self == .baseline || Self.support[self == .avx2 ? 0 : 1], "this processor cannot run \(rawValue)")
    return selection
  }

  /// Whether AVX2 and AVX-512 can run here, asked once.
  private static let support = [avx2.isSupported, avx512.isSupported]

  private var selection: dk_instruction_set {
    switch self {
    case .baseline: dk_baseline
    case .avx2: dk_avx2
    case .avx512: dk_avx512
    }
  }
}
