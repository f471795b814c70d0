// Dense kernels for small networks: plain pointers and counts, no type of C++ crosses this line.
//
// Every function takes the instruction set to run on as its first argument; see dk_is_supported. Nothing here allocates, locks
// or keeps state. All matrices are row-major; a stride is the distance between the starts of two rows, in elements.
// Weights are [inputs, outputs]: y = x W + b. Suffix f: float, suffix d: double (made for checks by finite differences).
//
// Bits: an element of a product is one sum over k in ascending order, in one accumulator, whatever the shape around it. So a row's
// outputs have the same bits whatever its neighbours, its place and the number of rows; instruction sets differ from each
// other within rounding (baseline rounds the product before adding, the others fuse).
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum { dk_baseline = 0, dk_avx2 = 1, dk_avx512 = 2 } dk_instruction_set;
enum { dk_instruction_set_count = 3 };

/// Whether this processor (and this build) can run `set`.
bool dk_is_supported(dk_instruction_set set);
/// "baseline", "avx2", "avx512".
const char *_Nonnull dk_name(dk_instruction_set set);

typedef enum { dk_identity = 0, dk_tanh = 1, dk_relu = 2, dk_elu = 3, dk_silu = 4 } dk_activation;

/// Elements of scratch memory (aligned to 64 bytes for speed) that the dense functions need for a layer of this shape.
ptrdiff_t dk_scratch_count(ptrdiff_t rows, ptrdiff_t inputs, ptrdiff_t outputs);

#define DK_DECLARE(S, X)                                                                                                     \
  /* y = activation(x W + bias); `pre`, if not null, receives x W + bias. x [rows, inputs], y and pre [rows, outputs]. */    \
  void dk_dense_forward_##X(                                                                                                 \
    dk_instruction_set set, ptrdiff_t rows, ptrdiff_t inputs, ptrdiff_t outputs, const S *_Nonnull x, ptrdiff_t x_stride,    \
    const S *_Nonnull w, const S *_Nullable bias, dk_activation activation, S *_Nullable pre, S *_Nonnull y,                 \
    ptrdiff_t y_stride, S *_Nonnull scratch);                                                                                \
  /* dx = (dz Wᵀ) ⊙ activation'(·) of the layer below, whose outputs are y [rows, inputs] and whose pre-activations are     \
     `pre` (needed for SiLU only); with dk_identity both are ignored. W [inputs, outputs], dz [rows, outputs]. */            \
  void dk_dense_backward_inputs_##X(                                                                                         \
    dk_instruction_set set, ptrdiff_t rows, ptrdiff_t inputs, ptrdiff_t outputs, const S *_Nonnull dz, ptrdiff_t dz_stride,  \
    const S *_Nonnull w, dk_activation activation, const S *_Nullable y, const S *_Nullable pre, ptrdiff_t y_stride,         \
    S *_Nonnull dx, ptrdiff_t dx_stride, S *_Nonnull scratch);                                                               \
  /* dw = xᵀ dz, db = Σ rows dz; added to what is there if `accumulate`. dw [inputs, outputs], db [outputs] or null. */      \
  void dk_dense_backward_weights_##X(                                                                                        \
    dk_instruction_set set, ptrdiff_t rows, ptrdiff_t inputs, ptrdiff_t outputs, const S *_Nonnull x, ptrdiff_t x_stride,    \
    const S *_Nonnull dz, ptrdiff_t dz_stride, bool accumulate, S *_Nonnull dw, S *_Nullable db, S *_Nonnull scratch);       \
  /* y = activation(z), element by element; y may be z. */                                                                   \
  void dk_activate_##X(dk_instruction_set set, ptrdiff_t count, dk_activation activation, const S *_Nonnull z, S *_Nonnull y); \
  /* dz = dy ⊙ activation'; y and pre as above; dz may be dy. */                                                             \
  void dk_activation_backward_##X(                                                                                           \
    dk_instruction_set set, ptrdiff_t count, dk_activation activation, const S *_Nonnull y, const S *_Nullable pre,          \
    const S *_Nonnull dy, S *_Nonnull dz);                                                                                   \
  /* n = (z − mean) / √(variance + epsilon) per row, y = activation(gain ⊙ n + offset). z [rows, width] becomes n in place;  \
     inverse [rows] receives 1 / √(variance + epsilon). Ba, Kiros and Hinton 2016, eq. 3 and 4. */                           \
  void dk_layer_norm_forward_##X(                                                                                            \
    dk_instruction_set set, ptrdiff_t rows, ptrdiff_t width, S epsilon, const S *_Nonnull gain, const S *_Nonnull offset,    \
    dk_activation activation, S *_Nonnull z, S *_Nonnull inverse, S *_Nonnull y);                                            \
  /* dy [rows, width] becomes dz in place; dgain and doffset [width] are added to if `accumulate`. */                        \
  void dk_layer_norm_backward_##X(                                                                                           \
    dk_instruction_set set, ptrdiff_t rows, ptrdiff_t width, const S *_Nonnull gain, const S *_Nonnull offset,               \
    dk_activation activation, const S *_Nonnull n, const S *_Nonnull inverse, const S *_Nonnull y, S *_Nonnull dy,           \
    bool accumulate, S *_Nonnull dgain, S *_Nonnull doffset);                                                                \
  /* One step of Adam, Kingma and Ba 2015, algorithm 1, with g scaled by `gradient_scale` first and, if weight_decay ≠ 0, the  \
     parameters by 1 − rate·weight_decay (Loshchilov and Hutter 2019, algorithm 2). correction1 = 1 − β₁ᵗ, correction2 =     \
     1 − β₂ᵗ. If `target` is not null: target += smoothing (new parameters − target) in the same pass. */                    \
  void dk_adam_##X(                                                                                                          \
    dk_instruction_set set, ptrdiff_t count, S *_Nonnull parameters, const S *_Nonnull gradients, S *_Nonnull first,         \
    S *_Nonnull second, S rate, S beta1, S beta2, S epsilon, S correction1, S correction2, S weight_decay, S gradient_scale, \
    S *_Nullable target, S smoothing);                                                                                       \
  /* target += smoothing (source − target) */                                                                                \
  void dk_soft_update_##X(                                                                                                   \
    dk_instruction_set set, ptrdiff_t count, S *_Nonnull target, const S *_Nonnull source, S smoothing);                     \
  /* y += a x */                                                                                                             \
  void dk_add_scaled_##X(dk_instruction_set set, ptrdiff_t count, S a, const S *_Nonnull x, S *_Nonnull y);                  \
  /* Σ x² in a fixed order: lanes in S, blocks of 4,096 in double. Not finite if an x is not, or if a block overflows S. */    \
  double dk_sum_of_squares_##X(dk_instruction_set set, ptrdiff_t count, const S *_Nonnull x);

DK_DECLARE(float, f)
DK_DECLARE(double, d)
#undef DK_DECLARE

/// Eigen's own product c = a b, row-major, c [m, n], a [m, k], b [k, n]: the yardstick, not used for training.
void dk_eigen_product(
  dk_instruction_set set, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const float *_Nonnull a, const float *_Nonnull b,
  float *_Nonnull c);
/// Multiplies and adds in registers only, `iterations` times; returns the floating-point operations done.
double dk_register_multiply_add(dk_instruction_set set, ptrdiff_t iterations);
/// Elements of float in a vector register of this instruction set.
ptrdiff_t dk_vector_width(dk_instruction_set set);

#ifdef __cplusplus
}
#endif
