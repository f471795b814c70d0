/// A dense matrix of doubles for the design of controllers: tens of rows, products by three loops.
public struct Matrix: Hashable, Sendable {
  /// Number of rows.
  public let rows: Int
  /// Number of columns.
  public let columns: Int
  /// The elements, row by row, [rows, columns].
  public var values: [Double]

  /// A matrix of its elements, row by row, or of zeros.
  public init(rows: Int, columns: Int, values: [Double]? = nil) {
    precondition(
      values.map { $0.count == rows * columns } ?? true, "\(values?.count ?? 0) elements of \(rows) × \(columns)")
    self.rows = rows
    self.columns = columns
    self.values = values ?? Array(repeating: 0, count: rows * columns)
  }

  /// A matrix with these numbers on its diagonal and zeros elsewhere.
  public init(diagonal: [Double]) {
    self.init(rows: diagonal.count, columns: diagonal.count)
    for (i, value) in diagonal.enumerated() { self[i, i] = value }
  }

  /// A matrix of its columns, each of `rows` elements.
  public init(columns: [[Double]], rows: Int) {
    self.init(rows: rows, columns: columns.count)
    for (j, column) in columns.enumerated() {
      for i in 0..<rows { self[i, j] = column[i] }
    }
  }

  /// The identity of so many rows.
  public static func identity(_ count: Int) -> Self { Self(diagonal: Array(repeating: 1, count: count)) }

  /// The element of a row and a column.
  @inlinable public subscript(row: Int, column: Int) -> Double {
    get { values[row * columns + column] }
    set { values[row * columns + column] = newValue }
  }

  /// The elements of a row, [columns].
  public func row(_ i: Int) -> [Double] { Array(values[i * columns..<(i + 1) * columns]) }
  /// The elements of a column, [rows].
  public func column(_ j: Int) -> [Double] { (0..<rows).map { self[$0, j] } }
  /// The columns of a range, [rows, range].
  public func columns(_ range: Range<Int>) -> Self { Self(columns: range.map { column($0) }, rows: rows) }

  /// The transpose.
  public var transposed: Self {
    var result = Self(rows: columns, columns: rows)
    for i in 0..<rows {
      for j in 0..<columns { result[j, i] = self[i, j] }
    }
    return result
  }

  /// The rows of the one above those of the other.
  public func above(_ other: Self) -> Self {
    precondition(columns == other.columns, "\(columns) columns above \(other.columns)")
    return Self(rows: rows + other.rows, columns: columns, values: values + other.values)
  }

  /// The columns of the one beside those of the other.
  public func beside(_ other: Self) -> Self { transposed.above(other.transposed).transposed }

  /// √Σ aᵢⱼ².
  public var norm: Double { values.reduce(0) { $0 + $1 * $1 }.squareRoot() }

  /// The product of two matrices.
  public static func * (a: Self, b: Self) -> Self {
    precondition(a.columns == b.rows, "\(a.rows) × \(a.columns) times \(b.rows) × \(b.columns)")
    var result = Self(rows: a.rows, columns: b.columns)
    for i in 0..<a.rows {
      for k in 0..<a.columns {
        let factor = a[i, k]
        for j in 0..<b.columns { result.values[i * b.columns + j] += factor * b.values[k * b.columns + j] }
      }
    }
    return result
  }

  /// The product with a column, [columns] to [rows].
  public static func * (a: Self, x: [Double]) -> [Double] {
    precondition(a.columns == x.count, "\(a.rows) × \(a.columns) times \(x.count)")
    return (0..<a.rows).map { i in
      var sum = 0.0
      for j in 0..<a.columns { sum += a.values[i * a.columns + j] * x[j] }
      return sum
    }
  }

  /// The sum of two matrices of one shape.
  public static func + (a: Self, b: Self) -> Self {
    precondition(a.rows == b.rows && a.columns == b.columns, "matrices of two shapes")
    return Self(rows: a.rows, columns: a.columns, values: zip(a.values, b.values).map { $0 + $1 })
  }

  /// The difference of two matrices of one shape.
  public static func - (a: Self, b: Self) -> Self {
    precondition(a.rows == b.rows && a.columns == b.columns, "matrices of two shapes")
    return Self(rows: a.rows, columns: a.columns, values: zip(a.values, b.values).map { $0 - $1 })
  }

  /// xᵀ M x.
  public func quadraticForm(_ x: [Double]) -> Double { zip(x, self * x).reduce(0) { $0 + $1.0 * $1.1 } }
}
