public import PoiseCore

/// What the parameters of every algorithm have: their section of a scenario.
public protocol LearnerParameters: Configurable, Hashable {
  /// Environments that are stepped side by side.
  var worlds: Int { get }
  /// Environments that one thread steps and one inference serves.
  var blockSize: Int { get }
  /// Control steps of all worlds for one row of the progress.
  var reportInterval: Int { get }
  /// Control steps after which training ends, in place of the scenario's; `nil` for that.
  var stepLimit: Int? { get }
  /// Control steps between two evaluations, in place of the scenario's; `nil` for that.
  var evaluationInterval: Int? { get }
  /// The mirror in which policy and value functions are symmetric; `nil` for none.
  var mirrorSymmetry: MirrorPlane? { get }
}
