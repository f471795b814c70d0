/// A 3 × 3 matrix: a rotation, or a tensor of inertia in kg·m².
public struct Matrix3: Hashable, Sendable, Codable {
  /// Columns: `columns.0` is the image of the x axis.
  public var columns: (Vector3, Vector3, Vector3) {
    get { (first, second, third) }
    set { (first, second, third) = newValue }
  }
  @usableFromInline var first: Vector3
  @usableFromInline var second: Vector3
  @usableFromInline var third: Vector3

  /// A matrix from the images of the x, y and z axes.
  @inlinable public init(columns first: Vector3, _ second: Vector3, _ third: Vector3) {
    (self.first, self.second, self.third) = (first, second, third)
  }

  /// A matrix that is zero outside of its diagonal.
  @inlinable public init(diagonal d: Vector3) {
    self.init(columns: [d.x, 0, 0], [0, d.y, 0], [0, 0, d.z])
  }

  /// The outer product v wᵀ.
  @inlinable public init(outer v: Vector3, _ w: Vector3) {
    self.init(columns: v * w.x, v * w.y, v * w.z)
  }

  /// The matrix of zeros.
  public static let zero = Matrix3(diagonal: .zero)
  /// The identity.
  public static let identity = Matrix3(diagonal: [1, 1, 1])

  /// The element in a row and a column, both counted from 0.
  @inlinable public subscript(row: Int, column: Int) -> Double {
    get { column == 0 ? first[row] : (column == 1 ? second[row] : third[row]) }
    set {
      switch column {
      case 0: first[row] = newValue
      case 1: second[row] = newValue
      default: third[row] = newValue
      }
    }
  }

  /// The transpose Mᵀ.
  @inlinable public var transposed: Self {
    Self(
      columns: [first.x, second.x, third.x], [first.y, second.y, third.y], [first.z, second.z, third.z])
  }
  /// The determinant.
  @inlinable public var determinant: Double { first.dot(second.cross(third)) }
  /// The sum of the diagonal.
  @inlinable public var trace: Double { first.x + second.y + third.z }
  /// Whether no element is infinite or NaN.
  @inlinable public var isFinite: Bool { first.isFinite && second.isFinite && third.isFinite }

  /// The inverse by cofactors; the matrix must not be singular.
  public var inverse: Self {
    let scale = 1 / determinant
    return Self(
      columns: scale * second.cross(third), scale * third.cross(first), scale * first.cross(second)
    ).transposed
  }

  /// The image M v of a vector.
  @inlinable public static func * (m: Self, v: Vector3) -> Vector3 { m.first * v.x + m.second * v.y + m.third * v.z }
  /// The product A B: first `b`, then `a`.
  @inlinable public static func * (a: Self, b: Self) -> Self { Self(columns: a * b.first, a * b.second, a * b.third) }
  /// Every element times `s`.
  @inlinable public static func * (s: Double, m: Self) -> Self { Self(columns: s * m.first, s * m.second, s * m.third) }
  /// The sum, element by element.
  @inlinable public static func + (a: Self, b: Self) -> Self {
    Self(columns: a.first + b.first, a.second + b.second, a.third + b.third)
  }
  /// The difference, element by element.
  @inlinable public static func - (a: Self, b: Self) -> Self { a + -1 * b }

  /// Eigenvalues, ascending, and the rotation whose columns are the eigenvectors, of this symmetric matrix.
  /// Cyclic Jacobi rotations. Source: Golub and Van Loan 2013, "Matrix Computations", section 8.5.
  public func eigenSystem() -> (values: Vector3, vectors: Matrix3) {
    var a = self
    var v = Matrix3.identity
    for _ in 0..<32 {
      var offDiagonal = 0.0
      for (p, q) in [(0, 1), (0, 2), (1, 2)] {
        offDiagonal += abs(a[p, q])
        guard a[p, q] != 0 else { continue }
        let θ = (a[q, q] - a[p, p]) / (2 * a[p, q])
        let t = (θ >= 0 ? 1.0 : -1.0) / (abs(θ) + (θ * θ + 1).squareRoot())
        let c = 1 / (t * t + 1).squareRoot()
        var rotation = Matrix3.identity
        rotation[p, p] = c
        rotation[q, q] = c
        rotation[p, q] = t * c
        rotation[q, p] = -t * c
        a = rotation.transposed * a * rotation
        v = v * rotation
      }
      if offDiagonal <= 1e-300 { break }
    }
    let order = [0, 1, 2].sorted { a[$0, $0] < a[$1, $1] }
    let vectors = [v.first, v.second, v.third]
    var sorted = Matrix3(columns: vectors[order[0]], vectors[order[1]], vectors[order[2]])
    if sorted.determinant < 0 { sorted.third = -sorted.third }
    return ([a[order[0], order[0]], a[order[1], order[1]], a[order[2], order[2]]], sorted)
  }
}
