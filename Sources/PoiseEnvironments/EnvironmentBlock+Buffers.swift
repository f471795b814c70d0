// The steps of a block with arrays in place of spans, so that a caller can keep them in one value.

extension EnvironmentBlock {
  /// Starts an episode in every world; its first observation goes to `buffers.observations`.
  public func reset(into buffers: inout StepBuffers) {
    var span = buffers.observations.mutableSpan
    reset(into: &span)
  }

  /// Makes one control step of every world. Worlds whose episode ends start the next one.
  ///
  /// - Parameters:
  ///   - actions: [worlds of the block, actions].
  ///   - buffers: receives observations, rewards and endings.
  public func step(_ actions: [Float], into buffers: inout StepBuffers) { step(actions.span, into: &buffers) }
}
