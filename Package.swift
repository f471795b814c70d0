// swift-tools-version: 6.2
import PackageDescription

// One target per room; the arrows of the architecture are the dependencies below, and they only point down.

let packageDependencies: [Package.Dependency] = [
  .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
  .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
  .package(url: "https://github.com/swhitty/FlyingFox", from: "0.27.1"),
]
// DocC's plugin is fetched for `make docs` alone, so that no user's build pays for it.
let documentationDependencies: [Package.Dependency] =
  Context.environment["POISE_DOCS"] == nil
  ? [] : [.package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0")]
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let protobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")
let flyingFox = Target.Dependency.product(name: "FlyingFox", package: "FlyingFox")
let flyingSocks = Target.Dependency.product(name: "FlyingSocks", package: "FlyingFox")

let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableExperimentalFeature("Lifetimes"),  // spans over memory of our own types
]

func room(
  _ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = [], resources: [Resource]? = nil
) -> Target {
  .target(
    name: name, dependencies: dependencies, exclude: exclude, resources: resources, swiftSettings: settings)
}

func tests(of name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: [.byName(name: name), "TestSupport"] + dependencies, exclude: exclude,
    swiftSettings: settings)
}

/// What stands on no robot task and no algorithm.
let foundations: [Target.Dependency] = [
  "PoiseModels", "PoiseSimulation", "PoiseNetworks", "PoiseFinite", "PoiseEnvironments", "PoiseCore",
]
let allBelowViewer: [Target.Dependency] =
  ["PoiseExperiments", "PoiseTraining", "PoiseScenarios", "PoiseTasks", "PoiseControl", "PoiseAlgorithms"] + foundations

let systemLibraries: [Target] = [
  .systemLibrary(name: "COde", pkgConfig: "ode", providers: [.apt(["libode-dev"])]),
  .systemLibrary(name: "CEigen", pkgConfig: "eigen3", providers: [.apt(["libeigen3-dev"])]),
]

let rooms: [Target] = [
  .target(name: "COdeSupport", dependencies: ["COde"]),
  .target(name: "CDenseKernels", dependencies: ["CEigen"]),
  .target(name: "CSparseSolvers", dependencies: ["CEigen"]),
  .target(name: "CDenseSolvers", dependencies: ["CEigen"]),
  room("PoiseCore"),
  room("PoiseEnvironments", ["PoiseCore"]),
  room("PoiseNetworks", ["CDenseKernels", "PoiseCore"]),
  room("PoiseFinite", ["CSparseSolvers", "PoiseEnvironments", "PoiseCore"]),
  room("PoiseSimulation", ["COde", "COdeSupport", "PoiseCore"]),
  room("PoiseModels", ["PoiseSimulation", "PoiseCore"]),
  room("PoiseAlgorithms", ["PoiseNetworks", "PoiseFinite", "PoiseEnvironments", "PoiseCore"]),
  room("PoiseControl", ["CDenseSolvers", "PoiseModels", "PoiseSimulation", "PoiseEnvironments", "PoiseCore"]),
  room("PoiseTasks", ["PoiseModels", "PoiseSimulation", "PoiseEnvironments", "PoiseCore"]),
  room("PoiseScenarios", ["PoiseTasks", "PoiseControl", "PoiseAlgorithms"] + foundations + [yams]),
  room("PoiseTraining", ["PoiseScenarios", "PoiseTasks", "PoiseControl", "PoiseAlgorithms"] + foundations),
  room(
    "PoiseExperiments",
    ["PoiseTraining", "PoiseScenarios", "PoiseTasks", "PoiseControl", "PoiseAlgorithms"] + foundations),
  // A room of its own, so that only those who export policies build protobuf.
  room("PoiseONNX", allBelowViewer + [protobuf], exclude: ["onnx.proto"]),
  // The page is compiled into the program, so that it is found wherever the program goes.
  room("PoiseViewer", allBelowViewer + [flyingFox, flyingSocks], resources: [.embedInCode("Page/Content")]),
  // `import Poise`: what a program needs to step environments, train and evaluate.
  room("Poise", ["PoiseTraining", "PoiseScenarios", "PoiseTasks", "PoiseControl", "PoiseAlgorithms"] + foundations),
]

