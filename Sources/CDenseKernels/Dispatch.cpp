// One C function per kernel: looks up the table of the wanted instruction set and calls through it.
#include "KernelTable.h"
#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

namespace {
/// While it lives, numbers too small to be normal count as zero, as operands and as results.
///
/// The moments of a weight whose gradient stays zero, behind a unit that a ReLU has switched off, decay into such numbers and stay
/// there, and processors take over a hundred times as long with them. Here, before the call through the table: within a kernel the
/// compiler could move arithmetic past the switch.
struct SubnormalsAreZero {
#if defined(__SSE2__)
  static constexpr unsigned flushToZero = 0x8000, denormalsAreZero = 0x0040;
  const unsigned before = _mm_getcsr();
  SubnormalsAreZero() { _mm_setcsr(before | flushToZero | denormalsAreZero); }
  ~SubnormalsAreZero() { _mm_setcsr(before); }
#endif
};
}  // namespace

static const dk_table *table_of(dk_instruction_set set) {
#if defined(__x86_64__)
  switch (set) {
  case dk_avx512: return &dk_table_avx512;
  case dk_avx2: return &dk_table_avx2;
  case dk_baseline: break;
  }
#endif
  return &dk_table_baseline;
}

bool dk_is_supported(dk_instruction_set set) {
  switch (set) {
  case dk_baseline: return true;
#if defined(__x86_64__)
  case dk_avx2: return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  case dk_avx512:
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")
      && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("fma");
#else
  default: return false;
#endif
  }
  return false;
}

const char *dk_name(dk_instruction_set set) {
  switch (set) {
  case dk_baseline: return "baseline";
  case dk_avx2: return "avx2";
  case dk_avx512: return "avx512";
  }
  return "unknown";
}

ptrdiff_t dk_scratch_count(ptrdiff_t rows, ptrdiff_t inputs, ptrdiff_t outputs) {
  // The widest panel is two vectors of 16 floats; its depth is what a product sums over.
  ptrdiff_t depth = rows > inputs ? rows : inputs;
  return 32 * (depth > outputs ? depth : outputs);
}

#define DK_DEFINE(S, X)                                                                                                      \
  void dk_dense_forward_##X(                                                                                                 \
    dk_instruction_set set, ptrdiff_t rows, ptrdiff_t inputs, ptrdiff_t outputs, const S *x, ptrdiff_t x_stride, const S *w, \
    const S *bias, dk_activation activation, S *pre, S *y, ptrdiff_t y_stride, S *scratch) {                                 \
    table_of(set)->X.dense_forward(                                                                                          \
      rows, inputs, outputs, x, x_stride, w, bias, activation, pre, y, y_stride, scratch);                                   \
  }                                                                                                                          \
  void dk_dense_backward_inputs_##X(                                                                                         \
    dk_instruction_set set, ptrdiff_t rows, ptrdiff_t inputs, ptrdiff_t outputs, const S *dz, ptrdiff_t dz_stride,           \
    const S *w, dk_activation activation, const S *y, const S *pre, ptrdiff_t y_stride, S *dx, ptrdiff_t dx_stride,          \
    S *scratch) {                                                                                                            \
    table_of(set)->X.dense_backward_inputs(                                                                                  \
      rows, inputs, outputs, dz, dz_stride, w, activation, y, pre, y_stride, dx, dx_stride, scratch);                        \
  }                                                                                                                          \
  void dk_dense_backward_weights_##X(                                                                                        \
    dk_instruction_set set, ptrdiff_t rows, ptrdiff_t inputs, ptrdiff_t outputs, const S *x, ptrdiff_t x_stride,             \
    const S *dz, ptrdiff_t dz_stride, bool accumulate, S *dw, S *db, S *scratch) {                                           \
    table_of(set)->X.dense_backward_weights(                                                                                 \
      rows, inputs, outputs, x, x_stride, dz, dz_stride, accumulate, dw, db, scratch);                                       \
  }                                                                                                                          \
  void dk_activate_##X(dk_instruction_set set, ptrdiff_t count, dk_activation activation, const S *z, S *y) {                \
    table_of(set)->X.activate(count, activation, z, y);                                                                      \
  }                                                                                                                          \
  void dk_activation_backward_##X(                                                                                           \
    dk_instruction_set set, ptrdiff_t count, dk_activation activation, const S *y, const S *pre, const S *dy, S *dz) {       \
    table_of(set)->X.activation_backward(count, activation, y, pre, dy, dz);                                                 \
  }                                                                                                                          \
  void dk_layer_norm_forward_##X(                                                                                            \
    dk_instruction_set set, ptrdiff_t rows, ptrdiff_t columns, S epsilon, const S *gain, const S *offset,                    \
    dk_activation activation, S *z, S *inverse, S *y) {                                                                      \
    table_of(set)->X.layer_norm_forward(rows, columns, epsilon, gain, offset, activation, z, inverse, y);                    \
  }                                                                                                                          \
  void dk_layer_norm_backward_##X(                                                                                           \
    dk_instruction_set set, ptrdiff_t rows, ptrdiff_t columns, const S *gain, const S *offset, dk_activation activation,     \
    const S *n, const S *inverse, const S *y, S *dy, bool accumulate, S *dgain, S *doffset) {                                \
    table_of(set)->X.layer_norm_backward(                                                                                    \
      rows, columns, gain, offset, activation, n, inverse, y, dy, accumulate, dgain, doffset);                               \
  }                                                                                                                          \
  void dk_adam_##X(                                                                                                          \
    dk_instruction_set set, ptrdiff_t count, S *parameters, const S *gradients, S *first, S *second, S rate, S beta1,        \
    S beta2, S epsilon, S correction1, S correction2, S weight_decay, S gradient_scale, S *target, S smoothing) {            \
    SubnormalsAreZero scope;                                                                                                 \
    table_of(set)->X.adam(                                                                                                   \
      count, parameters, gradients, first, second, rate, beta1, beta2, epsilon, correction1, correction2, weight_decay,      \
      gradient_scale, target, smoothing);                                                                                    \
  }                                                                                                                          \
  void dk_soft_update_##X(dk_instruction_set set, ptrdiff_t count, S *target, const S *source, S smoothing) {                \
    SubnormalsAreZero scope;                                                                                                 \
    table_of(set)->X.soft_update(count, target, source, smoothing);                                                          \
  }                                                                                                                          \
  void dk_add_scaled_##X(dk_instruction_set set, ptrdiff_t count, S a, const S *x, S *y) {                                   \
    table_of(set)->X.add_scaled(count, a, x, y);                                                                             \
  }                                                                                                                          \
  double dk_sum_of_squares_##X(dk_instruction_set set, ptrdiff_t count, const S *x) {                                        \
    return table_of(set)->X.sum_of_squares(count, x);                                                                        \
  }

DK_DEFINE(float, f)
DK_DEFINE(double, d)

void dk_eigen_product(
  dk_instruction_set set, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const float *a, const float *b, float *c) {
  table_of(set)->eigen_product(m, n, k, a, b, c);
}
double dk_register_multiply_add(dk_instruction_set set, ptrdiff_t iterations) {
  return table_of(set)->register_multiply_add(iterations);
}
ptrdiff_t dk_vector_width(dk_instruction_set set) { return table_of(set)->vector_width; }
