import Foundation
@testable import PoiseControl
import Testing

@Suite("Riccati equation")
struct RiccatiTests {
  struct Case: Decodable, CustomTestStringConvertible {
    var name: String
    var a, b, q, r, x, k: [[Double]]
    var testDescription: String { name }
  }

  static func matrix(_ rows: [[Double]]) -> Matrix {
    Matrix(rows: rows.count, columns: rows[0].count, values: rows.flatMap { $0 })
  }

  /// What `Golden/make_golden.py` wrote.
  static let cases: [Case] = {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Golden/riccati.json")
    return (try? JSONDecoder().decode([Case].self, from: Data(contentsOf: file))) ?? []
  }()

  @Test("there are golden cases")
  func present() { #expect(Self.cases.count == 7) }

  @Test("solution and gain are those of SciPy's solve_discrete_are", arguments: cases)
  func scipy(golden: Case) throws {
    let (a, b, q, r) = (
      Self.matrix(golden.a), Self.matrix(golden.b), Self.matrix(golden.q), Self.matrix(golden.r)
    )
    let x = try Matrix.riccatiSolution(a: a, b: b, q: q, r: r)
    let k = try Matrix.regulatorGain(a: a, b: b, r: r, x: x)
    let (theirX, theirK) = (Self.matrix(golden.x), Self.matrix(golden.k))
    #expect((x - theirX).norm < 1e-9 * theirX.norm)
    #expect((k - theirK).norm < 1e-9 * theirK.norm)
  }

  @Test("the cost that adds up along the closed loop is xᵀ X x, with the stage cost xᵀQx + uᵀRu", arguments: cases)
  func costAddsUp(golden: Case) throws {
    let (a, b, q, r) = (
      Self.matrix(golden.a), Self.matrix(golden.b), Self.matrix(golden.q), Self.matrix(golden.r)
    )
    let x = try Matrix.riccatiSolution(a: a, b: b, q: q, r: r)
    let k = try Matrix.regulatorGain(a: a, b: b, r: r, x: x)
    let start = (0..<a.rows).map { 1 / Double(1 + $0) }
    var (state, sum) = (start, 0.0)
    for _ in 0..<20_000 {
      let u = (k * state).map { -$0 }
      sum += q.quadraticForm(state) + r.quadraticForm(u)
      state = zip(a * state, b * u).map { $0 + $1 }
    }
    #expect(abs(sum - x.quadraticForm(start)) < 1e-9 * sum)
  }

  @Test("what cannot be stabilised is refused: an unstable mode without an input, and one on the circle that costs")
  func unstabilisable() {
    let b = Matrix(rows: 2, columns: 1, values: [1, 0])
    for pole in [1.1, 1.0] {
      #expect(throws: LinearAlgebraFailure.self) {
        try Matrix.riccatiSolution(
          a: Matrix(diagonal: [0.9, pole]), b: b, q: .identity(2), r: .identity(1))
      }
    }
    #expect(throws: LinearAlgebraFailure(problem: "a cost of actions that is positive")) {
      try Matrix.riccatiSolution(
        a: .identity(1), b: .identity(1), q: .identity(1), r: Matrix(rows: 1, columns: 1, values: [0]))
    }
  }

  @Test("eigenvalues come by magnitude, and least squares takes the shortest of several solutions")
  func others() throws {
    let turning = Matrix(rows: 3, columns: 3, values: [0, -0.5, 0, 0.5, 0, 0, 0, 0, 0.9])
    let poles = try turning.eigenvalues()
    #expect(abs(poles[0].real - 0.9) < 1e-12 && abs(poles[1].imaginary - 0.5) < 1e-12 && poles[2].imaginary < 0)
    let wide = Matrix(rows: 1, columns: 2, values: [3, 4])
    let x = try wide.leastSquaresSolution(of: Matrix(rows: 1, columns: 1, values: [25]), tolerance: 1e-9)
    #expect(abs(x[0, 0] - 3) < 1e-12 && abs(x[1, 0] - 4) < 1e-12)
    let (u, s) = try wide.transposed.leftSingularVectors()
    #expect(u.columns == 2 && abs(s[0] - 5) < 1e-12 && abs(abs(u[0, 1]) - 0.8) < 1e-12)
  }
}
