internal import CDenseKernels
internal import Foundation

/// The types of number with which networks compute: `Float` for training and inference, `Double` for checks by finite
/// differences.
///
/// Both have kernels compiled from the same source. No other type can conform, because the kernels exist for these two
/// only.
public protocol NetworkScalar: BinaryFloatingPoint, BitwiseCopyable, Sendable, Codable {
  /// The kernels for this type.
  static var kernelTable: KernelTable<Self> { get }
  /// eˣ by the system's mathematical library.
  static func exponential(_ x: Self) -> Self
  /// ln x by the system's mathematical library.
  static func logarithm(_ x: Self) -> Self
  /// ln(1 + x), accurate near zero.
  static func logarithm1p(_ x: Self) -> Self
  /// tanh x by the system's mathematical library.
  static func hyperbolicTangent(_ x: Self) -> Self
}

/// The C functions for one type of number; CDenseKernels.h documents them.
public struct KernelTable<Scalar>: Sendable {
  typealias Constant = UnsafePointer<Scalar>
  typealias Mutable = UnsafeMutablePointer<Scalar>
  typealias Set = dk_instruction_set

  let denseForward:
    @Sendable (
      Set, Int, Int, Int, Constant, Int, Constant, Constant?, dk_activation, Mutable?, Mutable, Int, Mutable
    ) -> Void
  let denseBackwardInputs:
    @Sendable (
      Set, Int, Int, Int, Constant, Int, Constant, dk_activation, Constant?, Constant?, Int, Mutable, Int, Mutable
    ) -> Void
  let denseBackwardWeights:
    @Sendable (Set, Int, Int, Int, Constant, Int, Constant, Int, Bool, Mutable, Mutable?, Mutable) -> Void
  let activate: @Sendable (Set, Int, dk_activation, Constant, Mutable) -> Void
  let activationBackward: @Sendable (Set, Int, dk_activation, Constant, Constant?, Constant, Mutable) -> Void
  let layerNormForward:
    @Sendable (Set, Int, Int, Scalar, Constant, Constant, dk_activation, Mutable, Mutable, Mutable) -> Void
  let layerNormBackward:
    @Sendable (
      Set, Int, Int, Constant, Constant, dk_activation, Constant, Constant, Constant, Mutable, Bool, Mutable, Mutable
    ) -> Void
  let adam:
    @Sendable (
      Set, Int, Mutable, Constant, Mutable, Mutable, Scalar, Scalar, Scalar, Scalar, Scalar, Scalar, Scalar, Scalar,
      Mutable?, Scalar
    ) -> Void
  let softUpdate: @Sendable (Set, Int, Mutable, Constant, Scalar) -> Void
  let addScaled: @Sendable (Set, Int, Scalar, Constant, Mutable) -> Void
  let sumOfSquares: @Sendable (Set, Int, Constant) -> Double
}

extension Float: NetworkScalar {
  public static let kernelTable = KernelTable<Float>(
    denseForward: { dk_dense_forward_f($0, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) },
    denseBackwardInputs: { dk_dense_backward_inputs_f($0, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) },
    denseBackwardWeights: { dk_dense_backward_weights_f($0, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) },
    activate: { dk_activate_f($0, $1, $2, $3, $4) },
    activationBackward: { dk_activation_backward_f($0, $1, $2, $3, $4, $5, $6) },
    layerNormForward: { dk_layer_norm_forward_f($0, $1, $2, $3, $4, $5, $6, $7, $8, $9) },
    layerNormBackward: { dk_layer_norm_backward_f($0, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) },
    adam: { dk_adam_f($0, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) },
    softUpdate: { dk_soft_update_f($0, $1, $2, $3, $4) },
    addScaled: { dk_add_scaled_f($0, $1, $2, $3, $4) },
    sumOfSquares: { dk_sum_of_squares_f($0, $1, $2) })
  public static func exponential(_ x: Float) -> Float { exp(x) }
  public static func logarithm(_ x: Float) -> Float { log(x) }
  public static func logarithm1p(_ x: Float) -> Float { log1p(x) }
  public static func hyperbolicTangent(_ x: Float) -> Float { tanh(x) }
}

extension Double: NetworkScalar {
  public static let kernelTable = KernelTable<Double>(
    denseForward: { dk_dense_forward_d($0, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) },
    denseBackwardInputs: { dk_dense_backward_inputs_d($0, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) },
    denseBackwardWeights: { dk_dense_backward_weights_d($0, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) },
    activate: { dk_activate_d($0, $1, $2, $3, $4) },
    activationBackward: { dk_activation_backward_d($0, $1, $2, $3, $4, $5, $6) },
    layerNormForward: { dk_layer_norm_forward_d($0, $1, $2, $3, $4, $5, $6, $7, $8, $9) },
    layerNormBackward: { dk_layer_norm_backward_d($0, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) },
    adam: { dk_adam_d($0, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) },
    softUpdate: { dk_soft_update_d($0, $1, $2, $3, $4) },
    addScaled: { dk_add_scaled_d($0, $1, $2, $3, $4) },
    sumOfSquares: { dk_sum_of_squares_d($0, $1, $2) })
  public static func exponential(_ x: Double) -> Double { exp(x) }
  public static func logarithm(_ x: Double) -> Double { log(x) }
  public static func logarithm1p(_ x: Double) -> Double { log1p(x) }
  public static func hyperbolicTangent(_ x: Double) -> Double { tanh(x) }
}
