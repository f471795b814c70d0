#include "CDenseSolvers.h"

#define EIGEN_DONT_PARALLELIZE
#define EIGEN_MPL2_ONLY
#define Eigen ds_eigen
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wunused-variable"
#pragma clang diagnostic ignored "-Wunused-but-set-variable"
#pragma clang diagnostic ignored "-Wdeprecated-declarations"
#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <Eigen/LU>
#include <Eigen/SVD>
#pragma clang diagnostic pop

#include <new>

namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic>;
using Rows = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

Matrix read(const double *values, int32_t rows, int32_t columns) {
  return Eigen::Map<const Rows>(values, rows, columns);
}

void write(const Matrix &matrix, double *values) {
  Eigen::Map<Rows>(values, matrix.rows(), matrix.cols()) = matrix;
}

template <typename Work>
ds_status guarded(Work work) {
  try {
    return work();
  } catch (const std::bad_alloc &) {
    return ds_no_memory;
  }
}

}  // namespace

extern "C" ds_status ds_solve_riccati(
  int32_t n, int32_t m, const double *a_values, const double *b_values, const double *q_values, const double *r_values,
  double *x, int32_t *iterations) {
  *iterations = 0;
  return guarded([&]() -> ds_status {
    const Matrix identity = Matrix::Identity(n, n);
    Matrix a = read(a_values, n, n), b = read(b_values, n, m), h = read(q_values, n, n), r = read(r_values, m, m);
    const Eigen::LDLT<Matrix> factored(r);
    if (factored.info() != Eigen::Success || !factored.isPositive() || !(factored.vectorD().array() > 0).all()) return ds_singular;
    Matrix g = b * factored.solve(b.transpose());
    // Sixty doublings are 2⁶⁰ steps: what has not settled by then does not.
    for (int32_t k = 0; k < 60; ++k) {
      *iterations = k + 1;
      const Eigen::PartialPivLU<Matrix> w(identity + g * h);
      const Matrix wa = w.solve(a), wg = w.solve(g);
      const Matrix step = a.transpose() * h * wa;
      Matrix next_h = h + step;
      Matrix next_g = g + a * wg * a.transpose();
      a = a * wa;
      if (!next_h.allFinite() || !next_g.allFinite() || !a.allFinite()) return ds_not_converged;
      const double change = step.norm(), size = next_h.norm();
      h = 0.5 * (next_h + next_h.transpose());
      g = 0.5 * (next_g + next_g.transpose());
      if (change <= 1e-15 * size) {
        // A' of a stabilising solution is a power of the closed loop, so it has vanished.
        if (!(a.norm() < 1e-6)) return ds_not_converged;
        write(h, x);
        return ds_done;
      }
    }
    return ds_not_converged;
  });
}

extern "C" ds_status ds_solve(int32_t n, int32_t columns, const double *a, double *b) {
  return guarded([&]() -> ds_status {
    const Eigen::PartialPivLU<Matrix> factors(read(a, n, n));
    const Matrix x = factors.solve(read(b, n, columns));
    if (!x.allFinite()) return ds_singular;
    write(x, b);
    return ds_done;
  });
}

extern "C" ds_status ds_least_squares(
  int32_t rows, int32_t columns, int32_t right_hand_sides, double tolerance, const double *a, const double *b, double *x) {
  return guarded([&]() -> ds_status {
    Eigen::JacobiSVD<Matrix> factors(read(a, rows, columns), Eigen::ComputeThinU | Eigen::ComputeThinV);
    factors.setThreshold(tolerance);
    const Matrix solution = factors.solve(read(b, rows, right_hand_sides));
    if (!solution.allFinite()) return ds_not_converged;
    write(solution, x);
    return ds_done;
  });
}

extern "C" ds_status ds_left_singular(int32_t rows, int32_t columns, const double *a, double *u, double *values) {
  return guarded([&]() -> ds_status {
    const Eigen::JacobiSVD<Matrix> factors(read(a, rows, columns), Eigen::ComputeFullU);
    if (!factors.singularValues().allFinite()) return ds_not_converged;
    write(factors.matrixU(), u);
    for (Eigen::Index i = 0; i < factors.singularValues().size(); ++i) values[i] = factors.singularValues()[i];
    return ds_done;
  });
}

extern "C" ds_status ds_eigenvalues(int32_t n, const double *a, double *real, double *imaginary) {
  return guarded([&]() -> ds_status {
    const Matrix matrix = read(a, n, n);
    if (!matrix.allFinite()) return ds_not_converged;
    const Eigen::EigenSolver<Matrix> solver(matrix, false);
    if (solver.info() != Eigen::Success) return ds_not_converged;
    for (int32_t i = 0; i < n; ++i) {
      real[i] = solver.eigenvalues()[i].real();
      imaginary[i] = solver.eigenvalues()[i].imag();
    }
    return ds_done;
  });
}
