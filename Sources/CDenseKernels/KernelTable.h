// What one instruction set offers; the dispatch picks one of three such tables.
#pragma once
#include "CDenseKernels.h"

template <typename S> struct dk_scalar_table {
  void (*dense_forward)(
    ptrdiff_t, ptrdiff_t, ptrdiff_t, const S *, ptrdiff_t, const S *, const S *, dk_activation, S *, S *, ptrdiff_t, S *);
  void (*dense_backward_inputs)(
    ptrdiff_t, ptrdiff_t, ptrdiff_t, const S *, ptrdiff_t, const S *, dk_activation, const S *, const S *, ptrdiff_t, S *,
    ptrdiff_t, S *);
  void (*dense_backward_weights)(
    ptrdiff_t, ptrdiff_t, ptrdiff_t, const S *, ptrdiff_t, const S *, ptrdiff_t, bool, S *, S *, S *);
  void (*activate)(ptrdiff_t, dk_activation, const S *, S *);
  void (*activation_backward)(ptrdiff_t, dk_activation, const S *, const S *, const S *, S *);
  void (*layer_norm_forward)(ptrdiff_t, ptrdiff_t, S, const S *, const S *, dk_activation, S *, S *, S *);
  void (*layer_norm_backward)(
    ptrdiff_t, ptrdiff_t, const S *, const S *, dk_activation, const S *, const S *, const S *, S *, bool, S *, S *);
  void (*adam)(ptrdiff_t, S *, const S *, S *, S *, S, S, S, S, S, S, S, S, S *, S);
  void (*soft_update)(ptrdiff_t, S *, const S *, S);
  void (*add_scaled)(ptrdiff_t, S, const S *, S *);
  double (*sum_of_squares)(ptrdiff_t, const S *);
};

struct dk_table {
  dk_scalar_table<float> f;
  dk_scalar_table<double> d;
  void (*eigen_product)(ptrdiff_t, ptrdiff_t, ptrdiff_t, const float *, const float *, float *);
  double (*register_multiply_add)(ptrdiff_t);
  ptrdiff_t vector_width;
};

extern const dk_table dk_table_baseline;
#if defined(__x86_64__)
extern const dk_table dk_table_avx2;
extern const dk_table dk_table_avx512;
#endif