let benchmarks: [Target] = [
  .target(name: "CPhysicsFloor", dependencies: ["COde", "COdeSupport"], path: "Benchmarks/CPhysicsFloor"),
  .target(name: "CAllocationCounter", path: "Benchmarks/CAllocationCounter"),
  .target(
    name: "PoiseBenchmarks",
    dependencies: ["CAllocationCounter", "CDenseKernels", "CPhysicsFloor"] + allBelowViewer,
    path: "Benchmarks/PoiseBenchmarks", swiftSettings: settings),
]

let commandLine: [Target] = [
  room("PoiseCommandLine", ["PoiseViewer", "PoiseBenchmarks", "PoiseONNX"] + allBelowViewer + [argumentParser]),
  // Not called `poise`: where file names ignore case, that module could not stand beside `Poise`.
  .executableTarget(name: "PoiseProgram", dependencies: ["PoiseCommandLine"], swiftSettings: settings),
]

let testTargets: [Target] = [
  .target(
    name: "TestSupport",
    dependencies: ["PoiseTasks", "PoiseEnvironments", "PoiseModels", "PoiseSimulation", "PoiseCore"],
    path: "Tests/TestSupport", swiftSettings: settings),
  // Registers environments of its own, which has to be done before anything else.
  .executableTarget(
    name: "ForeignEnvironment", dependencies: allBelowViewer + ["PoiseONNX"], path: "Tests/ForeignEnvironment",
    swiftSettings: settings),
  tests(of: "PoiseCore"),
  tests(of: "PoiseSimulation", ["PoiseCore", "COde"]),
  .testTarget(
    name: "ReferenceDynamicsTests", dependencies: ["TestSupport", "PoiseModels", "PoiseSimulation", "PoiseCore"],
    exclude: ["Golden"], swiftSettings: settings),
  .testTarget(
    name: "CommandLineTests",
    dependencies: [
      "TestSupport", "PoiseCore", "PoiseCommandLine", "PoiseProgram", "ForeignEnvironment", argumentParser,
    ],
    swiftSettings: settings),
  .testTarget(
    name: "RobotTests", dependencies: ["TestSupport", "PoiseModels", "PoiseSimulation", "PoiseCore"],
    exclude: ["Golden"], swiftSettings: settings),
  tests(of: "PoiseModels", ["PoiseCore", "PoiseSimulation"], exclude: ["Golden"]),
  tests(of: "PoiseEnvironments", ["PoiseCore"]),
  tests(of: "PoiseFinite", ["PoiseEnvironments", "PoiseCore", yams]),
  tests(of: "PoiseControl", ["PoiseScenarios", "PoiseTasks", "PoiseAlgorithms"] + foundations, exclude: ["Golden"]),
  tests(of: "PoiseTasks", ["PoiseEnvironments", "PoiseModels", "PoiseSimulation", "PoiseCore"]),
  tests(of: "PoiseAlgorithms", ["PoiseScenarios", "PoiseNetworks", "PoiseFinite", "PoiseEnvironments", "PoiseCore"]),
  // Those of PoiseScenarios and PoiseTraining, too: they share the small trainings that they look at.
  tests(of: "PoiseExperiments", Array(allBelowViewer.dropFirst()) + ["PoiseONNX"], exclude: ["Golden"]),
  tests(of: "PoiseViewer", allBelowViewer, exclude: ["Browser"]),
  tests(of: "PoiseNetworks", ["PoiseCore", "PoiseBenchmarks", "CAllocationCounter"], exclude: ["Golden", "Fixtures"]),
]

let package = Package(
  name: "poise",
  products: [
    .executable(name: "poise", targets: ["PoiseProgram"]),
    // Environments, scenarios, training and evaluation; builds no viewer, no protobuf and no argument parser.
    .library(name: "Poise", targets: ["Poise"]),
    // The whole command line, for a program that registers terms, algorithms or environments of its own.
    .library(name: "PoiseCommandLine", targets: ["PoiseCommandLine"]),
    .library(name: "PoiseExperiments", targets: ["PoiseExperiments"]),
    .library(name: "PoiseONNX", targets: ["PoiseONNX"]),
    .library(name: "PoiseViewer", targets: ["PoiseViewer"]),
  ],
  dependencies: packageDependencies + documentationDependencies,
  targets: systemLibraries + rooms + benchmarks + commandLine + testTargets,
  cxxLanguageStandard: .cxx17
)
