internal import CDenseKernels

/// The work memory of a network: inputs, activations and gradients for up to `rowCapacity` rows.
///
/// Each thread or shard owns a workspace and uses it for every pass: nothing is allocated after `init`. The bits of a
/// row's outputs do not depend on other rows, its place and the number of rows, so short blocks need no padding.
///
///     workspace.inputs …                                      // [rows, inputs], written by the caller
///     workspace.forward(rows: n, parameters: parameters)
///     workspace.outputs …                                     // [rows, outputs], read by the caller
///     workspace.outputGradients …                             // [rows, outputs], written by the caller
///     workspace.backward(rows: n, parameters: parameters, into: &gradients)
public struct MLPWorkspace<Scalar: NetworkScalar>: Sendable {
  /// The network that runs in this memory.
  public let network: MLP
  /// The largest number of rows of a pass.
  public let rowCapacity: Int
  /// The kernels that the network runs on.
  public let instructionSet: InstructionSet
  /// Whether this workspace has memory for `backward`.
  public let isForTraining: Bool

  /// The inputs, [rowCapacity, inputs]; written by the caller.
  public var inputs: AlignedVector<Scalar>
  /// The outputs, [rowCapacity, outputs]; written by `forward`.
  public var outputs: AlignedVector<Scalar>
  /// ∂loss/∂outputs, shape [rowCapacity, outputs]; written by the caller, overwritten by `backward`.
  public var outputGradients: AlignedVector<Scalar>
  /// ∂loss/∂inputs of the requested columns, [rows, columns]; written by `backward`.
  public var inputGradients: AlignedVector<Scalar>

  /// The activations of the hidden layers and what their derivatives need, at `places`.
  private var hidden: AlignedVector<Scalar>
  private let places: [Places]
  /// Two buffers [rowCapacity, widest layer] for gradients between layers, then the kernels' scratch memory.
  private var passing: AlignedVector<Scalar>
  private let passingStride: Int

  /// The places of a layer's activations in `hidden`.
  private struct Places: Sendable {
    /// y [rows, outputs]; −1 for the last layer, whose y is `outputs`.
    var activations = -1
    /// x W + b, which SiLU needs, or its normalised form; −1 if it is not needed.
    var preActivations = -1
    /// 1 / standard deviation per row; −1 without layer normalisation.
    var inverseDeviations = -1
  }

  /// Allocates the memory.
  ///
  /// - Parameters:
  ///   - network: the network that runs in it.
  ///   - rowCapacity: the largest number of rows of a pass, at least 1.
  ///   - instructionSet: the kernels that the network runs on.
  ///   - isForTraining: whether `backward` will be called; inference needs less memory.
  public init(_ network: MLP, rowCapacity: Int, instructionSet: InstructionSet, isForTraining: Bool = true) {
    precondition(rowCapacity > 0, "a workspace for \(rowCapacity) rows")
    precondition(instructionSet.isSupported, "this processor cannot run \(instructionSet)")
    self.network = network
    self.rowCapacity = rowCapacity
    self.instructionSet = instructionSet
    self.isForTraining = isForTraining
    var next = 0
    func place(_ count: Int) -> Int {
      defer { next = roundedToCacheLine(next + count) }
      return next
    }
    var places: [Places] = []
    for (i, layer) in network.layers.enumerated() {
      var p = Places()
      if i < network.layers.count - 1 { p.activations = place(rowCapacity * layer.outputs) }
      if layer.normalization != nil { p.inverseDeviations = place(rowCapacity) }
      if layer.normalization != nil || (layer.activation == .silu && isForTraining) {
        p.preActivations = place(rowCapacity * layer.outputs)
      }
      places.append(p)
    }
    self.places = places
    hidden = AlignedVector(zeros: next)
    inputs = AlignedVector(zeros: rowCapacity * network.inputCount)
    outputs = AlignedVector(zeros: rowCapacity * network.outputCount)
    let widest = network.layers.map(\.outputs).max() ?? 0
    let scratch =
      network.layers.map { dk_scratch_count(isForTraining ? rowCapacity : 0, $0.inputs, $0.outputs) }.max() ?? 0
    passingStride = isForTraining ? roundedToCacheLine(rowCapacity * widest) : 0
    passing = AlignedVector(zeros: 2 * passingStride + scratch)
    outputGradients = AlignedVector(zeros: isForTraining ? rowCapacity * network.outputCount : 0)
    inputGradients = AlignedVector(zeros: isForTraining ? rowCapacity * network.inputCount : 0)
  }

  // MARK: Inputs

  /// Writes columns of `inputs` from a matrix; the critic's [observation | action] comes from two matrices.
  ///
  /// - Parameters:
  ///   - source: [firstRow + rows or more, columns.count].
  ///   - columns: the columns among the network's inputs; `nil` for all.
  ///   - firstRow: the row of `source` that becomes row 0.
  ///   - rows: the number of rows.
  @specialized(where Scalar == Float)
  public mutating func setInputs(
    _ source: borrowing AlignedVector<Scalar>, columns: Range<Int>? = nil, firstRow: Int = 0, rows: Int
  ) {
    let columns = columns ?? 0..<network.inputCount
    let target = inputColumns(columns, rows: rows)
    let width = columns.count
    precondition(
      firstRow >= 0 && (firstRow + rows) * width <= source.count,
      "rows \(firstRow) to \(firstRow + rows) of \(width) columns from \(source.count) elements")
    let start = source.start + firstRow * width
    let stride = network.inputCount
    // Element by element: for a row of three, a call of memcpy would take longer.
    for row in 0..<rows {
      for column in 0..<width { target[row * stride + column] = start[row * width + column] }
    }
  }

