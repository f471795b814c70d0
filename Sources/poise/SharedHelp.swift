import ArgumentParser

/// The help of options that several commands have.
extension ArgumentHelp {
  static let scenarioOverrides = ArgumentHelp(
    "Change a key of the scenario; may be repeated. `poise inspect --schema` lists the keys.", valueName: "key=value")
  static let threads = ArgumentHelp(
    "Number of threads; it does not change the result. Default: one for each processor.", valueName: "n")
  static let checkpoint = ArgumentHelp(
    "The checkpoint of the run: the best by its evaluations, the latest, or the one previous to it.")
  static let rootSeed = ArgumentHelp(
    "The root seed of all random numbers; the same seed gives the same bits.", valueName: "n")
  static let episodeSeed = ArgumentHelp(
    "The root seed of the episodes. Default: the scenario's evaluation.publishedSeed.", valueName: "n")
  static let json = ArgumentHelp("Print one JSON object.")
}
