import PoiseCore
import PoiseSimulation
import Testing
