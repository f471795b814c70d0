internal import CDenseSolvers

/// Linear algebra that has no answer: a singular system, or no stabilising solution.
public struct LinearAlgebraFailure: Error, Hashable, Sendable {
  /// What was asked for.
  public let problem: String
}

extension Matrix {
  /// The stabilising solution X of X = Aᵀ X A − Aᵀ X B (R + Bᵀ X B)⁻¹ Bᵀ X A + Q.
  ///
  /// With it the least sum of xᵀQx + uᵀRu over all steps of x⁺ = A x + B u, from x on, is xᵀ X x. Structure-preserving doubling:
  /// see `ds_solve_riccati`.
  ///
  /// - Parameters:
  ///   - a: A, [states, states].
  ///   - b: B, [states, inputs].
  ///   - q: Q, symmetric and not negative, [states, states].
  ///   - r: R, symmetric and positive, [inputs, inputs].
  /// - Throws: `LinearAlgebraFailure` where there is no such solution.
  public static func riccatiSolution(a: Self, b: Self, q: Self, r: Self) throws(LinearAlgebraFailure) -> Self {
    precondition(
      a.rows == a.columns && b.rows == a.rows && q.rows == a.rows && q.columns == a.rows && r.rows == b.columns
        && r.columns == b.columns, "matrices that do not belong together")
    var x = Self(rows: a.rows, columns: a.rows)
    var iterations: Int32 = 0
    let status = ds_solve_riccati(
      Int32(a.rows), Int32(b.columns), a.values, b.values, q.values, r.values, &x.values, &iterations)
    guard status == ds_done else {
      throw LinearAlgebraFailure(
        problem: status == ds_singular ? "a cost of actions that is positive" : "a stabilising Riccati solution")
    }
    return x
  }

  /// The gain K of u = −K x that belongs to a solution of the Riccati equation: (R + Bᵀ X B)⁻¹ Bᵀ X A, [inputs, states].
  ///
  /// - Throws: `LinearAlgebraFailure` where R + Bᵀ X B is singular.
  public static func regulatorGain(a: Self, b: Self, r: Self, x: Self) throws(LinearAlgebraFailure) -> Self {
    let bx = b.transposed * x
    return try (r + bx * b).solution(of: bx * a)
  }

  /// The X of M X = B; M is square.
  ///
  /// - Throws: `LinearAlgebraFailure` for a singular M.
  public func solution(of b: Self) throws(LinearAlgebraFailure) -> Self {
    precondition(rows == columns && b.rows == rows, "a system of \(rows) × \(columns) and \(b.rows)")
    var x = b
    guard ds_solve(Int32(rows), Int32(b.columns), values, &x.values) == ds_done else {
      throw LinearAlgebraFailure(problem: "a system with one solution")
    }
    return x
  }

  /// The X of least norm among those with the least |M X − B|.
  ///
  /// - Parameters:
  ///   - b: B, [rows, right-hand sides].
  ///   - tolerance: singular values below this share of the largest count as zero.
  /// - Throws: `LinearAlgebraFailure` for numbers that are not finite.
  public func leastSquaresSolution(of b: Self, tolerance: Double) throws(LinearAlgebraFailure) -> Self {
    var x = Self(rows: columns, columns: b.columns)
    guard
      ds_least_squares(Int32(rows), Int32(columns), Int32(b.columns), tolerance, values, b.values, &x.values) == ds_done
    else { throw LinearAlgebraFailure(problem: "a system of finite numbers") }
    return x
  }

  /// The left singular vectors as columns, [rows, rows], and the singular values from the largest, [min(rows, columns)].
  ///
  /// - Throws: `LinearAlgebraFailure` for numbers that are not finite.
  public func leftSingularVectors() throws(LinearAlgebraFailure) -> (vectors: Self, values: [Double]) {
    var u = Self(rows: rows, columns: rows)
    var s = [Double](repeating: 0, count: min(rows, columns))
    guard ds_left_singular(Int32(rows), Int32(columns), values, &u.values, &s) == ds_done else {
      throw LinearAlgebraFailure(problem: "a matrix of finite numbers")
    }
    return (u, s)
  }

  /// The eigenvalues, those of largest magnitude first, [rows].
  ///
  /// - Throws: `LinearAlgebraFailure` where the iteration does not converge.
  public func eigenvalues() throws(LinearAlgebraFailure) -> [Eigenvalue] {
    var real = [Double](repeating: 0, count: rows)
    var imaginary = real
    guard ds_eigenvalues(Int32(rows), values, &real, &imaginary) == ds_done else {
      throw LinearAlgebraFailure(problem: "a matrix of finite numbers")
    }
    return zip(real, imaginary).map { Eigenvalue(real: $0, imaginary: $1) }.sorted {
      ($0.magnitude, $0.real, $0.imaginary) > ($1.magnitude, $1.real, $1.imaginary)
    }
  }
}

/// An eigenvalue of a real matrix; of a linear system in control steps, a pole.
public struct Eigenvalue: Hashable, Sendable, Codable {
  /// Real part.
  public var real: Double
  /// Imaginary part.
  public var imaginary: Double
  /// Distance from 0: below 1 what it stands for decays from step to step.
  public var magnitude: Double { (real * real + imaginary * imaginary).squareRoot() }
}
