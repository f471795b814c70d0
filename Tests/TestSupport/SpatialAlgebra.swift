public import PoiseCore

/// A spatial motion or force: three angular numbers and three linear ones, in one link's coordinates, at its origin.
///
/// As a motion: angular velocity in rad/s, and the velocity in m/s of the body-fixed point at the origin.
/// As a force: moment about the origin in N·m, and force in N.
/// Source for this file: Featherstone 2008, "Rigid Body Dynamics Algorithms", chapter 2.
public struct SpatialVector: Hashable, Sendable {
  public var angular: Vector3
  public var linear: Vector3

  public init(angular: Vector3 = .zero, linear: Vector3 = .zero) {
    self.angular = angular
    self.linear = linear
  }

  public static let zero = SpatialVector()

  public static func + (a: Self, b: Self) -> Self {
    Self(angular: a.angular + b.angular, linear: a.linear + b.linear)
  }
  public static func - (a: Self, b: Self) -> Self {
    Self(angular: a.angular - b.angular, linear: a.linear - b.linear)
  }
  public static func * (s: Double, a: Self) -> Self { Self(angular: s * a.angular, linear: s * a.linear) }
  public static func += (a: inout Self, b: Self) { a = a + b }

  /// Power of a force (this or `other`) along a motion (the other one).
  public func dot(_ other: Self) -> Double { angular.dot(other.angular) + linear.dot(other.linear) }

  /// v × m of two motions, eq. 2.31: how a motion `m` fixed in a frame that moves with `v` changes.
  public func crossMotion(_ m: Self) -> Self {
    Self(angular: angular.cross(m.angular), linear: angular.cross(m.linear) + linear.cross(m.angular))
  }

  /// v ×* f of a motion and a force, eq. 2.32: how a force `f` fixed in a frame that moves with `v` changes.
  public func crossForce(_ f: Self) -> Self {
    Self(angular: angular.cross(f.angular) + linear.cross(f.linear), linear: angular.cross(f.linear))
  }
}

extension Pose {
  /// A motion seen from the parent's frame, seen from this frame: X of table 2.2.
  func motionFromParent(_ v: SpatialVector) -> SpatialVector {
    SpatialVector(
      angular: orientation.unrotate(v.angular),
      linear: orientation.unrotate(v.linear - position.cross(v.angular)))
  }

  /// A motion seen from this frame, seen from the parent's: X⁻¹.
  func motionToParent(_ v: SpatialVector) -> SpatialVector {
    let angular = orientation.rotate(v.angular)
    return SpatialVector(angular: angular, linear: orientation.rotate(v.linear) + position.cross(angular))
  }

  /// A force seen from this frame, seen from the parent's: Xᵀ, eq. 2.28.
  func forceToParent(_ f: SpatialVector) -> SpatialVector {
    let linear = orientation.rotate(f.linear)
    return SpatialVector(angular: orientation.rotate(f.angular) + position.cross(linear), linear: linear)
  }

  /// A force seen from the parent's frame, seen from this frame: X*.
  func forceFromParent(_ f: SpatialVector) -> SpatialVector {
    SpatialVector(
      angular: orientation.unrotate(f.angular - position.cross(f.linear)), linear: orientation.unrotate(f.linear))
  }
}

/// The inertia of a rigid body about the origin of a frame, section 2.13.
struct SpatialInertia: Hashable, Sendable {
  /// kg.
  var mass = 0.0
  /// m · c: kg·m.
  var firstMoment = Vector3.zero
  /// I_c + m c× c×ᵀ: kg·m² about the frame's origin.
  var aboutOrigin = Matrix3.zero

  static let zero = SpatialInertia()

  init() {}

  init(mass: Double, centerOfMass c: Vector3, aboutCenter: Matrix3) {
    self.mass = mass
    firstMoment = mass * c
    aboutOrigin = aboutCenter + mass * (c.lengthSquared * Matrix3.identity - Matrix3(outer: c, c))
  }

  static func + (a: Self, b: Self) -> Self {
    var sum = a
    sum.mass += b.mass
    sum.firstMoment += b.firstMoment
    sum.aboutOrigin = a.aboutOrigin + b.aboutOrigin
    return sum
  }

  /// Momentum of a body that moves with `v`, eq. 2.63: h = I v.
  static func * (inertia: Self, v: SpatialVector) -> SpatialVector {
    SpatialVector(
      angular: inertia.aboutOrigin * v.angular + inertia.firstMoment.cross(v.linear),
      linear: inertia.mass * v.linear - inertia.firstMoment.cross(v.angular))
  }

  /// The same body about the parent's origin, in the parent's axes: Xᵀ I X.
  func toParent(of frame: Pose) -> Self {
    guard mass > 0 else { return .zero }
    let c = firstMoment / mass
    let aboutCenter = aboutOrigin - mass * (c.lengthSquared * Matrix3.identity - Matrix3(outer: c, c))
    return Self(
      mass: mass, centerOfMass: frame.apply(to: c), aboutCenter: aboutCenter.rotated(by: frame.orientation))
  }
}
