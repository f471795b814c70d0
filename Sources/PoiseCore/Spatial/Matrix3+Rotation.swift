extension Matrix3 {
  /// The matrix R of a rotation, which turns vectors of a body's frame into its parent's.
  public init(_ q: Quaternion) {
    self.init(columns: q.rotate([1, 0, 0]), q.rotate([0, 1, 0]), q.rotate([0, 0, 1]))
  }

  /// The same tensor in another frame: R M Rᵀ.
  public func rotated(by q: Quaternion) -> Self {
    let r = Matrix3(q)
    return r * self * r.transposed
  }
}
