import COde
import COdeSupport

/// What this process's copy of ODE is and whether it keeps our promises.
public enum PhysicsEngine {
  /// m/s and rad/s, beyond any bound of a fault: from here on ODE's own numbers may overflow.
  static let runawaySpeed = 1e6

  /// Whether QuickStep's shuffling is drawn from each world's own state. Found out once, by stepping a small world.
  ///
  /// Without it (a static link of ODE would bypass our `dRandInt`), worlds on different threads disturb each other.
  public static let isIterativeSolverRepeatable = poise_ode_random_is_ours() == 1

  /// Whether an assertion of ODE ends a step as a fault and not the process. Found out once, by failing one on purpose.
  public static let isBreakdownSurvivable = poise_ode_prepare_thread() == 1 && poise_ode_give_up_on_purpose() == 1

  /// ODE's own list of how it was compiled, such as `ODE_double_precision`.
  public static var configuration: String { dGetConfiguration().map { String(cString: $0) } ?? "" }

  /// The version of ODE whose headers this program was compiled with.
  public static let version = dODE_VERSION

  /// The shared library that ODE was loaded from; `nil` where it was linked in, or that cannot be told.
  public static var libraryFile: String? { poise_ode_library_file().map { String(cString: $0) } }

  /// Starts ODE on the calling thread. Every thread that touches a world needs this; repeated calls cost nothing.
  public static func prepareThread() {
    precondition(
      poise_ode_prepare_thread() == 1, "ODE could not start on this thread, or was not built for double precision")
  }

  /// Names what this thread is about to simulate, for the message ODE leaves if it ends the process.
  public static func describeWork(_ text: String) { text.withCString { poise_ode_set_context($0) } }
}
