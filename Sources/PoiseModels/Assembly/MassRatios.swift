import PoiseCore
import PoiseSimulation

/// Masses that the iterative solver cannot weigh against each other.
///
/// Its error falls with the iterations, the slower the more unequal what meets in a joint or lies on one another. Measured
/// with 20 iterations (`MassRatioTests`): a box of 100 kg stands on two of 0.1 kg with the direct solver and breaks down
/// between them with the iterative one, which holds up to 1 : 20.
extension RobotModel {
  /// The largest ratio of neighbouring masses that 20 iterations are good for.
  static let largestMassRatio = 20.0

  /// One note for each pair of neighbours beyond that ratio; none with the direct solver.
  func massRatioNotes(_ linkage: Linkage) -> [Approximation] {
    guard case .iterative = physics.solver else { return [] }
    let links = linkage.links
    var notes: [Approximation] = []
    func note(_ a: Int, _ b: Int, _ masses: (Double, Double), _ relation: String) {
      let (light, heavy) = masses.0 < masses.1 ? (masses.0, masses.1) : (masses.1, masses.0)
      guard light > 0, heavy > Self.largestMassRatio * light else { return }
      let body = bodies[links[b].body]
      notes.append(
        Approximation(
          file: files[0], line: body.line, place: "body '\(body.name)'",
          meaning: "It \(relation) '\(bodies[links[a].body].name)', and their masses are 1 : "
            + "\((heavy / light).rounded(significant: 3)); the iterative solver keeps neighbours together up to about "
            + "1 : \(Int(Self.largestMassRatio)). Use the direct solver, or more poise_iterations."))
    }
    for (index, link) in links.enumerated() where !link.isIntermediate {
      var parent = link.parent
      while let p = parent, links[p].isIntermediate { parent = links[p].parent }
      guard let parent else { continue }
      note(parent, index, (links[parent].inertia.mass, link.inertia.mass), "hangs on")
    }
    guard physics.isContactEnabled else { return notes }
    // What lies on one another: whole robots, each with all its links.
    var root = Array(links.indices)
    for index in links.indices { if let parent = links[index].parent { root[index] = root[parent] } }
    var weights = [Double](repeating: 0, count: links.count)
    for index in links.indices { weights[root[index]] += links[index].inertia.mass }
    var seen: Set<[Int]> = []
    for (first, second) in collidingPairs(linkage) {
      let roots = [first, second].compactMap { geometries[$0].body.flatMap { linkage.placements[$0].link } }.map {
        root[$0]
      }
      guard roots.count == 2, roots[0] != roots[1], seen.insert(roots.sorted()).inserted else { continue }
      note(roots[0], roots[1], (weights[roots[0]], weights[roots[1]]), "may lie on")
    }
    return notes
  }
}
