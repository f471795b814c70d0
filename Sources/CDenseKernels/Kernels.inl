// The kernels, once for all instruction sets. The including file defines
//   DK_NAMESPACE            a name of its own for this copy
//   DK_VECTOR_BYTES         bytes of a vector register
//   DK_TILE_ROWS            rows of the register tile; its columns are two vectors
// and has switched the target on. Vectors are clang's vector extension, so one text serves every width and both scalar types.
//
// Products are our own: a tile of DK_TILE_ROWS × 2 vectors stays in registers over the whole of k. On one core of a Zen 5 that
// runs at the register rate at every shape of ours, where Eigen reaches half of it at 256 × 256 × 256.
#ifndef DK_NAMESPACE
#error "include this file from one of the instruction set files"
#endif

namespace DK_NAMESPACE {

using dk_index = ptrdiff_t;
#define DK_INLINE static inline __attribute__((always_inline))

// MARK: Vectors

template <typename S> struct VectorOf {
  typedef S type __attribute__((vector_size(DK_VECTOR_BYTES)));
  typedef S unaligned __attribute__((vector_size(DK_VECTOR_BYTES), aligned(alignof(S))));
};
template <typename S> using Vector = typename VectorOf<S>::type;
template <typename S> constexpr int width = DK_VECTOR_BYTES / sizeof(S);
typedef int32_t IntVector __attribute__((vector_size(DK_VECTOR_BYTES)));

template <typename S> DK_INLINE Vector<S> load(const S *p) { return *(const typename VectorOf<S>::unaligned *)p; }
template <typename S> DK_INLINE void store(S *p, Vector<S> v) { *(typename VectorOf<S>::unaligned *)p = v; }
/// s in every lane: s − 0, which is s for every s, so the compiler drops the subtraction (s + 0 it must keep, for −0).
template <typename S> DK_INLINE Vector<S> splat(S s) { return s - Vector<S>{}; }

/// The first `count` lanes from memory, zero in the others.
template <typename S> DK_INLINE Vector<S> load_partial(const S *p, dk_index count) {
  alignas(DK_VECTOR_BYTES) S lanes[width<S>] = {};
  for (dk_index i = 0; i < count; i++) lanes[i] = p[i];
  return load<S>(lanes);
}
template <typename S> DK_INLINE void store_partial(S *p, Vector<S> v, dk_index count) {
  alignas(DK_VECTOR_BYTES) S lanes[width<S>];
  store<S>(lanes, v);
  for (dk_index i = 0; i < count; i++) p[i] = lanes[i];
}

/// Calls f(i, lanes): vectors that are full, then the rest. Whoever loads and stores by these gives every element the same bits.
template <typename S, typename F> DK_INLINE void for_each_vector(dk_index count, F f) {
  dk_index i = 0;
  for (; i + width<S> <= count; i += width<S>) f(i, (dk_index)width<S>);
  if (i < count) f(i, count - i);
}
template <typename S> DK_INLINE Vector<S> load_some(const S *p, dk_index count) {
  return count == width<S> ? load<S>(p) : load_partial<S>(p, count);
}
template <typename S> DK_INLINE void store_some(S *p, Vector<S> v, dk_index count) {
  if (count == width<S>) store<S>(p, v);
  else store_partial<S>(p, v, count);
}

/// Lane i + count in lane i; what comes from beyond the last lane is any lane.
template <typename S, int count, int... lane>
DK_INLINE Vector<S> moved_down(Vector<S> v, std::integer_sequence<int, lane...>) {
  return __builtin_shufflevector(v, v, ((lane + count) % width<S>)...);
}

/// Sum of the lanes, in halves: a fixed order.
template <typename S, int half = width<S> / 2> DK_INLINE S sum_of_lanes(Vector<S> v) {
  if constexpr (half == 0) {
    return v[0];
  } else {
    return sum_of_lanes<S, half / 2>(v + moved_down<S, half>(v, std::make_integer_sequence<int, width<S>>()));
  }
}

// MARK: Elementary functions

/// eˣ for floats: x = n ln 2 + r, a polynomial of degree 7 in r. Source: Moshier, Cephes, expf. Within 2 units in the last
/// place for −87.3 ≤ x ≤ 88.3; outside, the value at the bound (so never infinite, never zero); NaN stays NaN.
DK_INLINE Vector<float> exponential(Vector<float> x) {
  const Vector<float> low = splat(-87.33f), high = splat(88.37f);
  Vector<float> c = x > low ? x : low;  // in this order, so that NaN is `low` here: no integer can be made of it
  c = c > high ? high : c;
  const Vector<float> magic = splat(12582912.0f);  // 1.5 · 2²³: adding and subtracting it rounds to an integer
  Vector<float> n = (c * 1.44269504088896341f + magic) - magic;
  Vector<float> r = c - n * 0.693359375f;
  r = r + n * 2.12194440e-4f;
  Vector<float> p = splat(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r + 1.0f;
  IntVector exponent = (__builtin_convertvector(n, IntVector) + 127) << 23;
  Vector<float> result = p * (Vector<float>)exponent;
  return x == x ? result : x;
}

/// tanh x for floats: an odd polynomial of degree 13 over an even one of degree 6, x clamped to ±7.905. Coefficients:
/// Eigen 3.4, generic_fast_tanh_float. Within 6 units in the last place (tested), |tanh| ≤ 1, ±1 beyond ±9.02; NaN stays NaN.
DK_INLINE Vector<float> hyperbolic_tangent(Vector<float> x) {
  const Vector<float> bound = splat(7.90531110763549805f);
  Vector<float> c = x > bound ? bound : x;
  c = c < -bound ? -bound : c;
  const Vector<float> s = c * c;
  Vector<float> p = splat(-2.76076847742355e-16f);
  p = p * s + 2.00018790482477e-13f;
  p = p * s + -8.60467152213735e-11f;
  p = p * s + 5.12229709037114e-08f;
  p = p * s + 1.48572235717979e-05f;
  p = p * s + 6.37261928875436e-04f;
  p = p * s + 4.89352455891786e-03f;
  Vector<float> q = splat(1.19825839466702e-06f);
  q = q * s + 1.18534705686654e-04f;
  q = q * s + 2.26843463243900e-03f;
  q = q * s + 4.89352518554385e-03f;
  Vector<float> result = c * p / q;
  const Vector<float> tiny = splat(0.0004f), huge = splat(9.02f), one = splat(1.0f);
  result = ((x < tiny) & (x > -tiny)) ? x : result;
  result = x > huge ? one : result;
  return x < -huge ? -one : result;
}

template <typename F> DK_INLINE Vector<double> by_lane(Vector<double> x, F f) {
  alignas(DK_VECTOR_BYTES) double lanes[width<double>];
  store<double>(lanes, x);
  for (int i = 0; i < width<double>; i++) lanes[i] = f(lanes[i]);
  return load<double>(lanes);
}
DK_INLINE Vector<double> exponential(Vector<double> x) {
  return by_lane(x, [](double v) { return std::exp(v); });
}
DK_INLINE Vector<double> hyperbolic_tangent(Vector<double> x) {
  return by_lane(x, [](double v) { return std::tanh(v); });
}

/// eˣ − 1 = 2 t / (1 − t) with t = tanh(x / 2), for x ≤ 0: exact to rounding near zero too.
template <typename V> DK_INLINE V exponential_minus_one(V x) {
  const V t = hyperbolic_tangent(x * 0.5f);
  return (t + t) / (1.0f - t);
}
template <typename V> DK_INLINE V sigmoid(V x) { return 1.0f / (1.0f + exponential(-x)); }

// MARK: Activations

template <typename S> DK_INLINE Vector<S> activate(dk_activation activation, Vector<S> z) {
  const Vector<S> zero = {};
  switch (activation) {
  case dk_identity: return z;
  case dk_tanh: return hyperbolic_tangent(z);
  case dk_relu: return z < zero ? zero : z;  // in this order, so that NaN stays NaN
  case dk_elu: return z < zero ? exponential_minus_one<Vector<S>>(z < zero ? z : zero) : z;
  case dk_silu: return z * sigmoid<Vector<S>>(z);
  }
  return z;
}

/// Derivative with respect to z, from y = activation(z) and, for SiLU, z itself.
template <typename S> DK_INLINE Vector<S> slope(dk_activation activation, Vector<S> y, Vector<S> z) {
  const Vector<S> zero = {}, one = splat<S>(1);
  switch (activation) {
  case dk_identity: return one;
  case dk_tanh: return one - y * y;
  case dk_relu: return y > zero ? one : zero;
  case dk_elu: return y > zero ? one : one + y;
  case dk_silu: {
    const Vector<S> g = sigmoid<Vector<S>>(z);
    return g * (one + z * (one - g));
  }
  }
  return one;
}

// MARK: Tiles

/// acc[m][n] += Σₖ a(m, k) b(k, n), k ascending. a(m, k) = a[m·row_step + k·k_step]; b rows are `b_stride` apart.
/// Then `finish(m, n, acc)` for every vector of the tile.
template <typename S, int M, int N, bool unit_k_step, typename F>
DK_INLINE void tile(dk_index k_count, const S *a, dk_index a_stride, const S *b, dk_index b_stride, F finish) {
  Vector<S> acc[M][N];
#pragma clang loop unroll(full)
  for (int m = 0; m < M; m++)
#pragma clang loop unroll(full)
    for (int n = 0; n < N; n++) acc[m][n] = Vector<S>{};
  for (dk_index k = 0; k < k_count; k++) {
    Vector<S> row[N];
#pragma clang loop unroll(full)
    for (int n = 0; n < N; n++) row[n] = load<S>(b + k * b_stride + n * width<S>);
#pragma clang loop unroll(full)
    for (int m = 0; m < M; m++) {
      const Vector<S> s = splat<S>(unit_k_step ? a[m * a_stride + k] : a[k * a_stride + m]);
#pragma clang loop unroll(full)
      for (int n = 0; n < N; n++) acc[m][n] += s * row[n];
    }
  }
#pragma clang loop unroll(full)
  for (int m = 0; m < M; m++)
#pragma clang loop unroll(full)
    for (int n = 0; n < N; n++) finish(m, n, acc[m][n]);
}

template <typename S, int M, int N, bool unit_k_step, typename F>
static __attribute__((noinline)) void tile_call(
  dk_index k_count, const S *a, dk_index a_stride, const S *b, dk_index b_stride, dk_index m0, F finish) {
  tile<S, M, N, unit_k_step>(k_count, a, a_stride, b, b_stride, [&](int m, int n, Vector<S> v) { finish(m0 + m, n, v); });
}

/// All rows of one panel of N vectors of columns.
template <typename S, int N, bool unit_k_step, typename F>
DK_INLINE void panel(dk_index m_count, dk_index k_count, const S *a, dk_index a_stride, const S *b, dk_index b_stride, F finish) {
  dk_index m = 0;
  for (; m + DK_TILE_ROWS <= m_count; m += DK_TILE_ROWS)
    tile_call<S, DK_TILE_ROWS, N, unit_k_step>(
      k_count, a + (unit_k_step ? m * a_stride : m), a_stride, b, b_stride, m, finish);
  const S *rest = a + (unit_k_step ? m * a_stride : m);
  switch (m_count - m) {
  case 7: if constexpr (DK_TILE_ROWS > 7) tile_call<S, 7, N, unit_k_step>(k_count, rest, a_stride, b, b_stride, m, finish); break;
  case 6: if constexpr (DK_TILE_ROWS > 6) tile_call<S, 6, N, unit_k_step>(k_count, rest, a_stride, b, b_stride, m, finish); break;
  case 5: tile_call<S, 5, N, unit_k_step>(k_count, rest, a_stride, b, b_stride, m, finish); break;
  case 4: tile_call<S, 4, N, unit_k_step>(k_count, rest, a_stride, b, b_stride, m, finish); break;
  case 3: tile_call<S, 3, N, unit_k_step>(k_count, rest, a_stride, b, b_stride, m, finish); break;
  case 2: tile_call<S, 2, N, unit_k_step>(k_count, rest, a_stride, b, b_stride, m, finish); break;
  case 1: tile_call<S, 1, N, unit_k_step>(k_count, rest, a_stride, b, b_stride, m, finish); break;
  default: break;
  }
}

/// c(m, n) = Σₖ a(m, k) b[k·b_stride + n] for b [k_count, n_count]; `finish(m, n, lanes, value)` gets each vector of c once.
template <typename S, bool unit_k_step, typename F>
DK_INLINE void product(
  dk_index m_count, dk_index n_count, dk_index k_count, const S *a, dk_index a_stride, const S *b, dk_index b_stride,
  S *scratch, F finish) {
  constexpr dk_index w = width<S>;
  dk_index n0 = 0;
  for (; n0 + 2 * w <= n_count; n0 += 2 * w)
    panel<S, 2, unit_k_step>(m_count, k_count, a, a_stride, b + n0, b_stride,
      [=](dk_index m, int n, Vector<S> v) { finish(m, n0 + n * w, w, v); });
  const dk_index rest = n_count - n0;
  if (rest == 0) return;
  const S *last = b + n0;
  dk_index last_stride = b_stride;
  const dk_index padded = rest > w ? 2 * w : w;
  if (rest != padded) {  // the last columns do not fill their vectors: a copy padded with zeros
    for (dk_index k = 0; k < k_count; k++)
      for (dk_index n = 0; n < padded; n++) scratch[k * padded + n] = n < rest ? last[k * b_stride + n] : S(0);
    last = scratch;
    last_stride = padded;
  }
  if (padded == w)
    panel<S, 1, unit_k_step>(m_count, k_count, a, a_stride, last, last_stride,
      [=](dk_index m, int, Vector<S> v) { finish(m, n0, rest, v); });
  else
    panel<S, 2, unit_k_step>(m_count, k_count, a, a_stride, last, last_stride,
      [=](dk_index m, int n, Vector<S> v) { finish(m, n0 + n * w, n == 0 ? w : rest - w, v); });
}

// MARK: Transposition

template <int step, int w> struct Butterfly {
  template <typename V, int... lane> DK_INLINE V low(V a, V b, std::integer_sequence<int, lane...>) {
    return __builtin_shufflevector(a, b, ((lane & step) ? lane - step + w : lane)...);
  }
  template <typename V, int... lane> DK_INLINE V high(V a, V b, std::integer_sequence<int, lane...>) {
    return __builtin_shufflevector(a, b, ((lane & step) ? lane + w : lane + step)...);
  }
};

template <typename S, int step> DK_INLINE void butterflies(Vector<S> *rows) {
  constexpr int w = width<S>;
  if constexpr (step < w) {
    using lanes = std::make_integer_sequence<int, w>;
#pragma clang loop unroll(full)
    for (int r = 0; r < w; r++)
      if (!(r & step)) {
        const Vector<S> a = rows[r], b = rows[r | step];
        rows[r] = Butterfly<step, w>::low(a, b, lanes());
        rows[r | step] = Butterfly<step, w>::high(a, b, lanes());
      }
    butterflies<S, step * 2>(rows);
  }
}

/// to[c·to_stride + r] = from[r·from_stride + c] for r < rows, c < columns, rows ≤ padded: zero up to `padded`.
template <typename S>
DK_INLINE void transpose(
  dk_index rows, dk_index padded, dk_index columns, const S *from, dk_index from_stride, S *to, dk_index to_stride) {
  constexpr dk_index w = width<S>;
  for (dk_index r = 0; r < padded; r += w) {
    dk_index c = 0;
    if (r + w <= rows)
      for (; c + w <= columns; c += w) {
        Vector<S> block[w];
#pragma clang loop unroll(full)
        for (int i = 0; i < w; i++) block[i] = load<S>(from + (r + i) * from_stride + c);
        butterflies<S, 1>(block);
#pragma clang loop unroll(full)
        for (int i = 0; i < w; i++) store<S>(to + (c + i) * to_stride + r, block[i]);
      }
    for (; c < columns; c++)
      for (dk_index i = r; i < r + w; i++) to[c * to_stride + i] = i < rows ? from[i * from_stride + c] : S(0);
  }
}

// MARK: Dense layers

/// One output: a dot product per row, four vectors of partial sums, the same for every row.
template <typename S> DK_INLINE S dot(dk_index count, const S *a, const S *b) {
  constexpr dk_index w = width<S>;
  Vector<S> sums[4] = {};
  dk_index i = 0;
  for (; i + 4 * w <= count; i += 4 * w)
#pragma clang loop unroll(full)
    for (int j = 0; j < 4; j++) sums[j] += load<S>(a + i + j * w) * load<S>(b + i + j * w);
  for (; i + w <= count; i += w) sums[0] += load<S>(a + i) * load<S>(b + i);
  if (i < count) sums[1] += load_partial<S>(a + i, count - i) * load_partial<S>(b + i, count - i);
  return sum_of_lanes<S>((sums[0] + sums[1]) + (sums[2] + sums[3]));
}

template <typename S>
static void dense_forward(
  dk_index rows, dk_index inputs, dk_index outputs, const S *x, dk_index x_stride, const S *w, const S *bias,
  dk_activation activation, S *pre, S *y, dk_index y_stride, S *scratch) {
  if (outputs == 1) {
    for (dk_index r0 = 0; r0 < rows; r0 += width<S>) {
      const dk_index count = rows - r0 < width<S> ? rows - r0 : width<S>;
      alignas(DK_VECTOR_BYTES) S z[width<S>] = {};
      for (dk_index r = 0; r < count; r++)
        z[r] = dot<S>(inputs, x + (r0 + r) * x_stride, w) + (bias ? bias[0] : S(0));
      alignas(DK_VECTOR_BYTES) S value[width<S>];
      store<S>(value, activate<S>(activation, load<S>(z)));
      for (dk_index r = 0; r < count; r++) {
        if (pre) pre[(r0 + r) * y_stride] = z[r];
        y[(r0 + r) * y_stride] = value[r];
      }
    }
    return;
  }
  product<S, true>(rows, outputs, inputs, x, x_stride, w, outputs, scratch,
    [=](dk_index m, dk_index n, dk_index lanes, Vector<S> v) {
      if (bias) v += load_some<S>(bias + n, lanes);
      if (pre) store_some<S>(pre + m * y_stride + n, v, lanes);
      store_some<S>(y + m * y_stride + n, activate<S>(activation, v), lanes);
    });
}

template <typename S>
static void dense_backward_inputs(
  dk_index rows, dk_index inputs, dk_index outputs, const S *dz, dk_index dz_stride, const S *w, dk_activation activation,
  const S *y, const S *pre, dk_index y_stride, S *dx, dk_index dx_stride, S *scratch) {
  constexpr dk_index v = width<S>;
  const bool needs_pre = activation == dk_silu;
  for (dk_index n0 = 0; n0 < inputs; n0 += 2 * v) {
    const dk_index count = inputs - n0 < 2 * v ? inputs - n0 : 2 * v;
    const dk_index padded = count > v ? 2 * v : v;
    const S *transposed = scratch;
    if (outputs == 1 && count == padded) transposed = w + n0;  // a column is its own transpose
    else transpose<S>(count, padded, outputs, w + n0 * outputs, outputs, scratch, padded);
    auto finish = [=](dk_index m, int n, Vector<S> value) {
      const dk_index column = n0 + n * v, left = n0 + count - column, lanes = left < v ? left : v;
      if (activation != dk_identity) {
        const dk_index at = m * y_stride + column;
        value *= slope<S>(
          activation, load_some<S>(y + at, lanes), needs_pre ? load_some<S>(pre + at, lanes) : Vector<S>{});
      }
      store_some<S>(dx + m * dx_stride + column, value, lanes);
    };
    if (padded == v) panel<S, 1, true>(rows, outputs, dz, dz_stride, transposed, padded, finish);
    else panel<S, 2, true>(rows, outputs, dz, dz_stride, transposed, padded, finish);
  }
}

template <typename S>
static void dense_backward_weights(
  dk_index rows, dk_index inputs, dk_index outputs, const S *x, dk_index x_stride, const S *dz, dk_index dz_stride,
  bool accumulate, S *dw, S *db, S *scratch) {
  if (db) {
    for_each_vector<S>(outputs, [=](dk_index n, dk_index lanes) {
      Vector<S> sum = {};
      for (dk_index r = 0; r < rows; r++) sum += load_some<S>(dz + r * dz_stride + n, lanes);
      if (accumulate) sum += load_some<S>(db + n, lanes);
      store_some<S>(db + n, sum, lanes);
    });
  }
  auto finish = [=](dk_index m, dk_index n, dk_index lanes, Vector<S> v) {
    S *c = dw + m * outputs + n;
    if (accumulate) v += load_some<S>(c, lanes);
    store_some<S>(c, v, lanes);
  };
  if (outputs == 1) {  // dwᵀ = dzᵀ x: one row of the product, its columns along the inputs
    if (dz_stride == 1)
      product<S, true>(1, inputs, rows, dz, rows, x, x_stride, scratch,
        [=](dk_index, dk_index n, dk_index lanes, Vector<S> v) { finish(n, 0, lanes, v); });
    else
      product<S, false>(1, inputs, rows, dz, dz_stride, x, x_stride, scratch,
        [=](dk_index, dk_index n, dk_index lanes, Vector<S> v) { finish(n, 0, lanes, v); });
    return;
  }
  product<S, false>(inputs, outputs, rows, x, x_stride, dz, dz_stride, scratch, finish);
}

// MARK: Elementwise

template <typename S> static void activate_all(dk_index count, dk_activation activation, const S *z, S *y) {
  for_each_vector<S>(count, [=](dk_index i, dk_index lanes) {
    store_some<S>(y + i, activate<S>(activation, load_some<S>(z + i, lanes)), lanes);
  });
}

template <typename S>
static void activation_backward(dk_index count, dk_activation activation, const S *y, const S *pre, const S *dy, S *dz) {
  const bool needs_pre = activation == dk_silu;
  for_each_vector<S>(count, [=](dk_index i, dk_index lanes) {
    const Vector<S> s = slope<S>(
      activation, load_some<S>(y + i, lanes), needs_pre ? load_some<S>(pre + i, lanes) : Vector<S>{});
    store_some<S>(dz + i, load_some<S>(dy + i, lanes) * s, lanes);
  });
}

template <typename S>
static void layer_norm_forward(
  dk_index rows, dk_index columns, S epsilon, const S *gain, const S *offset, dk_activation activation, S *z, S *inverse,
  S *y) {
  for (dk_index r = 0; r < rows; r++) {
    S *n = z + r * columns;
    S *out = y + r * columns;
    Vector<S> sum = {};
    for_each_vector<S>(columns, [&](dk_index i, dk_index lanes) { sum += load_some<S>(n + i, lanes); });
    const S mean = sum_of_lanes<S>(sum) / S(columns);
    Vector<S> squares = {};
    for_each_vector<S>(columns, [&](dk_index i, dk_index lanes) {
      const Vector<S> d = load_some<S>(n + i, lanes) - mean;
      store_some<S>(n + i, d, lanes);
      const Vector<S> valid = load_some<S>(n + i, lanes);  // lanes beyond the row are zero again
      squares += valid * valid;
    });
    const S scale = S(1) / std::sqrt(sum_of_lanes<S>(squares) / S(columns) + epsilon);
    inverse[r] = scale;
    for_each_vector<S>(columns, [&](dk_index i, dk_index lanes) {
      const Vector<S> normal = load_some<S>(n + i, lanes) * scale;
      store_some<S>(n + i, normal, lanes);
      const Vector<S> a = normal * load_some<S>(gain + i, lanes) + load_some<S>(offset + i, lanes);
      store_some<S>(out + i, activate<S>(activation, a), lanes);
    });
  }
}

template <typename S>
static void layer_norm_backward(
  dk_index rows, dk_index columns, const S *gain, const S *offset, dk_activation activation, const S *n, const S *inverse,
  const S *y, S *dy, bool accumulate, S *dgain, S *doffset) {
  if (!accumulate)
    for (dk_index i = 0; i < columns; i++) dgain[i] = doffset[i] = S(0);
  for (dk_index r = 0; r < rows; r++) {
    const S *normal = n + r * columns, *out = y + r * columns;
    S *d = dy + r * columns;
    // dn = dy ⊙ activation' ⊙ gain; dz = (dn − mean(dn) − n mean(dn ⊙ n)) / √(variance + epsilon)
    Vector<S> sum = {}, product_sum = {};
    for_each_vector<S>(columns, [&](dk_index i, dk_index lanes) {
      const Vector<S> m = load_some<S>(normal + i, lanes), g = load_some<S>(gain + i, lanes);
      const Vector<S> a = m * g + load_some<S>(offset + i, lanes);
      const Vector<S> da = load_some<S>(d + i, lanes) * slope<S>(activation, load_some<S>(out + i, lanes), a);
      store_some<S>(dgain + i, load_some<S>(dgain + i, lanes) + da * m, lanes);
      store_some<S>(doffset + i, load_some<S>(doffset + i, lanes) + da, lanes);
      const Vector<S> dn = da * g;
      store_some<S>(d + i, dn, lanes);
      sum += dn;
      product_sum += dn * m;
    });
    const S mean = sum_of_lanes<S>(sum) / S(columns), correlation = sum_of_lanes<S>(product_sum) / S(columns);
    for_each_vector<S>(columns, [&](dk_index i, dk_index lanes) {
      const Vector<S> dn = load_some<S>(d + i, lanes), m = load_some<S>(normal + i, lanes);
      store_some<S>(d + i, (dn - mean - m * correlation) * inverse[r], lanes);
    });
  }
}

// MARK: Parameter vectors

template <typename S>
static void adam(
  dk_index count, S *parameters, const S *gradients, S *first, S *second, S rate, S beta1, S beta2, S epsilon,
  S correction1, S correction2, S weight_decay, S gradient_scale, S *target, S smoothing) {
  const S step = rate / correction1, root = S(1) / std::sqrt(correction2), keep = S(1) - rate * weight_decay;
  const S rest1 = S(1) - beta1, rest2 = S(1) - beta2;
  for_each_vector<S>(count, [=](dk_index i, dk_index lanes) {
    const Vector<S> g = load_some<S>(gradients + i, lanes) * gradient_scale;
    const Vector<S> m = load_some<S>(first + i, lanes) * beta1 + g * rest1;
    const Vector<S> v = load_some<S>(second + i, lanes) * beta2 + g * g * rest2;
    const Vector<S> p = load_some<S>(parameters + i, lanes) * keep
      - m * step / (__builtin_elementwise_sqrt(v) * root + epsilon);
    store_some<S>(first + i, m, lanes);
    store_some<S>(second + i, v, lanes);
    store_some<S>(parameters + i, p, lanes);
    if (target) {
      const Vector<S> t = load_some<S>(target + i, lanes);
      store_some<S>(target + i, t + (p - t) * smoothing, lanes);
    }
  });
}

template <typename S> static void soft_update(dk_index count, S *target, const S *source, S smoothing) {
  for_each_vector<S>(count, [=](dk_index i, dk_index lanes) {
    const Vector<S> t = load_some<S>(target + i, lanes);
    store_some<S>(target + i, t + (load_some<S>(source + i, lanes) - t) * smoothing, lanes);
  });
}

template <typename S> static void add_scaled(dk_index count, S a, const S *x, S *y) {
  for_each_vector<S>(count, [=](dk_index i, dk_index lanes) {
    store_some<S>(y + i, load_some<S>(y + i, lanes) + load_some<S>(x + i, lanes) * a, lanes);
  });
}

template <typename S> static double sum_of_squares(dk_index count, const S *x) {
  double total = 0;
  for (dk_index start = 0; start < count; start += 4096) {
    const dk_index n = count - start < 4096 ? count - start : 4096;
    total += (double)dot<S>(n, x + start, x + start);
  }
  return total;
}

// MARK: Yardsticks

static double register_multiply_add(dk_index iterations) {
  constexpr int chains = DK_TILE_ROWS * 2;
  Vector<float> acc[chains];
  for (int i = 0; i < chains; i++) acc[i] = splat(1.0f + i);
  Vector<float> a = splat(0.999f), b = splat(0.001f);
  asm volatile("" : "+m"(a), "+m"(b));  // unknown to the optimizer
  for (dk_index n = 0; n < iterations; n++)
#pragma clang loop unroll(full)
    for (int i = 0; i < chains; i++) acc[i] = acc[i] * a + b;
  Vector<float> sum = {};
  for (int i = 0; i < chains; i++) sum += acc[i];
  asm volatile("" : "+m"(sum));
  return 2.0 * chains * width<float> * iterations;
}

static void eigen_product(dk_index m, dk_index n, dk_index k, const float *a, const float *b, float *c) {
  using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  Eigen::Map<Matrix>(c, m, n).noalias() = Eigen::Map<const Matrix>(a, m, k) * Eigen::Map<const Matrix>(b, k, n);
}

}  // namespace DK_NAMESPACE

// MARK: Table

#define DK_SCALAR_TABLE(S)                                                                                                    \
  {                                                                                                                          \
    DK_NAMESPACE::dense_forward<S>, DK_NAMESPACE::dense_backward_inputs<S>, DK_NAMESPACE::dense_backward_weights<S>,         \
      DK_NAMESPACE::activate_all<S>, DK_NAMESPACE::activation_backward<S>, DK_NAMESPACE::layer_norm_forward<S>,              \
      DK_NAMESPACE::layer_norm_backward<S>, DK_NAMESPACE::adam<S>, DK_NAMESPACE::soft_update<S>,                             \
      DK_NAMESPACE::add_scaled<S>, DK_NAMESPACE::sum_of_squares<S>                                                           \
  }
