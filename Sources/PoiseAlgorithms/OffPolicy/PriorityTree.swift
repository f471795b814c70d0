/// Sums of numbers over a binary tree: draws an element with a probability proportional to its number, in O(log capacity).
///
/// Node 1 is the root, node k has the children 2 k and 2 k + 1 and is their sum; the leaves are the numbers. A node is always the sum of
/// its children as they stand, so the bits depend on the numbers alone, not on the order in which they came.
///
/// Source: Schaul et al. 2016, "Prioritized Experience Replay", appendix B.2.1 (the "sum-tree").
struct PriorityTree: Sendable {
  /// The number of elements.
  let count: Int
  /// The number of leaves: the next power of two.
  private let leaves: Int
  private var nodes: [Double]

  /// Makes a tree of zeros, of at least one element.
  init(count: Int) {
    precondition(count > 0, "a tree of \(count) elements")
    self.count = count
    var leaves = 1
    while leaves < count { leaves *= 2 }
    self.leaves = leaves
    nodes = Array(repeating: 0, count: 2 * leaves)
  }

  /// The sum of all numbers.
  var total: Double { nodes[1] }

  /// A number, not negative. Setting it takes log₂ count additions.
  subscript(index: Int) -> Double {
    get { nodes[leaves + index] }
    set {
      var node = leaves + index
      if nodes[node] == newValue { return }
      nodes[node] = newValue
      while node > 1 {
        node /= 2
        nodes[node] = nodes[2 * node] + nodes[2 * node + 1]
      }
    }
  }

  /// The element in whose part of 0 … `total` a mark lies, where each has a part of the length of its number.
  ///
  /// Elements of number 0 are never found, whatever rounding makes of the mark.
  ///
  /// - Precondition: the total is above 0.
  func element(at mark: Double) -> Int {
    precondition(total > 0, "a tree of zeros")
    var (node, rest) = (1, mark)
    while node < leaves {
      let (left, right) = (nodes[2 * node], nodes[2 * node + 1])
      if right == 0 || (left > 0 && rest < left) {
        node = 2 * node
      } else {
        rest -= left
        node = 2 * node + 1
      }
    }
    return node - leaves
  }

  /// All numbers, in order.
  var values: [Double] { Array(nodes[leaves..<leaves + count]) }

  /// Makes a tree of these numbers, not negative.
  init(_ values: [Double]) {
    self.init(count: values.count)
    for (i, value) in values.enumerated() { nodes[leaves + i] = value }
    for node in stride(from: leaves - 1, to: 0, by: -1) { nodes[node] = nodes[2 * node] + nodes[2 * node + 1] }
  }
}
