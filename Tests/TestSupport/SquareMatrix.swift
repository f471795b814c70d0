/// A square matrix of any size, row after row.
public struct SquareMatrix: Hashable, Sendable {
  public let count: Int
  /// Shape [count, count].
  public var elements: [Double]

  /// The zero matrix.
  public init(count: Int) {
    self.count = count
    elements = [Double](repeating: 0, count: count * count)
  }

  public subscript(row: Int, column: Int) -> Double {
    get { elements[row * count + column] }
    set { elements[row * count + column] = newValue }
  }

  public static func * (m: Self, v: [Double]) -> [Double] {
    precondition(v.count == m.count, "a vector of \(v.count) for a matrix of \(m.count)")
    return (0..<m.count).map { row in (0..<m.count).reduce(0) { $0 + m[row, $1] * v[$1] } }
  }

  /// L with L Lᵀ = M, lower triangular, or `nil` if this symmetric matrix is not positive definite.
  /// Source: Golub and Van Loan 2013, "Matrix Computations", algorithm 4.2.1.
  public func choleskyFactor() -> Self? {
    var l = Self(count: count)
    for column in 0..<count {
      var pivot = self[column, column]
      for k in 0..<column { pivot -= l[column, k] * l[column, k] }
      guard pivot > 0 else { return nil }
      l[column, column] = pivot.squareRoot()
      for row in (column + 1)..<max(count, column + 1) {
        var sum = self[row, column]
        for k in 0..<column { sum -= l[row, k] * l[column, k] }
        l[row, column] = sum / l[column, column]
      }
    }
    return l
  }

  /// x with M x = b, for this symmetric positive definite matrix.
  public func solve(_ b: [Double]) -> [Double] {
    guard let l = choleskyFactor() else {
      preconditionFailure("the matrix is not positive definite: a joint moves no mass, or two joints move the same way")
    }
    var x = b
    for row in 0..<count {
      for k in 0..<row { x[row] -= l[row, k] * x[k] }
      x[row] /= l[row, row]
    }
    for row in (0..<count).reversed() {
      for k in (row + 1)..<max(count, row + 1) { x[row] -= l[k, row] * x[k] }
      x[row] /= l[row, row]
    }
    return x
  }
}
