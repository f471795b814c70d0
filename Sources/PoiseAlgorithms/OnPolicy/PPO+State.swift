public import PoiseCore
public import PoiseNetworks

extension PPO {
  /// All that an update changes and later ones depend on; a copy shares its memory until one of the two is written to.
  public struct State: Sendable {
    fileprivate var updater: PolicyUpdater.State
    fileprivate var penalty: Double
  }

  /// What an update changes: to be kept and set back where one is broken off.
  public var state: State {
    get { State(updater: updater.state, penalty: penalty) }
    set { (updater.state, penalty) = (newValue.updater, newValue.penalty) }
  }

  /// What PPO remembers beside `PolicyUpdater`.
  private struct Memory: Codable { var penalty: Double }

  /// Everything that further training depends on; see `PolicyUpdater.tensors`.
  public func tensors() throws -> [String: Tensor] {
    try updater.tensors(of: Self.name, extra: Memory(penalty: penalty))
  }

  /// Takes everything from tensors, to the bit.
  ///
  /// - Throws: `InvalidInput` with what does not fit; then this value is not to be used.
  public mutating func read(_ tensors: [String: Tensor], file: String) throws(InvalidInput) {
    let memory: Memory = try updater.read(tensors, of: Self.name, file: file) { $0.penalty.isFinite }
    penalty = memory.penalty
  }
}
