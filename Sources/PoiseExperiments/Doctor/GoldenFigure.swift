/// What the experiments of `CheckRobot` came to on a machine of ours.
///
/// They belong to these sources and change with the physics, the learners and the networks; then see that the change was meant, and
/// take the new ones from `poise doctor` (with POISE_INSTRUCTION_SET set to each in turn).
public struct GoldenFigure: Hashable, Sendable {
  /// As `Machine.kind` tells it.
  public var machine: String
  /// 16 hexadecimal digits of the physics, 16 of PPO's digest, 16 of DDPG's.
  public var figure: String

  public init(machine: String, figure: String) {
    (self.machine, self.figure) = (machine, figure)
  }

  /// Taken on an AMD EPYC under Debian 12.
  public static let known = [
    ("avx512", "bf43482e18ce6923-1454d457f6e0f777-69fda7ae8fa8544e"),
    ("avx2", "bf43482e18ce6923-f89237e0d2d908c8-fee38bbbfd553066"),
    ("baseline", "bf43482e18ce6923-b866008733557c0d-edb50609ee715f84"),
  ].map { set, figure in
    GoldenFigure(
      machine: "AuthenticAMD x86-64 with FMA, \(set), ODE 0.16.2, glibc 2.36", figure: figure)
  }
}
