import PoiseCore
import Testing

@Suite("A mirror")
struct MirrorPlaneTests {
  private static func vector(_ random: inout RandomStream) -> Vector3 {
    [random.normal(), random.normal(), random.normal()]
  }

  @Test(
    "maps cross products, turned vectors and tensors' images as it maps what they are made of",
    arguments: MirrorPlane.allCases)
  func products(plane: MirrorPlane) {
    var random = RandomStream(seed: 3, purpose: .testing)
    for _ in 0..<100 {
      let (a, b) = (Self.vector(&random), Self.vector(&random))
      let turn = Quaternion(w: random.normal(), x: a.x, y: b.y, z: a.z).normalized
      let tensor = Matrix3(columns: Self.vector(&random), Self.vector(&random), Self.vector(&random))
      let (imageA, imageB) = (plane.image(of: a), plane.image(of: b))
      #expect((imageA.cross(imageB) - plane.image(ofAxial: a.cross(b))).length < 1e-12)
      #expect((plane.image(of: turn).rotate(imageA) - plane.image(of: turn.rotate(a))).length < 1e-12)
      #expect((plane.image(of: tensor) * imageA - plane.image(of: tensor * a)).length < 1e-12)
      #expect(plane.image(of: imageA) == a)
      // Points of the plane stay, the others change sides.
      #expect(imageA.z == a.z && (imageA - a).length == 2 * abs(plane == .leftRight ? a.y : a.x))
    }
  }
}
