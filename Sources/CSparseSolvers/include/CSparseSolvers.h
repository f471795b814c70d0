// Sparse linear systems and Bellman sweeps: plain pointers and counts, no type of C++ crosses this line.
//
// Matrices stand in compressed sparse rows: row i has the entries starts[i] ..< starts[i + 1] of `columns` and `values`. Columns of a
// row need not be sorted; the same column may stand there twice, and then counts twice. Nothing here keeps state, and nothing throws.
//
// Bits: every function is sequential and gives the same bits for the same arguments; a sweep's state has the same bits whatever the
// range that it is part of, so callers may cut the states among threads as they like.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum { ss_done = 0, ss_too_large = 1, ss_singular = 2, ss_not_converged = 3, ss_no_memory = 4 } ss_status;

/// Solves A X = B by sparse LU with the pivots on the diagonal, which needs no exchange of rows where A is an M-matrix, as I − γP is.
///
/// Before anything large is computed, the entries and multiplications of the factors are counted (symbolic elimination on the pattern
/// of A + Aᵀ in minimum-degree order); beyond either limit the answer is `ss_too_large`.
///
/// @param n rows and columns.
/// @param right_hand_sides B and, on return, X: [count, n], one after the other.
/// @param entries receives the number of entries of both factors, also where they are too many (then at least the limit).
ss_status ss_solve_lu(
  int32_t n, const int32_t *_Nonnull starts, const int32_t *_Nonnull columns, const double *_Nonnull values,
  int64_t entry_limit, int64_t operation_limit, int32_t count, double *_Nonnull right_hand_sides, int64_t *_Nonnull entries);

/// Solves A x = b by BiCGSTAB with the diagonal as preconditioner, from the `x` that is given.
///
/// @param tolerance the norm of the residual over that of b at which to stop.
/// @return `ss_not_converged` leaves the last x; the caller judges by the residual.
ss_status ss_solve_bicgstab(
  int32_t n, const int32_t *_Nonnull starts, const int32_t *_Nonnull columns, const double *_Nonnull values,
  const double *_Nonnull b, double tolerance, int32_t iteration_limit, double *_Nonnull x, int32_t *_Nonnull iterations);

/// A finite problem as the sweeps see it: state s has the choices state_starts[s] ..< state_starts[s + 1] (none: terminal), choice c the
/// transitions choice_starts[c] ..< choice_starts[c + 1], each with its probability and next state; `rewards` are the mean of each choice.
#define SS_PROBLEM                                                                                                           \
  const int32_t *_Nonnull state_starts, const int32_t *_Nonnull choice_starts, const int32_t *_Nonnull next_states,          \
    const double *_Nonnull probabilities, const double *_Nonnull rewards, double discount

/// One sweep of v ← max_c r(c) + γ Σ p v over the states first ..< last.
///
/// @param values v before, [states].
/// @param swept v after, [states]; only first ..< last are written; may not be `values`.
/// @param best where not null, receives the first of the choices with the largest value, −1 for terminal states.
/// @param change receives the least and the largest v after − v before of this range; terminal states have 0.
void ss_optimal_sweep(
  SS_PROBLEM, int32_t first, int32_t last, const double *_Nonnull values, double *_Nonnull swept,
  int32_t *_Nullable best, double *_Nonnull change);

/// The same where state s takes chosen[s] (−1: terminal).
void ss_policy_sweep(
  SS_PROBLEM, int32_t first, int32_t last, const int32_t *_Nonnull chosen, const double *_Nonnull values,
  double *_Nonnull swept, double *_Nonnull change);

/// The value of each choice of the states first ..< last: q(c) = r(c) + γ Σ p v.
void ss_choice_values(
  SS_PROBLEM, int32_t first, int32_t last, const double *_Nonnull values, double *_Nonnull choice_values);

#ifdef __cplusplus
}
#endif
