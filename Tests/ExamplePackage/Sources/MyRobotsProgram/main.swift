import MyRobots
import PoiseCommandLine

// `my-robots train`, `evaluate`, `replay` and all the other commands of `poise`, for the environments, algorithms and terms of this
// package too.
registerMyRobots()
PoiseCommandLine.run()
