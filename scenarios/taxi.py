#!/usr/bin/env python3
"""Writes taxi.yaml: Gymnasium's Taxi-v4 as lists. Run it in this folder: python3 taxi.py > taxi.yaml

Source of the rules: Dietterich 2000, "Hierarchical Reinforcement Learning with the MAXQ Value Function Decomposition", and Gymnasium's
toy_text/taxi.py. States that no episode can reach (the passenger already where he wants to be, the taxi elsewhere) are left out.
"""

MAP = ["|R: | : :G|", "| : | : : |", "| : : : : |", "| | : | : |", "|Y| : |B: |"]
PLACES = {"R": (0, 0), "G": (0, 4), "Y": (4, 0), "B": (4, 3)}
ACTIONS = ["south", "north", "east", "west", "pickup", "dropoff"]


def name(row, column, passenger, destination):
    return f"r{row}c{column}{passenger}{destination}"


def outcome(row, column, passenger, destination, action):
    """Next state and reward of an action; T: the passenger is in the taxi."""
    reward = -1
    here = next((place for place, at in PLACES.items() if at == (row, column)), None)
    if action == "south":
        row = min(row + 1, 4)
    elif action == "north":
        row = max(row - 1, 0)
    elif action == "east" and MAP[row][2 * column + 2] == ":":
        column += 1
    elif action == "west" and MAP[row][2 * column] == ":":
        column -= 1
    elif action == "pickup":
        if passenger == here:
            passenger = "T"
        else:
            reward = -10
    elif action == "dropoff":
        if passenger == "T" and here == destination:
            passenger, reward = here, 20
        elif passenger == "T" and here:
            passenger = here
        else:
            reward = -10
    return name(row, column, passenger, destination), reward


def main():
    live = [
        (r, c, p, d)
        for r in range(5) for c in range(5) for p in list(PLACES) + ["T"] for d in PLACES
        if p != d
    ]
    terminal = [name(*PLACES[place], place, place) for place in PLACES]
    starts = [state for state in live if state[2] != "T"]
    print("""\
# Taxi: fetch a passenger and bring him where he wants to go. Gymnasium's Taxi-v4, made by taxi.py in this folder.
#
# A state is the taxi's row and column, where the passenger is (R, G, Y, B, or T: in the taxi) and where he wants to go: r2c3RB. A move costs
# 1, a wrong pickup or drop-off 10, and the right drop-off pays 20. All starts with the passenger outside are equally likely; the best policy earns
# 7.93 on average over these 300 starts.
#
#   poise solve taxi
""")
    print("mdp:\n  lists:")
    print(f"    actions: [{', '.join(ACTIONS)}]")
    print(f"    states: [{', '.join([name(*s) for s in live] + terminal)}]")
    print(f"    terminal: [{', '.join(terminal)}]")
    print("    discount: 1\n    stepLimit: 200")
    print(f"    start: [{', '.join(name(*state) for state in starts)}]")
    print("    transitions:")
    for state in live:
        cells = []
        for action in ACTIONS:
            following, reward = outcome(*state, action)
            cells.append(f"{action}: {{{following}: [1, {reward}]}}")
        print(f"      {name(*state)}: {{{', '.join(cells)}}}")
    print("""
goal: {exactShortfall: 0.000001}
training: {algorithm: q-learning, stepLimit: 2000000, evaluationInterval: 100000}
qLearning:
  learningRate: {initial: 1}                       # everything is deterministic, so no averages are needed
  exploration: {final: 0.5}
  reportInterval: 10000""")


main()
