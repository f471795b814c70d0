// Dense linear algebra for the design of controllers: plain pointers and counts, no type of C++ crosses this line.
//
// Matrices are row-major: element (i, j) of a matrix with c columns is at i c + j. Nothing here keeps state, and nothing throws. Every
// function is sequential and is compiled once, for no special instruction set: the same arguments give the same bits.
#pragma once
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum { ds_done = 0, ds_singular = 1, ds_not_converged = 2, ds_no_memory = 3 } ds_status;

/// The stabilising solution X of the discrete algebraic Riccati equation
///
///     X = Aᵀ X A − Aᵀ X B (R + Bᵀ X B)⁻¹ Bᵀ X A + Q
///
/// by structure-preserving doubling. Source: Chu, Fan, Lin and Wang 2004, "Structure-preserving algorithms for periodic discrete-time
/// algebraic Riccati equations", section 2:
///
///     W = I + G H,   A' = A W⁻¹ A,   G' = G + A W⁻¹ G Aᵀ,   H' = H + Aᵀ H W⁻¹ A,   from A, G = B R⁻¹ Bᵀ, H = Q;   H → X.
///
/// Doubling, and not the invariant subspace of the symplectic pencil: Eigen has no generalised Schur form with ordered eigenvalues. Doubling
/// needs one factorisation for each step, keeps X symmetric, and its error is squared from step to step.
///
/// @param n states; @param m inputs.
/// @param a [n, n]; @param b [n, m]; @param q [n, n], symmetric, not negative; @param r [m, m], symmetric, positive.
/// @param x receives X, [n, n].
/// @param iterations receives the number of steps.
/// @return `ds_not_converged` where there is no stabilising solution, or it is too near to there being none; `ds_singular` where R is not
/// positive.
ds_status ds_solve_riccati(
  int32_t n, int32_t m, const double *_Nonnull a, const double *_Nonnull b, const double *_Nonnull q, const double *_Nonnull r,
  double *_Nonnull x, int32_t *_Nonnull iterations);

/// Solves A X = B by LU with partial pivots.
///
/// @param a [n, n]; @param b B and, on return, X: [n, columns].
ds_status ds_solve(int32_t n, int32_t columns, const double *_Nonnull a, double *_Nonnull b);

/// The X of least norm among those for which A X − B has the least norm, where singular values below `tolerance` times the largest
/// count as zero.
///
/// @param a [rows, columns]; @param b [rows, right_hand_sides]; @param x receives X, [columns, right_hand_sides].
ds_status ds_least_squares(
  int32_t rows, int32_t columns, int32_t right_hand_sides, double tolerance, const double *_Nonnull a, const double *_Nonnull b,
  double *_Nonnull x);

/// A = U Σ Vᵀ: the left singular vectors of all rows, those of singular value zero included.
///
/// @param u receives U, [rows, rows], one vector a column; @param values receives the singular values from the largest,
/// [min(rows, columns)].
ds_status ds_left_singular(
  int32_t rows, int32_t columns, const double *_Nonnull a, double *_Nonnull u, double *_Nonnull values);

/// The eigenvalues of a real matrix, in no particular order: real and imaginary parts, [n] each.
ds_status ds_eigenvalues(int32_t n, const double *_Nonnull a, double *_Nonnull real, double *_Nonnull imaginary);

#ifdef __cplusplus
}
#endif
