public import PoiseCore
public import PoiseNetworks

extension PPO {
  /// Everything that an update changes and later updates depend on. A copy shares its memory until one of the two is
  /// written to.
  public struct State: Sendable {
    fileprivate var updater: PolicyUpdater.State
    fileprivate var penalty: Double
  }

  /// What an update changes: save it before an update, and set it back if the update is interrupted.
  public var state: State {
    get { State(updater: updater.state, penalty: penalty) }
    set { (updater.state, penalty) = (newValue.updater, newValue.penalty) }
  }

  /// The state of PPO beside that of `PolicyUpdater`.
  private struct Memory: Codable { var penalty: Double }

  /// Everything that further training depends on; see `PolicyUpdater.tensors`.
  public func tensors() throws -> [String: Tensor] {
    try updater.tensors(of: Self.name, extra: Memory(penalty: penalty))
  }

  /// Restores everything that `tensors` gives, exact to the bit.
  ///
  /// - Parameters:
  ///   - tensors: by name; others than its own are ignored.
  ///   - file: the name of their file, for messages.
  /// - Throws: `InvalidInput` with what does not fit. Do not use this value after that.
  public mutating func read(_ tensors: [String: Tensor], file: String) throws(InvalidInput) {
    let memory: Memory = try updater.read(tensors, of: Self.name, file: file) { $0.penalty.isFinite }
    penalty = memory.penalty
  }
}