  /// Writes columns of `inputs` from some rows of a matrix: a minibatch from a buffer.
  ///
  /// - Parameters:
  ///   - source: [any number of rows, columns.count].
  ///   - columns: the columns among the network's inputs; `nil` for all.
  ///   - indices: the rows of `source` that become rows 0, 1, … of `inputs`.
  @specialized(where Scalar == Float)
  public mutating func setInputs(
    _ source: borrowing AlignedVector<Scalar>, columns: Range<Int>? = nil, gathering indices: ArraySlice<Int>
  ) {
    let columns = columns ?? 0..<network.inputCount
    let target = inputColumns(columns, rows: indices.count)
    let width = columns.count
    let sourceRows = source.count / width
    let start = source.start
    var row = 0
    for index in indices {
      precondition(index >= 0 && index < sourceRows, "row \(index) of \(sourceRows)")
      (target + row * network.inputCount).update(from: start + index * width, count: width)
      row += 1
    }
  }

  private mutating func inputColumns(_ columns: Range<Int>, rows: Int) -> UnsafeMutablePointer<Scalar> {
    checkRows(rows)
    precondition(
      columns.lowerBound >= 0 && columns.upperBound <= network.inputCount && !columns.isEmpty
        && inputs.count == rowCapacity * network.inputCount, "columns \(columns) of \(network.inputCount) inputs")
    return inputs.mutableStart() + columns.lowerBound
  }

  /// Writes the first `rows` rows of `outputGradients` from a matrix of the same shape.
  @specialized(where Scalar == Float)
  public mutating func setOutputGradients(_ source: borrowing AlignedVector<Scalar>, rows: Int) {
    checkRows(rows)
    let count = rows * network.outputCount
    precondition(source.count >= count && outputGradients.count >= count, "\(source.count) elements for \(count)")
    outputGradients.mutableStart().update(from: source.start, count: count)
  }

  // MARK: Forward

  /// Runs the network: writes `outputs` for the first `rows` rows of `inputs`.
  ///
  /// - Parameters:
  ///   - rows: the number of rows, at most `rowCapacity`.
  ///   - parameters: a vector that covers `network.parameters`.
  @specialized(where Scalar == Float)
  public mutating func forward(rows: Int, parameters: borrowing AlignedVector<Scalar>) {
    checkRows(rows)
    checkParameters(parameters.count)
    precondition(
      inputs.count == rowCapacity * network.inputCount && outputs.count == rowCapacity * network.outputCount,
      "inputs or outputs were replaced by vectors of another size")
    let kernels = Scalar.kernelTable
    let set = instructionSet.kernels
    let p = parameters.start
    let h = hidden.mutableStart()
    let out = outputs.mutableStart()
    let scratch = passing.mutableStart() + 2 * passingStride
    var x = inputs.start
    for i in network.layers.indices {
      let layer = network.layers[i]
      let place = places[i]
      let y = place.activations < 0 ? out : h + place.activations
      let pre = place.preActivations < 0 ? nil : h + place.preActivations
      if let norm = layer.normalization, let pre {
        kernels.denseForward(
          set, rows, layer.inputs, layer.outputs, x, layer.inputs, p + layer.weights.lowerBound,
          p + layer.biases.lowerBound, dk_identity, nil, pre, layer.outputs, scratch)
        kernels.layerNormForward(
          set, rows, layer.outputs, Scalar(DenseLayer.Normalization.epsilon), p + norm.gains.lowerBound,
          p + norm.offsets.lowerBound, layer.activation.kernels, pre, h + place.inverseDeviations, y)
      } else {
        kernels.denseForward(
          set, rows, layer.inputs, layer.outputs, x, layer.inputs, p + layer.weights.lowerBound,
          p + layer.biases.lowerBound, layer.activation.kernels, pre, y, layer.outputs, scratch)
      }
      x = UnsafePointer(y)
    }
  }

  /// The index of the first hidden layer whose units were all off in the last `forward` pass: ReLUs that gave 0 in each row; `nil` if
  /// there is none. Nothing that such a layer is given can change what comes after it, and no gradient passes through it.
  ///
  /// - Parameter rows: as in the `forward` call before.
  public func deadLayer(rows: Int) -> Int? {
    for (i, layer) in network.layers.dropLast().enumerated() where layer.activation == .relu {
      let first = places[i].activations
      var k = first
      while k < first + rows * layer.outputs, hidden[k] == 0 { k += 1 }
      if k == first + rows * layer.outputs { return i }
    }
    return nil
  }

  // MARK: Backward

