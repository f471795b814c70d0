/// The results of `CheckRobot`'s experiments on a reference machine.
///
/// They belong to these sources and change with the physics, the learners and the networks. Then check that the change
/// was intended, and take the new ones from `poise doctor` (with POISE_INSTRUCTION_SET set to each in turn).
public struct GoldenFigure: Hashable, Sendable {
  /// The kind of machine, as `Machine.kind` describes it.
  public var machine: String
  /// 16 hexadecimal digits each of the physics' hash, PPO's digest and DDPG's digest, joined by hyphens.
  public var figure: String

  /// A figure with the kind of machine that it belongs to.
  public init(machine: String, figure: String) {
    (self.machine, self.figure) = (machine, figure)
  }

  /// The known figures, measured on an AMD EPYC under Debian 12.
  public static let known = [
    ("avx512", "bf43482e18ce6923-1454d457f6e0f777-69fda7ae8fa8544e"),
    ("avx2", "bf43482e18ce6923-f89237e0d2d908c8-fee38bbbfd553066"),
    ("baseline", "bf43482e18ce6923-b866008733557c0d-edb50609ee715f84"),
  ].map { set, figure in
    GoldenFigure(
      machine: "AuthenticAMD x86-64 with FMA, \(set), ODE 0.16.2, glibc 2.36", figure: figure)
  }
}
