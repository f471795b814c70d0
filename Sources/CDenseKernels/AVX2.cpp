// The kernels for AVX2 with fused multiply–add, without build flags: macros tell Eigen that the instructions exist, the attribute `target` lets
// the compiler use them here, and a name of its own keeps this Eigen apart from that of the other instruction sets.
#include "StandardHeaders.h"
#include "KernelTable.h"
#if defined(__x86_64__)

#define Eigen dk_eigen_avx2
#define __SSE3__ 1
#define __SSSE3__ 1
#define __SSE4_1__ 1
#define __SSE4_2__ 1
#define __AVX__ 1
#define __AVX2__ 1
#define __FMA__ 1
#pragma clang attribute push(__attribute__((target("sse3,ssse3,sse4.1,sse4.2,avx,avx2,fma"))), apply_to = function)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wunused-variable"
#include <Eigen/Core>
#pragma clang diagnostic pop
#define DK_NAMESPACE dk_kernels_avx2
#define DK_VECTOR_BYTES 32
#define DK_TILE_ROWS 6
#include "Kernels.inl"
#pragma clang attribute pop

const dk_table dk_table_avx2 = {
  DK_SCALAR_TABLE(float), DK_SCALAR_TABLE(double), dk_kernels_avx2::eigen_product, dk_kernels_avx2::register_multiply_add,
  32 / sizeof(float)};
#endif
