"""What a peer learns, and when it has learned it: a Gymnasium task, or one of our scenarios simulated by MuJoCo."""
import math
import time

import gymnasium
import numpy
import report

PENDULUM_GOAL = -200  # mean return of an episode


class Task:
    """By its name: Pendulum-v1, the one of Gymnasium's whose goal is known here, or scenario:FILE."""

    def __init__(self, name):
        self.name = name
        self.description = None
        if name.startswith("scenario:"):
            # Not for Gymnasium's tasks, whose memory and start are measured, too.
            import scenario_environment

            self.scenarios = scenario_environment
            self.description = scenario_environment.read(name.removeprefix("scenario:"))

    def make(self, training=False):
        """One environment, which takes its seed from `reset`. Gymnasium's are the same for training and judging."""
        if self.description is None:
            return gymnasium.make(self.name)
        return self.scenarios.ScenarioEnvironment(self.description, training=training)

    @property
    def ppo(self):
        """The scenario's settings of PPO; keys that it leaves out have Poise's defaults, which are those of the paper."""
        given = self.description.get("ppo", {})
        return dict(
            worlds=16, rolloutLength=128, minibatchSize=64, epochs=10, discountFactor=0.99, gaeLambda=0.95, initialLogDeviation=0.0,
            scalesRewards=False) | given | dict(learningRate=dict(initial=3e-4, schedule="constant") | given.get("learningRate", {}))

    @property
    def episodes(self):
        """Of one judging."""
        return self.scenarios.tuning_episodes(self.description) if self.description else 20

    def interval(self, default):
        """Control steps from one judging to the next: the scenario's own, so that all learners of a task are asked alike."""
        return self.description["training"]["evaluationInterval"] if self.description else default

    def reaches_goal(self, returns, infos):
        """Whether these episodes do, and the score in words. infos: the last of each episode."""
        if self.description:
            return self.scenarios.goal_reached(self.description, infos, returns)
        if self.name != "Pendulum-v1":
            raise ValueError(f"no goal is known for {self.name}")
        score = float(numpy.mean(returns))
        return score >= PENDULUM_GOAL, f"return {score:.1f}"

    def is_out_of_reach(self, infos):
        return bool(self.description) and self.scenarios.out_of_reach(self.description, infos, self.episodes)


class Judge:
    """Episodes of a deterministic policy, side by side, on seeds that training does not see; now and then until the goal is reached."""

    def __init__(self, task, seed, cap, interval, after=0):
        """cap: seconds from now after which it gives up. interval: control steps from one judging to the next, where the scenario names
        none; after: those before the first interval."""
        self.task = task
        self.cap = cap
        self.interval = task.interval(interval)
        self.due = after + self.interval
        self.environments = [task.make() for _ in range(math.gcd(20, task.episodes))]
        # Once: each judging has starts of its own.
        for index, environment in enumerate(self.environments):
            environment.reset(seed=1_000_000 + 1000 * seed + index)
        self.start = time.perf_counter()
        self.seconds = 0.0
        self.steps = 0
        self.reached = False
        self.score = "none"

    def goes_on(self, steps, policy):
        """Judges the policy if that is due after so many steps; False where the goal is reached, or the time is over."""
        self.steps = steps
        if steps >= self.due:
            self.due += self.interval
            before = time.perf_counter()
            self.reached, self.score = self.reaches_goal(policy)
            now = time.perf_counter()
            self.seconds += now - before
            print(f"{steps} steps, {now - self.start:.1f} s: {self.score}", flush=True)
            if self.reached:
                report.mark("it reaches the goal")
        return not self.reached and time.perf_counter() - self.start < self.cap

    def tell(self):
        report.tell(
            steps=self.steps if self.reached else None, steps_made=self.steps, judging_seconds=self.seconds, last_score=self.score)

    def reaches_goal(self, policy):
        """Whether the goal is reached, and the score in words. policy: observations [episodes, inputs] → actions [episodes, outputs]."""
        returns, infos = [], []
        running = numpy.zeros(len(self.environments))
        observations = numpy.stack([environment.reset()[0] for environment in self.environments])
        left = numpy.full(len(self.environments), self.task.episodes // len(self.environments))
        while left.any() and not self.task.is_out_of_reach(infos):
            actions = policy(observations)
            for index in numpy.flatnonzero(left):
                observations[index], reward, terminated, truncated, info = self.environments[index].step(actions[index])
                running[index] += reward
                if terminated or truncated:
                    returns.append(running[index])
                    infos.append(info)
                    running[index] = 0
                    left[index] -= 1
                    observations[index], _ = self.environments[index].reset()
        return self.task.reaches_goal(returns, infos)


def normalized(observations, statistics):
    """By Gymnasium's running mean and variance, cut at ±10 as VecNormalize and CleanRL's recipe do."""
    return numpy.clip((observations - statistics.mean) / numpy.sqrt(statistics.var + 1e-8), -10, 10).astype(numpy.float32)
