// The loops that read the whole problem once. They are bound by memory: 12 bytes of a transition in order, and one value of the next
// state from anywhere, so the next states of transitions to come are asked for ahead of time.
#include "CSparseSolvers.h"

#include <limits>

namespace {

struct ss_problem {
  const int32_t *state_starts, *choice_starts, *next_states;
  const double *probabilities, *rewards;
  double discount;
};

/// Transitions between asking for a value and using it.
constexpr int64_t ahead = 48;

/// Σ p v over the transitions of a choice, in their order.
inline double expected(const ss_problem &p, int32_t choice, const double *values, int64_t last_transition) {
  double sum = 0;
  for (int64_t k = p.choice_starts[choice], end = p.choice_starts[choice + 1]; k < end; ++k) {
    if (k + ahead < last_transition) __builtin_prefetch(values + p.next_states[k + ahead], 0, 1);
    sum += p.probabilities[k] * values[p.next_states[k]];
  }
  return sum;
}

struct Change {
  double least = std::numeric_limits<double>::infinity();
  double largest = -std::numeric_limits<double>::infinity();

  void note(double change) {
    if (change < least) least = change;
    if (change > largest) largest = change;
  }
};

}  // namespace

extern "C" void ss_optimal_sweep(
  SS_PROBLEM, int32_t first, int32_t last, const double *values, double *swept, int32_t *best, double *change) {
  const ss_problem p{state_starts, choice_starts, next_states, probabilities, rewards, discount};
  const int64_t end = p.choice_starts[p.state_starts[last]];
  Change bounds;
  for (int32_t state = first; state < last; ++state) {
    double largest = -std::numeric_limits<double>::infinity();
    int32_t chosen = -1;
    for (int32_t choice = p.state_starts[state]; choice < p.state_starts[state + 1]; ++choice) {
      const double value = p.rewards[choice] + p.discount * expected(p, choice, values, end);
      if (value > largest) {
        largest = value;
        chosen = choice;
      }
    }
    const double result = chosen < 0 ? values[state] : largest;
    swept[state] = result;
    if (best) best[state] = chosen;
    bounds.note(result - values[state]);
  }
  change[0] = bounds.least;
  change[1] = bounds.largest;
}

extern "C" void ss_policy_sweep(
  SS_PROBLEM, int32_t first, int32_t last, const int32_t *chosen, const double *values, double *swept,
  double *change) {
  const ss_problem p{state_starts, choice_starts, next_states, probabilities, rewards, discount};
  Change bounds;
  for (int32_t state = first; state < last; ++state) {
    // What the state after the next few needs: its row first, then the values that the row names.
    if (state + 8 < last && chosen[state + 8] >= 0) {
      const int64_t row = p.choice_starts[chosen[state + 8]];
      __builtin_prefetch(p.next_states + row, 0, 1);
      __builtin_prefetch(p.probabilities + row, 0, 1);
    }
    if (state + 4 < last && chosen[state + 4] >= 0) {
      for (int64_t k = p.choice_starts[chosen[state + 4]]; k < p.choice_starts[chosen[state + 4] + 1]; ++k)
        __builtin_prefetch(values + p.next_states[k], 0, 1);
    }
    const int32_t choice = chosen[state];
    double result = values[state];
    if (choice >= 0) {
      double sum = 0;
      for (int64_t k = p.choice_starts[choice]; k < p.choice_starts[choice + 1]; ++k)
        sum += p.probabilities[k] * values[p.next_states[k]];
      result = p.rewards[choice] + p.discount * sum;
    }
    swept[state] = result;
    bounds.note(result - values[state]);
  }
  change[0] = bounds.least;
  change[1] = bounds.largest;
}

extern "C" void ss_choice_values(
  SS_PROBLEM, int32_t first, int32_t last, const double *values, double *choice_values) {
  const ss_problem p{state_starts, choice_starts, next_states, probabilities, rewards, discount};
  const int64_t end = p.choice_starts[p.state_starts[last]];
  for (int32_t choice = p.state_starts[first]; choice < p.state_starts[last]; ++choice)
    choice_values[choice] = p.rewards[choice] + p.discount * expected(p, choice, values, end);
}
