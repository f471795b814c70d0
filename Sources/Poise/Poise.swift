// `import Poise` brings the public declarations of these rooms. Recordings, reports and sweeps are `PoiseExperiments`, pages are `PoiseViewer`,
// ONNX is `PoiseONNX`, and the whole program is `PoiseCommandLine`: products of their own, so that nobody builds what they do not use.

@_exported public import PoiseAlgorithms
@_exported public import PoiseControl
@_exported public import PoiseCore
@_exported public import PoiseEnvironments
@_exported public import PoiseFinite
@_exported public import PoiseModels
@_exported public import PoiseNetworks
@_exported public import PoiseScenarios
@_exported public import PoiseSimulation
@_exported public import PoiseTasks
@_exported public import PoiseTraining
