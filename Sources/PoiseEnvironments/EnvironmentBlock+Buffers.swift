// The steps of a block over arrays, which may be parts of the same value as the buffers: no caller needs a span of its own.

extension EnvironmentBlock {
  /// Starts an episode in every world; its first observation goes to `buffers.observations`.
  public func reset(into buffers: inout StepBuffers) {
    var span = buffers.observations.mutableSpan
    reset(into: &span)
  }

  /// One control step of every world.
  ///
  /// - Parameter actions: [worlds of the block, actions].
  public func step(_ actions: [Float], into buffers: inout StepBuffers) { step(actions.span, into: &buffers) }
}
