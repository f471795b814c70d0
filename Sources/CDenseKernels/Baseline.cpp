// The kernels as the compiler's default target has them: SSE2 on x86-64, NEON on arm64.
#include "StandardHeaders.h"
#define Eigen dk_eigen_baseline
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wunused-variable"
#include <Eigen/Core>
#pragma clang diagnostic pop
#include "KernelTable.h"

#define DK_NAMESPACE dk_kernels_baseline
#define DK_VECTOR_BYTES 16
#if defined(__aarch64__)
#define DK_TILE_ROWS 8
#else
#define DK_TILE_ROWS 6
#endif
#include "Kernels.inl"

const dk_table dk_table_baseline = {
  DK_SCALAR_TABLE(float), DK_SCALAR_TABLE(double), dk_kernels_baseline::eigen_product,
  dk_kernels_baseline::register_multiply_add, 16 / sizeof(float)};
