#include "CSparseSolvers.h"

#define EIGEN_DONT_PARALLELIZE
#define EIGEN_MPL2_ONLY
#define Eigen ss_eigen
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wunused-variable"
#pragma clang diagnostic ignored "-Wunused-but-set-variable"
#pragma clang diagnostic ignored "-Wdeprecated-declarations"
#include <Eigen/IterativeLinearSolvers>
#include <Eigen/OrderingMethods>
#include <Eigen/SparseCore>
#include <Eigen/SparseLU>
#pragma clang diagnostic pop

#include <new>
#include <vector>

namespace {

using Rows = Eigen::SparseMatrix<double, Eigen::RowMajor, int32_t>;
using Columns = Eigen::SparseMatrix<double, Eigen::ColMajor, int32_t>;

Rows matrix(int32_t n, const int32_t *starts, const int32_t *columns, const double *values) {
  // Through triplets, since rows may be unsorted and repeat a column.
  std::vector<Eigen::Triplet<double, int32_t>> triplets;
  triplets.reserve(static_cast<size_t>(starts[n]));
  for (int32_t i = 0; i < n; ++i)
    for (int32_t k = starts[i]; k < starts[i + 1]; ++k) triplets.emplace_back(i, columns[k], values[k]);
  Rows a(n, n);
  a.setFromTriplets(triplets.begin(), triplets.end());
  a.makeCompressed();
  return a;
}

struct Counts {
  int64_t entries;
  bool fits;
};

/// The size of the factors of a matrix with the pattern of A + Aᵀ in the order of `permutation`, or that they do not fit.
/// Source: Davis 2005, "Algorithm 849: A Concise Sparse Cholesky Factorization Package", LDL_symbolic.
Counts counted(
  const Columns &pattern, const Eigen::PermutationMatrix<Eigen::Dynamic, Eigen::Dynamic, int32_t> &order, int64_t entry_limit,
  int64_t operation_limit) {
  const int32_t n = static_cast<int32_t>(pattern.cols());
  const auto &place = order.indices();  // old → new
  std::vector<int32_t> old(static_cast<size_t>(n)), parent(static_cast<size_t>(n)), flag(static_cast<size_t>(n));
  std::vector<int64_t> below(static_cast<size_t>(n), 0);
  for (int32_t i = 0; i < n; ++i) old[static_cast<size_t>(place[i])] = i;
  int64_t entries = 0;
  for (int32_t k = 0; k < n; ++k) {
    parent[static_cast<size_t>(k)] = -1;
    flag[static_cast<size_t>(k)] = k;
    for (Columns::InnerIterator it(pattern, old[static_cast<size_t>(k)]); it; ++it) {
      int32_t i = place[it.row()];
      for (; i < k && flag[static_cast<size_t>(i)] != k; i = parent[static_cast<size_t>(i)]) {
        if (parent[static_cast<size_t>(i)] == -1) parent[static_cast<size_t>(i)] = k;
        ++below[static_cast<size_t>(i)];
        flag[static_cast<size_t>(i)] = k;
        if (++entries > entry_limit / 2) return {entry_limit, false};
      }
    }
  }
  int64_t operations = 0;
  for (int64_t count : below) {
    operations += count * count + count;
    if (operations > operation_limit) return {2 * entries + n, false};
  }
  return {2 * entries + n, true};
}

}  // namespace

extern "C" ss_status ss_solve_lu(
  int32_t n, const int32_t *starts, const int32_t *columns, const double *values, int64_t entry_limit,
  int64_t operation_limit, int32_t count, double *right_hand_sides, int64_t *entries) {
  *entries = 0;
  if (n == 0) return ss_done;
  try {
    const Columns a = matrix(n, starts, columns, values);
    if (a.nonZeros() > entry_limit) {
      *entries = entry_limit;
      return ss_too_large;
    }
    Columns pattern = Columns(a.transpose()) + a;
    Eigen::PermutationMatrix<Eigen::Dynamic, Eigen::Dynamic, int32_t> inverse;
    Eigen::AMDOrdering<int32_t>()(pattern, inverse);
    // Eigen's order tells the old place of each new one.
    const Eigen::PermutationMatrix<Eigen::Dynamic, Eigen::Dynamic, int32_t> order(inverse.inverse());
    const Counts size = counted(pattern, order, entry_limit, operation_limit);
    *entries = size.entries;
    if (!size.fits) return ss_too_large;

    Columns ordered;
    ordered = order * a * order.inverse();
    Eigen::SparseLU<Columns, Eigen::NaturalOrdering<int32_t>> lu;
    lu.isSymmetric(true);
    lu.setPivotThreshold(0);
    lu.analyzePattern(ordered);
    lu.factorize(ordered);
    if (lu.info() != Eigen::Success) return ss_singular;
    for (int32_t i = 0; i < count; ++i) {
      Eigen::Map<Eigen::VectorXd> b(right_hand_sides + static_cast<ptrdiff_t>(i) * n, n);
      const Eigen::VectorXd rhs = order * b;
      Eigen::VectorXd x = lu.solve(rhs);
      // Two steps of refinement: the residual then is a few units in the last place. Golub and Van Loan 2013, section 3.5.3.
      for (int step = 0; step < 2; ++step) {
        const Eigen::VectorXd residual = rhs - ordered * x;
        const Eigen::VectorXd correction = lu.solve(residual);
        x += correction;
      }
      b = order.inverse() * x;
      if (!b.allFinite()) return ss_singular;
    }
    return ss_done;
  } catch (const std::bad_alloc &) {
    return ss_no_memory;
  }
}

extern "C" ss_status ss_solve_bicgstab(
  int32_t n, const int32_t *starts, const int32_t *columns, const double *values, const double *b, double tolerance,
  int32_t iteration_limit, double *x, int32_t *iterations) {
  *iterations = 0;
  if (n == 0) return ss_done;
  try {
    const Rows a = matrix(n, starts, columns, values);
    Eigen::BiCGSTAB<Rows> solver;
    solver.setTolerance(tolerance);
    solver.setMaxIterations(iteration_limit);
    solver.compute(a);
    Eigen::Map<Eigen::VectorXd> solution(x, n);
    const Eigen::VectorXd rhs = Eigen::Map<const Eigen::VectorXd>(b, n);
    const Eigen::VectorXd start = solution;
    const Eigen::VectorXd result = solver.solveWithGuess(rhs, start);
    *iterations = static_cast<int32_t>(solver.iterations());
    if (!result.allFinite()) return ss_not_converged;
    solution = result;
    return solver.info() == Eigen::Success ? ss_done : ss_not_converged;
  } catch (const std::bad_alloc &) {
    return ss_no_memory;
  }
}
