internal import CDenseKernels
internal import Foundation
public import PoiseCore

/// The instruction set of the dense kernels. Results have the same bits within one set, and differ by rounding between
/// sets.
public enum InstructionSet: String, Sendable, Codable, CaseIterable {
  /// The compiler's default target: SSE2 on x86-64, NEON on arm64.
  case baseline
  /// AVX2 with fused multiply–add.
  case avx2
  /// AVX-512 F, DQ, VL and BW.
  case avx512

  /// The environment variable that selects an instruction set by its name.
  public static let environmentVariable = "POISE_INSTRUCTION_SET"

  /// Whether this processor supports it.
  public var isSupported: Bool { dk_is_supported(selection) }

  /// The instruction sets that this processor supports, the fastest last.
  public static var supported: [InstructionSet] { allCases.filter(\.isSupported) }

  /// The fastest instruction set that this processor supports, or the one that `POISE_INSTRUCTION_SET` names.
  ///
  /// - Parameter environment: environment variables; `nil` for those of the process.
  /// - Throws: `InvalidInput` if the variable names an unknown instruction set, or one that this processor does not
  ///   support.
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

  /// The number of floats in a vector register.
  public var vectorWidth: Int { dk_vector_width(selection) }

  /// The argument for the kernels; traps if this processor does not support the instruction set.
  var kernels: dk_instruction_set {
    precondition(self == .baseline || Self.support[self == .avx2 ? 0 : 1], "this processor cannot run \(rawValue)")
    return selection
  }

  /// Whether this processor supports AVX2 and AVX-512.
  private static let support = [avx2.isSupported, avx512.isSupported]

  private var selection: dk_instruction_set {
    switch self {
    case .baseline: dk_baseline
    case .avx2: dk_avx2
    case .avx512: dk_avx512
    }
  }
}
