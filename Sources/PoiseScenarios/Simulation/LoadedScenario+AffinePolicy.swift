public import PoiseAlgorithms
public import PoiseControl
import PoiseCore
import PoiseEnvironments
import PoiseModels
import PoiseNetworks
import PoiseTasks

extension LoadedScenario {
  /// A designed law as a policy: one dense layer from the task's observation to the action, for export as any policy.
  ///
  /// The law u = u₀ − K x reads the state; a policy reads the observation o. Near the pose o = o₀ + C x, with C from central differences
  /// of the task's own observation. Where K = L C for some L, the policy is u = (u₀ + L o₀) − L o: the same to first order, and exactly the
  /// same where the observation is affine in the state.
  ///
  /// - Parameter baseline: `lqr` or `pd`.
  /// - Throws: `InvalidInput` for a controller that is no such law, that cannot act here, or that needs what is not observed.
  public func affinePolicy(of baseline: BaselineController) throws -> Policy {
    let task = try requireRobot(for: "exporting a policy").task
    guard let law = try designed(baseline) as? AffineController else {
      throw InvalidInput(
        Problem(
          file: path, place: "controller \(baseline.rawValue)", found: "a controller that is no network",
          allowed: "lqr or pd, whose laws are one dense layer",
          remedy: "Export its episodes with --csv or --npz."))
    }
    let environment = try TaskEnvironment(task, seed: 0, purpose: .controlDesign, detail: .lean)
    environment.prepareThread(for: name)
    environment.start()
    let h = 1e-5
    func observation(_ x: [Double]) -> [Double] {
      environment.observation(of: law.coordinates.state(x, from: law.pose))
    }
    let states = law.coordinates.count
    let origin = observation(Array(repeating: 0, count: states))
    let columns = (0..<states).map { j -> [Double] in
      var x = [Double](repeating: 0, count: states)
      x[j] = h
      let plus = observation(x)
      x[j] = -h
      return zip(plus, observation(x)).map { ($0 - $1) / (2 * h) }
    }
    // [observations, states]
    let c = Matrix(columns: columns, rows: origin.count)
    let read: Matrix
    do {
      read = try c.transposed.leastSquaresSolution(of: law.gain.transposed, tolerance: 1e-7).transposed
    } catch {
      throw InvalidInput(
        Problem(file: path, place: "observations", found: "values that are not finite", allowed: "finite numbers"))
    }
    let missed = law.gain - read * c
    if missed.norm > 1e-3 * law.gain.norm {
      let sizes = (0..<states).map { j in missed.column(j).reduce(0) { $0 + $1 * $1 } }
      let worst = sizes.indices.max { sizes[$0] < sizes[$1] } ?? 0
      throw InvalidInput(
        Problem(
          file: path, place: "observations",
          found: "none that tells \(law.coordinates.names[worst]), which \(baseline.rawValue) reads",
          allowed: "observations from which the robot's state follows",
          remedy: "Add a term such as jointPositions, jointVelocities, linearVelocity or angularVelocity."))
    }
    let network = MLP(inputs: origin.count, hidden: [], outputs: law.action.count, activation: .tanh)
    var parameters = AlignedVector<Float>(zeros: network.parameters.upperBound)
    let offset = read * origin
    for j in 0..<law.action.count {
      for i in origin.indices {
        parameters[network.layers[0].weights.lowerBound + i * law.action.count + j] = Float(-read[j, i])
      }
      parameters[network.layers[0].biases.lowerBound + j] = Float(law.action[j] + offset[j])
    }
    return Policy(network: network, parameters: parameters, normalizer: nil, distribution: .gaussian)
  }
}

extension TaskEnvironment {
  /// Starts an episode whose first observation nobody reads.
  fileprivate func start() {
    var observation = [Float](repeating: 0, count: observationSpace.count)
    var span = observation.mutableSpan
    reset(into: &span)
  }
}
