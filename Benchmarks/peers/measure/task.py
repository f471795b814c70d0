"""What a peer learns, and when it has learned it: a Gymnasium task, or one of our scenarios simulated by MuJoCo."""
import math

import gymnasium
import numpy

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

    def make(self, training=False, seed=0):
        """One environment. Gymnasium's take their seed from `reset` alone, and are the same for training and judging."""
        if self.description is None:
            return gymnasium.make(self.name)
        return self.scenarios.ScenarioEnvironment(self.description, training=training, seed=seed)

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
    """Episodes of a deterministic policy, side by side, on seeds that training does not see."""

    def __init__(self, task, seed):
        self.task = task
        self.environments = [task.make() for _ in range(math.gcd(20, task.episodes))]
        # Once: each judging has starts of its own.
        for index, environment in enumerate(self.environments):
            environment.reset(seed=1_000_000 + 1000 * seed + index)

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
