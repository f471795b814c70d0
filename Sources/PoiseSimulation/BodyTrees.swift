import COde
import PoiseCore

/// The connected components of the bodies and joints: bodies that joints connect are one tree, a body without joints is
/// a tree of its own. The world is not part of any tree, so two robots that are fixed to it are two trees.
///
/// Contacts need them, since the weight of a whole tree may rest on one body's contacts.
struct BodyTrees {
  /// Which tree each body belongs to, [bodies].
  let tree: [Int]
  /// kg, [trees].
  let masses: [Double]
  /// Indices of the bodies without joints.
  let freeBodies: [Int]

  /// Whether a tree is one body without a joint.
  func isLoose(_ tree: Int) -> Bool { looseTrees[tree] }
  /// [trees]
  private let looseTrees: [Bool]

  init(_ bodies: [BodyRecord], joints: [dJointID]) {
    let indices = Dictionary(
      bodies.enumerated().compactMap { index, body in body.frame.handle.map { ($0, index) } },
      uniquingKeysWith: { first, _ in first })
    var sets = DisjointSets(count: bodies.count)
    var isHeld = [Bool](repeating: false, count: bodies.count)
    for joint in joints {
      let ends = [dJointGetBody(joint, 0), dJointGetBody(joint, 1)].compactMap { $0.flatMap { indices[$0] } }
      for end in ends { isHeld[end] = true }
      if ends.count == 2 { sets.join(ends[0], ends[1]) }
    }
    var tree: [Int] = []
    var masses: [Double] = []
    var number: [Int: Int] = [:]
    for index in bodies.indices {
      let root = sets.root(of: index)
      let own = number[root] ?? masses.count
      if own == masses.count {
        number[root] = own
        masses.append(0)
      }
      tree.append(own)
      masses[own] += bodies[index].mass
    }
    self.tree = tree
    self.masses = masses
    freeBodies = bodies.indices.filter { !isHeld[$0] }
    var isLoose = [Bool](repeating: false, count: masses.count)
    for body in freeBodies { isLoose[tree[body]] = true }
    looseTrees = isLoose
  }
}

/// Numbers 0 ..< count in sets that can be joined. Source: Tarjan 1975, "Efficiency of a Good But Not Linear Set Union
/// Algorithm", with path halving; the smallest number of a set is its root, whatever the order of joining.
struct DisjointSets {
  private var parent: [Int]

  init(count: Int) { parent = Array(0..<count) }

  /// Puts each number into a set of its own again.
  mutating func separate() {
    for i in parent.indices { parent[i] = i }
  }

  mutating func root(of element: Int) -> Int {
    var element = element
    while parent[element] != element {
      parent[element] = parent[parent[element]]
      element = parent[element]
    }
    return element
  }

  mutating func join(_ a: Int, _ b: Int) {
    let (a, b) = (root(of: a), root(of: b))
    if a != b { parent[max(a, b)] = min(a, b) }
  }
}
