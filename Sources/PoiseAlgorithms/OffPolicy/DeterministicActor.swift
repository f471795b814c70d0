import PoiseCore
import PoiseNetworks

/// Chooses the actions of one block of worlds by a deterministic policy and noise, or at random in the warm-up.
public struct DeterministicActor: BlockActor {
  private let settings: DDPGParameters
  private var workspace: MLPWorkspace<Float>
  /// The actor's outputs after tanh, [worlds, actions].
  private var squashed: AlignedVector<Float>
  /// The exploration noise of the block's worlds; part of a checkpoint.
  public var exploration: ExplorationNoise

  /// - Parameter noise: the exploration noise of the block's worlds.
  init(
    _ model: DeterministicActorCritic, _ settings: DDPGParameters, worlds: Int, noise: ExplorationNoise,
    instructionSet: InstructionSet
  ) {
    self.settings = settings
    workspace = MLPWorkspace(
      model.actor, rowCapacity: worlds, instructionSet: instructionSet, isForTraining: false)
    squashed = AlignedVector(zeros: worlds * model.actionCount)
    exploration = noise
  }

  public func accepts(_ exploration: ExplorationNoise) -> Bool { self.exploration.accepts(exploration) }

  public mutating func act(
    _ observations: [Float], _ model: DeterministicActorCritic, environmentSteps: Int, into actions: inout [Float]
  ) -> Int {
    guard let deviation = settings.explorationDeviation(after: environmentSteps) else {
      exploration.drawUniform(into: &actions)
      return 0
    }
    model.act(observations, &workspace, &squashed, into: &actions)
    var saturated = 0
    for action in actions where abs(action) >= 0.99 { saturated += 1 }
    exploration.add(to: &actions, deviation: deviation)
    return saturated
  }

  public mutating func endEpisode(world: Int) { exploration.reset(world: world) }
}

extension DDPGParameters {
  /// σ after a number of control steps of all worlds; `nil` in the warm-up.
  func explorationDeviation(after environmentSteps: Int) -> Double? {
    environmentSteps < warmupSteps ? nil : exploration.deviation(after: environmentSteps)
  }
}

extension DDPG {
  public func makeActor(worlds: Range<Int>) -> DeterministicActor {
    let noise = ExplorationNoise(
      settings.exploration, actions: model.actionCount,
      random: worlds.map { RandomStream(seed: seed, purpose: .exploration, index: $0) })
    return DeterministicActor(model, settings, worlds: worlds.count, noise: noise, instructionSet: instructionSet)
  }

  public func explorationColumns(after environmentSteps: Int) -> [(name: String, value: Double?)] {
    [("exploration_sigma", settings.explorationDeviation(after: environmentSteps))]
  }
}
