import COde
import COdeSupport

/// The copy of ODE in this process, and the checks that it repeats and survives errors.
public enum PhysicsEngine {
  /// A speed in m/s and rad/s from which on ODE's own numbers may overflow.
  static let runawaySpeed = 1e6

  /// Whether QuickStep draws its random order from each world's own state. It is checked once, by stepping a small world.
  ///
  /// Without it (a static link of ODE would bypass our `dRandInt`), worlds on different threads disturb each other.
  public static let isIterativeSolverRepeatable = poise_ode_random_is_ours() == 1

  /// Whether a failed assertion of ODE ends the step as a fault and not the process. It is checked once, with a
  /// deliberate failure.
  public static let isBreakdownSurvivable = poise_ode_prepare_thread() == 1 && poise_ode_give_up_on_purpose() == 1

  /// ODE's own list of how it was compiled, such as `ODE_double_precision`.
  public static var configuration: String { dGetConfiguration().map { String(cString: $0) } ?? "" }

  /// The version of ODE whose headers this program was compiled with.
  public static let version = dODE_VERSION

  /// Path of the shared library that ODE was loaded from; `nil` where it was linked statically, or where the path is unknown.
  public static var libraryFile: String? { poise_ode_library_file().map { String(cString: $0) } }

  /// Starts ODE on the calling thread. Every thread that uses a world needs this; repeated calls cost nothing.
  public static func prepareThread() {
    precondition(
      poise_ode_prepare_thread() == 1, "ODE could not start on this thread, or was not built for double precision")
  }

  /// Names what this thread simulates, for the error message if ODE ends the process.
  public static func describeWork(_ text: String) { text.withCString { poise_ode_set_context($0) } }
}
