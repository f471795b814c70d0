// swift-tools-version: 6.2
import PackageDescription

// One target per room; the arrows of the architecture are the dependencies below, and they only point down.

let packageDependencies: [Package.Dependency] = [
  .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
  .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
  .package(url: "https://github.com/swhitty/FlyingFox", from: "0.27.1"),
]
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

let systemLibraries: [Target] = [
  .systemLibrary(name: "COde", pkgConfig: "ode", providers: [.apt(["libode-dev"])]),
  .systemLibrary(name: "CEigen", pkgConfig: "eigen3", providers: [.apt(["libeigen3-dev"])]),
]

let rooms: [Target] = [
  .target(name: "COdeSupport", dependencies: ["COde"]),
  .target(name: "CDenseKernels", dependencies: ["CEigen"]),
  .target(name: "CSparseSolvers", dependencies: ["CEigen"]),
  room("PoiseCore"),
  room("PoiseNetworks", ["CDenseKernels", "PoiseCore"]),
  room("PoiseFinite", ["CSparseSolvers", "PoiseCore"]),
  room("PoiseSimulation", ["COde", "COdeSupport", "PoiseCore"]),
  room("PoiseModels", ["PoiseSimulation", "PoiseCore"]),
  room("PoiseEnvironments", ["PoiseModels", "PoiseSimulation", "PoiseCore"]),
  room("PoiseAlgorithms", ["PoiseNetworks", "PoiseCore"]),
  room(
    "PoiseExperiments",
    [
      "PoiseAlgorithms", "PoiseEnvironments", "PoiseNetworks", "PoiseModels", "PoiseSimulation", "PoiseCore", yams,
      protobuf,
    ], exclude: ["Export/ONNX/onnx.proto"]),
  // The page is compiled into the program, so that it is found wherever the program goes.
  room(
    "PoiseViewer",
    [
      "PoiseExperiments", "PoiseAlgorithms", "PoiseEnvironments", "PoiseNetworks", "PoiseModels", "PoiseSimulation",
      "PoiseCore", flyingFox, flyingSocks,
    ],
    resources: [.embedInCode("Page/Content")]),
]

let benchmarks: [Target] = [
  .target(name: "CPhysicsFloor", dependencies: ["COde", "COdeSupport"], path: "Benchmarks/CPhysicsFloor"),
  .target(name: "CAllocationCounter", path: "Benchmarks/CAllocationCounter"),
  .target(
    name: "PoiseBenchmarks",
    dependencies: [
      "CAllocationCounter", "CDenseKernels", "CPhysicsFloor", "PoiseExperiments", "PoiseAlgorithms",
      "PoiseEnvironments", "PoiseFinite", "PoiseModels", "PoiseNetworks", "PoiseSimulation", "PoiseCore",
    ],
    path: "Benchmarks/PoiseBenchmarks", swiftSettings: settings),
]

let commandLine: [Target] = [
  .executableTarget(
    name: "poise",
    dependencies: [
      "PoiseViewer", "PoiseAlgorithms", "PoiseBenchmarks", "PoiseExperiments", "PoiseEnvironments", "PoiseFinite",
      "PoiseNetworks", "PoiseModels", "PoiseSimulation", "PoiseCore",
      argumentParser,
    ],
    swiftSettings: settings)
]

let testTargets: [Target] = [
  .target(
    name: "TestSupport", dependencies: ["PoiseEnvironments", "PoiseModels", "PoiseSimulation", "PoiseCore"],
    path: "Tests/TestSupport", swiftSettings: settings),
  tests(of: "PoiseCore"),
  tests(of: "PoiseSimulation", ["PoiseCore", "COde"]),
  .testTarget(
    name: "ReferenceDynamicsTests", dependencies: ["TestSupport", "PoiseModels", "PoiseSimulation", "PoiseCore"],
    exclude: ["Golden"], swiftSettings: settings),
  .testTarget(
    name: "CommandLineTests", dependencies: ["TestSupport", "PoiseCore", "poise", argumentParser],
    swiftSettings: settings),
  .testTarget(
    name: "RobotTests", dependencies: ["TestSupport", "PoiseModels", "PoiseSimulation", "PoiseCore"],
    swiftSettings: settings),
  tests(of: "PoiseModels", ["PoiseCore", "PoiseSimulation"], exclude: ["Golden"]),
  tests(of: "PoiseEnvironments", ["PoiseModels", "PoiseSimulation", "PoiseCore"]),
  tests(of: "PoiseFinite", ["PoiseCore", yams], exclude: ["Scenarios"]),
  tests(of: "PoiseAlgorithms", ["PoiseNetworks", "PoiseCore"]),
  tests(
    of: "PoiseExperiments",
    ["PoiseAlgorithms", "PoiseEnvironments", "PoiseNetworks", "PoiseModels", "PoiseSimulation", "PoiseCore"]),
  tests(
    of: "PoiseViewer",
    [
      "PoiseExperiments", "PoiseAlgorithms", "PoiseEnvironments", "PoiseNetworks", "PoiseModels", "PoiseSimulation",
      "PoiseCore",
    ],
    exclude: ["Browser"]),
  tests(of: "PoiseNetworks", ["PoiseCore", "PoiseBenchmarks", "CAllocationCounter"], exclude: ["Golden", "Fixtures"]),
]

let package = Package(
  name: "poise",
  products: [
    .executable(name: "poise", targets: ["poise"]),
    .library(
      name: "Poise",
      targets: [
        "PoiseCore", "PoiseSimulation", "PoiseModels", "PoiseEnvironments", "PoiseNetworks", "PoiseAlgorithms",
        "PoiseExperiments", "PoiseFinite", "PoiseViewer",
      ]),
  ],
  dependencies: packageDependencies,
  targets: systemLibraries + rooms + benchmarks + commandLine + testTargets,
  cxxLanguageStandard: .cxx17
)
