// swift-tools-version: 6.2
import PackageDescription

// A package of somebody else, which builds on Poise.

let settings: [SwiftSetting] = [.swiftLanguageMode(.v6), .enableUpcomingFeature("MemberImportVisibility")]
/// The library alone: no viewer, no protobuf, no argument parser.
let poise = Target.Dependency.product(name: "Poise", package: "poise")
/// The whole command line.
let commandLine = Target.Dependency.product(name: "PoiseCommandLine", package: "poise")

let package = Package(
  name: "my-robots",
  products: [.executable(name: "my-robots", targets: ["MyRobotsProgram"])],
  dependencies: [.package(name: "poise", path: "../..")],
  targets: [
    .target(name: "MyRobots", dependencies: [poise], swiftSettings: settings),
    .executableTarget(
      name: "MyRobotsProgram", dependencies: ["MyRobots", poise, commandLine], swiftSettings: settings),
    .executableTarget(name: "Tour", dependencies: ["MyRobots", poise], swiftSettings: settings),
  ]
)
