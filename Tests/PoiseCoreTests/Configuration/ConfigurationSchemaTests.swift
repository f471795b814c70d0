import PoiseCore
import TestSupport
import Testing

@Suite("The schema of a configuration")
struct ConfigurationSchemaTests {
  @Test("is a table of every key with type, default, unit, range and meaning")
  func table() {
    let table = ConfigurationSchema(of: ExampleScenario.self).table
    #expect(
      table == """
        key                                 type                 default                 unit  allowed                      meaning
        model                               text                 (required)                    a path to an MJCF file       The robot.
        seed                                integer              0                             [0, ∞)                       Root of every random number.
        algorithm                           choice               ppo                           ppo, ddpg, td3               What trains the controller.
        controlTimeStep                     number               0.02                    s     (0, 1]                       Time between two actions.
        isRecorded                          boolean              false                         true, false                  Whether trajectories are kept.
        gravity                             [x, y, z]            [0, 0, -9.81]           m/s²                               In the world's frame, z up.
        startAngle                          [low, high]          [-0.1, 0.1]             rad   [-3.2, 3.2]                  Drawn uniformly at reset.
        solver                              one term             direct                        direct, iterative            How constraint forces are found.
        solver.direct                       term                                                                            Dantzig's algorithm.
        solver.iterative                    term                                                                            Projected successive over-relaxation.
        solver.iterative.iterations         integer              20                            [1, 1000]                    Sweeps over the constraint rows.
        observations                        list of terms        [jointPositions, tilt]        jointPositions, tilt, alive  What the policy sees, in this order.
        observations.jointPositions         term                                                                            Coordinates of the joints.
        observations.jointPositions.joints  list of texts        []                            the name of a joint          Empty for all.
        observations.jointPositions.scale   number               1                                                          Factor on each element.
        observations.jointPositions.clip    [low, high] or null  null                                                       After scaling.
        observations.tilt                   term                                                                            Roll and pitch of a body.
        observations.tilt.body              text                 torso                         the name of a body           Whose tilt is meant.
        observations.alive                  term                                                                            One.
        pushes                              list of sections     []                            0 to 3 values                Disturbances.
        pushes.N.impulse                    [low, high]          [0.1, 0.35]             m/s   [0, ∞)                       Impulse for each kilogram of the robot.
        pushes.N.body                       text                 torso                         the name of a body           Where the force acts.
        ppo                                 section                                                                         Hyperparameters of PPO.
        ppo.discountFactor                  number               0.99                          (0, 1]                       γ for each control step.
        ppo.rolloutLength                   integer              2048                          [1, ∞)                       Transitions between two updates.
        ppo.minibatchCount                  integer              32                            [1, 4096]                    Divides the rollout length.
        ppo.hiddenSizes                     list of integers     [64, 64]                      1 to 4 values, each (0, ∞)   Units of each hidden layer.
        ppo.targetKL                        number or null       null                    nat   (0, ∞)                       Updates stop beyond it.
        goal                                section or null      null                                                       Training ends early once it is reached.
        goal.survivalRate                   number               0.95                          [0, 1]                       Share of episodes that last.

        """)
  }

  @Test("is a list of objects in JSON")
  func json() {
    struct Tiny: Configurable {
      var gain = 1.5
      static let keys: [ConfigurationKey<Self>] = [.key("gain", \.gain, .number(unit: "N·m"), "Torque for each unit.")]
    }
    #expect(
      ConfigurationSchema(of: Tiny.self).json.jsonText == """
        [
          {
            "key": "gain",
            "type": "number",
            "default": "1.5",
            "unit": "N·m",
            "allowed": "",
            "documentation": "Torque for each unit."
          }
        ]
        """)
  }

  @Test("finds no fault in the example")
  func noFaults() {
    #expect(ConfigurationSchema.faults(of: ExampleScenario.self) == [])
    for term in exampleTerms { #expect(ConfigurationSchema.faults(of: term) == []) }
  }

  @Test("finds double keys, odd names, missing documentation and defaults outside their range")
  func faults() {
    struct Faulty: Configurable {
      var gain = -1.0
      static let keys: [ConfigurationKey<Self>] = [
        .key("gain", \.gain, .number(.positive), "Torque."), .key("gain", \.gain, .number(), ""),
        .key("Max_gain", \.gain, .number(), "Torque."),
      ]
    }
    #expect(
      ConfigurationSchema.faults(of: Faulty.self) == [
        "gain: declared twice", "gain: documentation is not one line", "Max_gain: not in lowerCamelCase",
        "gain: the default is -1.0; allowed a number above 0",
        "gain: the default is the key for the second time; allowed each key once",
      ])
  }
}
