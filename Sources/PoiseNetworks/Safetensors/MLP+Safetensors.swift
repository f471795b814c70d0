public import PoiseCore

extension MLP {
  /// This network's parameters as tensors, with the names and shapes of PyTorch's `Linear` and `LayerNorm`:
  /// `<prefix>.0.weight` [outputs, inputs], `<prefix>.0.bias` [outputs], `<prefix>.0.norm.weight` and `.norm.bias`;
  /// then layer 1, and so on.
  public func tensors(_ parameters: borrowing AlignedVector<Float>, prefix: String) -> [String: Tensor] {
    precondition(parameters.count >= self.parameters.upperBound, "a vector of \(parameters.count) elements")
    let values = parameters.span
    func vector(_ range: Range<Int>) -> Tensor { Tensor(range.map { values[$0] }, shape: [range.count]) }
    var tensors: [String: Tensor] = [:]
    for (i, layer) in layers.enumerated() {
      let name = "\(prefix).\(i)"
      var transposed: [Float] = []
      transposed.reserveCapacity(layer.weights.count)
      for o in 0..<layer.outputs {
        for k in 0..<layer.inputs { transposed.append(values[layer.weights.lowerBound + k * layer.outputs + o]) }
      }
      tensors["\(name).weight"] = Tensor(transposed, shape: [layer.outputs, layer.inputs])
      tensors["\(name).bias"] = vector(layer.biases)
      if let norm = layer.normalization {
        tensors["\(name).norm.weight"] = vector(norm.gains)
        tensors["\(name).norm.bias"] = vector(norm.offsets)
      }
    }
    return tensors
  }

  /// Restores this network's parameters from tensors with the names of `tensors(_:prefix:)`; others are ignored.
  ///
  /// - Parameters:
  ///   - tensors: by name.
  ///   - prefix: the first part of the names.
  ///   - file: the name of their file, for messages.
  ///   - parameters: receives the parameters; it covers `self.parameters`.
  /// - Throws: `InvalidInput` with every tensor that is missing, of another shape, not of floats, or not finite; then
  ///   nothing is changed.
  public func read(
    _ tensors: [String: Tensor], prefix: String, file: String, into parameters: inout AlignedVector<Float>
  ) throws(InvalidInput) {
    precondition(parameters.count >= self.parameters.upperBound, "a vector of \(parameters.count) elements")
    var reader = TensorReader(tensors: tensors, file: file)
    var reads: [(values: [Float], layer: DenseLayer, range: Range<Int>, isMatrix: Bool)] = []
    for (i, layer) in layers.enumerated() {
      var wanted: [(name: String, shape: [Int], range: Range<Int>)] = [
        ("weight", [layer.outputs, layer.inputs], layer.weights), ("bias", [layer.outputs], layer.biases),
      ]
      if let norm = layer.normalization {
        wanted += [("norm.weight", [layer.outputs], norm.gains), ("norm.bias", [layer.outputs], norm.offsets)]
      }
      for (name, shape, range) in wanted {
        reads.append((reader.floats("\(prefix).\(i).\(name)", shape: shape), layer, range, name == "weight"))
      }
    }
    try reader.finish()
    var target = parameters.mutableSpan
    for (values, layer, range, isMatrix) in reads {
      for (k, value) in values.enumerated() {
        let place = isMatrix ? (k % layer.inputs) * layer.outputs + k / layer.inputs : k
        target[range.lowerBound + place] = value
      }
    }
  }
}

extension StochasticPolicy {
  /// The tensors of `MLP.tensors`, and `<prefix>.log_std` [actions] if log σ is a parameter.
  public func tensors(_ parameters: borrowing AlignedVector<Float>, prefix: String) -> [String: Tensor] {
    var tensors = network.tensors(parameters, prefix: prefix)
    guard !logDeviations.isEmpty else { return tensors }
    let values = parameters.span
    tensors["\(prefix).log_std"] = Tensor(logDeviations.map { values[$0] }, shape: [logDeviations.count])
    return tensors
  }

  /// Restores parameters as `MLP.read` does, and `<prefix>.log_std` if log σ is a parameter; it must lie between floor
  /// and ceiling.
  public func read(
    _ tensors: [String: Tensor], prefix: String, file: String, into parameters: inout AlignedVector<Float>
  ) throws(InvalidInput) {
    guard !logDeviations.isEmpty else {
      return try network.read(tensors, prefix: prefix, file: file, into: &parameters)
    }
    var reader = TensorReader(tensors: tensors, file: file)
    let (low, high) = (Float(bounds.lowerBound), Float(bounds.upperBound))
    let deviations = reader.floats(
      "\(prefix).log_std", shape: [logDeviations.count], where: { $0 >= low && $0 <= high },
      "log σ from \(low) to \(high)")
    var copy = parameters
    do throws(InvalidInput) {
      try network.read(tensors, prefix: prefix, file: file, into: &copy)
    } catch {
      reader.add(error.problems)
    }
    try reader.finish()
    for (i, value) in zip(logDeviations, deviations) { copy[i] = value }
    parameters = copy
  }
}
