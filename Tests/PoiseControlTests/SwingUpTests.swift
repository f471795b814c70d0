import Foundation
@testable import PoiseControl
import PoiseCore
import PoiseModels
import PoiseScenarios
import Testing

@Suite("Swing-up by energy")
struct SwingUpTests {
  @Test("what is measured of the poles are the numbers of their files")
  func measured() throws {
    let pendulum = try PoleRobot(try RegulatorTests.stepper("pendulum-swingup"))
    #expect(pendulum.cart == nil && abs(pendulum.upright) < 1e-9)
    #expect(abs(pendulum.inertia - 1.0 / 3) < 1e-9 && abs(pendulum.weightMoment - 5) < 1e-9)
    let cart = try PoleRobot(try RegulatorTests.stepper("cartpole-swingup"))
    #expect(cart.cart == 0 && cart.hinge == 1 && abs(cart.mass - 1.1) < 1e-9 && abs(cart.middle) < 1e-12)
    #expect(abs(cart.inertia - 0.1 / 3) < 1e-9 && abs(cart.weightMoment - 0.49) < 1e-9)
    #expect(abs(cart.coupling - 0.05) < 1e-9)
  }

  /// From hanging at rest, exactly: nothing but the controller begins.
  @Test(
    "from rest the pendulum is upright within 4 s and the cart-pole within 8 s, and both stay",
    arguments: [("pendulum-swingup", 4.0), ("cartpole-swingup", 8.0)])
  func fromRest(name: String, limit: Double) throws {
    let stepper = try RegulatorTests.stepper(name)
    let law = try EnergyController(stepper, ControlSettings())
    let pole = try PoleRobot(stepper)
    var state = pole.uprightPose(stepper.plant.robot)
    state.positions[pole.hinge] += .pi
    let Δt = stepper.plant.controlTimeStep
    var lastDown = 0.0
    for step in 1...Int(20 / Δt) {
      state = stepper.step(state, law.action(for: state))
      if abs(remainder(state.positions[pole.hinge] - pole.upright, 2 * .pi)) > 0.2094 { lastDown = Double(step) * Δt }
      if let cart = pole.cart { #expect(abs(state.positions[cart]) < 2.4) }
    }
    print("swing-up | \(name) | from rest upright after \(lastDown) s, basin level \(law.basinLevel)")
    #expect(lastDown < limit)
    #expect(state.velocities.allSatisfy { abs($0) < 0.02 }, "at rest after 20 s")
  }

  @Test("the energy of the pole rises under the law until it is that of the upright pole")
  func energyRises() throws {
    let stepper = try RegulatorTests.stepper("cartpole-swingup")
    let law = try EnergyController(stepper, ControlSettings())
    let pole = try PoleRobot(stepper)
    var state = pole.uprightPose(stepper.plant.robot)
    state.positions[pole.hinge] += .pi
    var energies = [pole.energyShare(state)]
    for _ in 0..<400 where energies[energies.count - 1] < -0.05 {
      state = stepper.step(state, law.action(for: state))
      energies.append(pole.energyShare(state))
    }
    #expect(abs(energies[0] + 1) < 1e-9 && energies[energies.count - 1] >= -0.05)
    // Never far below what it had reached.
    var best = -1.0
    for energy in energies {
      #expect(energy > best - 0.05)
      best = max(best, energy)
    }
  }

  @Test("the basin is one: what starts in it comes to rest, and a level far above it holds what does not")
  func basin() throws {
    let stepper = try RegulatorTests.stepper("pendulum-swingup")
    let law = try EnergyController(stepper, ControlSettings())
    #expect(law.basinLevel > 0)
    func rests(_ factor: Double) -> Int {
      (0..<24).count { k in
        let angle = 2 * Double.pi * Double(k) / 24
        let direction = [cos(angle), sin(angle)]
        let length = (factor * law.basinLevel / law.regulator.cost.quadraticForm(direction)).squareRoot()
        var state = stepper.coordinates.state(direction.map { length * $0 }, from: law.regulator.system.pose)
        for _ in 0..<200 { state = stepper.step(state, law.regulator.action(for: state)) }
        return abs(state.positions[0]) < 0.01 && abs(state.velocities[0]) < 0.01
      }
    }
    #expect(rests(0.98) == 24)
    #expect(rests(8) < 24)
  }

  @Test("other robots are refused with what they are and what swings up")
  func refused() throws {
    for name in ["humanoid-stand", "crawler-continuous"] {
      let scenario = try RegulatorTests.scenario(name)
      #expect(!scenario.baselines.contains(.energy))
      let error = #expect(throws: InvalidInput.self) { try scenario.designed(.energy) }
      let text = error?.description ?? ""
      #expect(text.contains("the controller energy, which cannot act here: a robot with"), "\(text)")
      #expect(text.contains("a slide with a motor that carries a hinge"), "\(text)")
    }
  }
}