  /// Backpropagates: writes ∂loss/∂parameters of the last `forward` pass from `outputGradients`, which are overwritten.
  ///
  /// - Parameters:
  ///   - rows: as in the `forward` call before.
  ///   - parameters: as in the `forward` call before.
  ///   - gradients: of the size of `parameters`; only the elements of this network are written.
  ///   - accumulates: whether to add to the gradients that are there, in place of replacing them.
  ///   - inputColumns: the inputs whose gradients are needed; these go to `inputGradients`, [rows, inputColumns.count].
  public mutating func backward(
    rows: Int, parameters: borrowing AlignedVector<Scalar>, into gradients: inout AlignedVector<Scalar>,
    accumulates: Bool = false, inputColumns: Range<Int> = 0..<0
  ) {
    checkParameters(gradients.count)
    backward(rows, parameters, gradients.mutableStart(), accumulates, inputColumns)
  }

  /// Backpropagates as `backward`, but computes the gradients of inputs only.
  public mutating func backwardToInputs(
    rows: Int, parameters: borrowing AlignedVector<Scalar>, inputColumns: Range<Int>
  ) {
    backward(rows, parameters, nil, false, inputColumns)
  }

  @specialized(where Scalar == Float)
  private mutating func backward(
    _ rows: Int, _ parameters: borrowing AlignedVector<Scalar>, _ gradients: UnsafeMutablePointer<Scalar>?,
    _ accumulates: Bool, _ inputColumns: Range<Int>
  ) {
    precondition(isForTraining, "this workspace was made for inference")
    checkRows(rows)
    checkParameters(parameters.count)
    precondition(
      inputColumns.lowerBound >= 0 && inputColumns.upperBound <= network.inputCount,
      "input columns \(inputColumns) of \(network.inputCount)")
    precondition(
      outputGradients.count == rowCapacity * network.outputCount
        && inputGradients.count == rowCapacity * network.inputCount,
      "outputGradients or inputGradients were replaced by vectors of another size")
    let kernels = Scalar.kernelTable
    let set = instructionSet.kernels
    let p = parameters.start
    let h = hidden.mutableStart()
    let buffers = passing.mutableStart()
    let scratch = buffers + 2 * passingStride
    var d = outputGradients.mutableStart()
    var nextBuffer = 0
    for i in network.layers.indices.reversed() {
      let layer = network.layers[i]
      let place = places[i]
      let isLast = i == network.layers.count - 1
      let y = isLast ? outputs.start : UnsafePointer(h + place.activations)
      let pre = place.preActivations < 0 ? nil : UnsafePointer(h + place.preActivations)
      // d is ∂loss/∂y if the layer is last or normalised; otherwise the layer above has applied activation' already.
      if let norm = layer.normalization, let pre {
        let discarded = scratch  // for gain gradients that are not needed
        kernels.layerNormBackward(
          set, rows, layer.outputs, p + norm.gains.lowerBound, p + norm.offsets.lowerBound, layer.activation.kernels,
          pre,
          h + place.inverseDeviations, y, d, accumulates && gradients != nil,
          gradients.map { $0 + norm.gains.lowerBound } ?? discarded,
          gradients.map { $0 + norm.offsets.lowerBound } ?? discarded + layer.outputs)
      } else if isLast, layer.activation != .identity {
        kernels.activationBackward(set, rows * layer.outputs, layer.activation.kernels, y, pre, d, d)
      }
      let x = i == 0 ? inputs.start : UnsafePointer(h + places[i - 1].activations)
      if let gradients {
        kernels.denseBackwardWeights(
          set, rows, layer.inputs, layer.outputs, x, layer.inputs, d, layer.outputs, accumulates,
          gradients + layer.weights.lowerBound, gradients + layer.biases.lowerBound, scratch)
      }
      if i > 0 {
        let below = network.layers[i - 1]
        let fused = below.normalization == nil ? below.activation : .identity
        let belowPre = places[i - 1].preActivations
        let dx = buffers + nextBuffer * passingStride
        kernels.denseBackwardInputs(
          set, rows, layer.inputs, layer.outputs, d, layer.outputs, p + layer.weights.lowerBound, fused.kernels, x,
          belowPre < 0 ? nil : UnsafePointer(h + belowPre), layer.inputs, dx, layer.inputs, scratch)
        d = dx
        nextBuffer = 1 - nextBuffer
      } else if !inputColumns.isEmpty {
        let w = p + layer.weights.lowerBound + inputColumns.lowerBound * layer.outputs
        kernels.denseBackwardInputs(
          set, rows, inputColumns.count, layer.outputs, d, layer.outputs, w, dk_identity, nil, nil, 0,
          inputGradients.mutableStart(), inputColumns.count, scratch)
      }
    }
  }

  // MARK: Checks

  private func checkRows(_ rows: Int) {
    precondition(rows >= 0 && rows <= rowCapacity, "\(rows) rows in a workspace for \(rowCapacity)")
  }

  private func checkParameters(_ count: Int) {
    precondition(
      count >= network.parameters.upperBound,
      "a vector of \(count) elements for a network that ends at \(network.parameters.upperBound)")
  }
}
