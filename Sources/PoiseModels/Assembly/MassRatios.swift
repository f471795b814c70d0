import PoiseCore
import PoiseSimulation

/// Mass ratios that are too large for the iterative solver.
///
/// Its error falls more slowly with the iterations, the more unequal the masses are that a joint or a contact connects.
/// Measured with 20 iterations (`MassRatioTests`): with the direct solver a box of 100 kg stands on two of 0.1 kg; with
/// the iterative one it falls between them, and up to 1 : 20 it stands.
extension RobotModel {
  /// The largest ratio of neighbouring masses for which 20 iterations suffice.
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
            + "\((heavy / light).rounded(significant: 3)); the iterative solver is accurate up to about "
            + "1 : \(Int(Self.largestMassRatio)). Use the direct solver, or more poise_iterations."))
    }
    for (index, link) in links.enumerated() where !link.isIntermediate {
      var parent = link.parent
      while let p = parent, links[p].isIntermediate { parent = links[p].parent }
      guard let parent else { continue }
      note(parent, index, (links[parent].inertia.mass, link.inertia.mass), "is joined to")
    }
    guard physics.isContactEnabled else { return notes }
    // Bodies that may lie on one another: whole robots, each with all its links.
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
