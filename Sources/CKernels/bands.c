#include "CKernels.h"

// The systems are taken in chunks of a width that the compiler knows, so that a chunk of a row lives in registers.
// The arguments of the function may speak of the first system of a chunk, s.
#define FOR_CHUNKS(systems, function, ...)                              \
  do {                                                                  \
    long s = 0;                                                         \
    for (; s + 8 <= (systems); s += 8) function(8, __VA_ARGS__);        \
    for (; s + 4 <= (systems); s += 4) function(4, __VA_ARGS__);        \
    for (; s + 2 <= (systems); s += 2) function(2, __VA_ARGS__);        \
    for (; s < (systems); s++) function(1, __VA_ARGS__);                \
  } while (0)

#define INLINE static inline __attribute__((always_inline))

static inline long place(const ck_bands *a, long row, long column) {
  return (row * 2 * a->bandwidth + column + a->bandwidth) * a->matrices;
}

WIDE void ck_bands_factor(ck_bands a) {
  long count = a.matrices;
  for (long pivot = 0; pivot < a.rows; pivot++) {
    double *diagonal = a.values + place(&a, pivot, pivot);
    for (long k = 0; k < count; k++) diagonal[k] = 1 / diagonal[k];
    for (long row = pivot + 1; row < a.rows && a.first[row] <= pivot; row++) {
      double *factor = a.values + place(&a, row, pivot);
      for (long k = 0; k < count; k++) factor[k] *= diagonal[k];
      for (long column = pivot + 1; column < a.rows && a.first[column] <= pivot; column++) {
        double *target = a.values + place(&a, row, column);
        const double *source = a.values + place(&a, pivot, column);
        for (long k = 0; k < count; k++) target[k] -= factor[k] * source[k];
      }
    }
  }
}

// sum -= f x for a chunk of systems: f is a number for all of them, or one for each.
INLINE void subtract(int width, int shared, double *sum, const double *f, const double *x) {
  for (int k = 0; k < width; k++) sum[k] -= (shared ? f[0] : f[k]) * x[k];
}

INLINE void reduce(int width, int shared, const ck_bands *a, long s, double *b) {
  long rowStep = 2 * a->bandwidth * a->matrices, columnStep = a->matrices, systems = a->systems;
  // The element (row, 0), which need not exist.
  const double *elements = a->values + a->bandwidth * a->matrices + (shared ? 0 : s);
  for (long row = 1; row < a->rows; row++) {
    elements += rowStep;
    double sum[8], *target = b + row * systems + s;
    for (int k = 0; k < width; k++) sum[k] = target[k];
    for (long column = a->first[row]; column < row; column++)
      subtract(width, shared, sum, elements + column * columnStep, b + column * systems + s);
    for (int k = 0; k < width; k++) target[k] = sum[k];
  }
}

INLINE void expand(int width, int shared, const ck_bands *a, long s, double *b) {
  long rowStep = 2 * a->bandwidth * a->matrices, columnStep = a->matrices, systems = a->systems;
  const double *elements = a->values + a->bandwidth * a->matrices + (shared ? 0 : s) + a->rows * rowStep;
  // The last row whose profile reaches back to a column moves down with the column.
  long last = a->rows - 1;
  for (long row = a->rows - 1; row >= 0; row--) {
    elements -= rowStep;
    double sum[8], *target = b + row * systems + s;
    for (int k = 0; k < width; k++) sum[k] = target[k];
    while (a->first[last] > row) last--;
    for (long column = row + 1; column <= last; column++)
      subtract(width, shared, sum, elements + column * columnStep, b + column * systems + s);
    // Before anything is stored, which might be the same memory for all the compiler knows.
    const double *diagonal = elements + row * columnStep;
    for (int k = 0; k < width; k++) sum[k] *= shared ? diagonal[0] : diagonal[k];
    for (int k = 0; k < width; k++) target[k] = sum[k];
  }
}

// The same where rows read their neighbours alone: what one row hands to the next stays in registers.
INLINE void reduce_tridiagonal(int width, int shared, const ck_bands *a, long s, double *b) {
  long rowStep = 2 * a->matrices, systems = a->systems;
  // The element (row, row − 1).
  const double *factor = a->values + (shared ? 0 : s);
  double before[8], *target = b + s;
  for (int k = 0; k < width; k++) before[k] = target[k];
  for (long row = 1; row < a->rows; row++) {
    factor += rowStep + a->matrices;
    target += systems;
    for (int k = 0; k < width; k++) before[k] = target[k] - (shared ? factor[0] : factor[k]) * before[k];
    for (int k = 0; k < width; k++) target[k] = before[k];
  }
}

INLINE void expand_tridiagonal(int width, int shared, const ck_bands *a, long s, double *b) {
  long rowStep = 3 * a->matrices, columnStep = a->matrices, systems = a->systems;
  // The element (row, row), and right of it (row, row + 1).
  const double *diagonal = a->values + columnStep + (shared ? 0 : s) + (a->rows - 1) * rowStep;
  double after[8], *target = b + s + (a->rows - 1) * systems;
  for (int k = 0; k < width; k++) after[k] = target[k] * (shared ? diagonal[0] : diagonal[k]);
  for (int k = 0; k < width; k++) target[k] = after[k];
  for (long row = a->rows - 2; row >= 0; row--) {
    diagonal -= rowStep;
    target -= systems;
    const double *factor = diagonal + columnStep;
    for (int k = 0; k < width; k++)
      after[k] = (target[k] - (shared ? factor[0] : factor[k]) * after[k]) * (shared ? diagonal[0] : diagonal[k]);
    for (int k = 0; k < width; k++) target[k] = after[k];
  }
}

#define FOR_KINDS(operation)                                                                        \
  do {                                                                                              \
    if (a.bandwidth == 1 && a.matrices == 1)                                                        \
      FOR_CHUNKS(a.systems, operation##_tridiagonal, 1, &a, s, b);                                  \
    else if (a.bandwidth == 1)                                                                      \
      FOR_CHUNKS(a.systems, operation##_tridiagonal, 0, &a, s, b);                                  \
    else if (a.matrices == 1)                                                                       \
      FOR_CHUNKS(a.systems, operation, 1, &a, s, b);                                                \
    else                                                                                            \
      FOR_CHUNKS(a.systems, operation, 0, &a, s, b);                                                \
  } while (0)

WIDE void ck_bands_reduce(ck_bands a, double *b) { FOR_KINDS(reduce); }

WIDE void ck_bands_expand(ck_bands a, double *b) { FOR_KINDS(expand); }

INLINE void add_exchange(int width, long rows, long bandwidth, long systems, const long *first, const long *last,
                         const double *a, const double *y, double c, const double *b, const double *x, double *r) {
  for (long row = 0; row < rows; row++) {
    double sum[8], own[8];
    for (int k = 0; k < width; k++) {
      sum[k] = r[row * systems + k];
      own[k] = x[row * systems + k];
    }
    const double *aRow = a + row * 2 * bandwidth + bandwidth, *bRow = b + row * 2 * bandwidth + bandwidth;
    for (long column = first[row]; column <= last[row]; column++) {
      double p = aRow[column], q = c * bRow[column];
      const double *yColumn = y + column * systems, *xColumn = x + column * systems;
      for (int k = 0; k < width; k++) sum[k] += p * yColumn[k] + q * (xColumn[k] - own[k]);
    }
    for (int k = 0; k < width; k++) r[row * systems + k] = sum[k];
  }
}

// The same where rows read their neighbours alone.
INLINE void add_exchange_tridiagonal(int width, long rows, long systems, const double *a, const double *y, double c,
                                     const double *b, const double *x, double *r) {
  // What the row before has for this one.
  double handed[8] = {0}, own_y[8], own_x[8];
  for (int k = 0; k < width; k++) {
    own_y[k] = y[k];
    own_x[k] = x[k];
  }
  // The elements (row, row).
  for (a++, b++; rows > 1; rows--, a += 3, b += 3, r += systems) {
    y += systems;
    x += systems;
    double p = a[0], q = a[1], next = a[2], conductance = c * b[1], sum[8];
    for (int k = 0; k < width; k++) {
      double flow = conductance * (x[k] - own_x[k]);
      sum[k] = r[k] + handed[k] + p * own_y[k] + q * y[k] + flow;
      handed[k] = next * own_y[k] - flow;
      own_y[k] = y[k];
      own_x[k] = x[k];
    }
    for (int k = 0; k < width; k++) r[k] = sum[k];
  }
  for (int k = 0; k < width; k++) handed[k] += r[k] + a[0] * own_y[k];
  for (int k = 0; k < width; k++) r[k] = handed[k];
}

WIDE void ck_add_exchange(long rows, long bandwidth, long systems, const long *first, const long *last,
                          const double *a, const double *y, double c, const double *b, const double *x, double *r) {
  if (bandwidth == 1)
    FOR_CHUNKS(systems, add_exchange_tridiagonal, rows, systems, a, y + s, c, b, x + s, r + s);
  else
    FOR_CHUNKS(systems, add_exchange, rows, bandwidth, systems, first, last, a, y + s, c, b, x + s, r + s);
}

WIDE void ck_products(long rows, long systems, const double *a, const double *x, double *restrict sums) {
  for (long k = 0; k < systems; k++) sums[k] = 0;
  for (long row = 0; row < rows; row++, a += systems, x += systems)
    for (long k = 0; k < systems; k++) sums[k] += a[k] * x[k];
}

WIDE void ck_subtract(long rows, long systems, const double *a, const double *f, const double *b, const double *g,
                      double *restrict x) {
  for (long row = 0; row < rows; row++, a += systems, b += systems, x += systems)
    for (long k = 0; k < systems; k++) x[k] -= a[k] * f[k] + b[k] * g[k];
}

WIDE void ck_subtract_column(long rows, long systems, const double *a, const double *f, double *restrict x) {
  for (long row = 0; row < rows; row++, a += systems, x += systems)
    for (long k = 0; k < systems; k++) x[k] -= a[k] * f[k];
}

WIDE void ck_bands_scaled(ck_bands bands, double c, const double *a, const double *b, const double *x) {
  for (long row = 0; row < bands.rows; row++)
    for (long column = bands.first[row]; column < bands.rows && bands.first[column] <= row; column++) {
      long element = row * 2 * bands.bandwidth + column + bands.bandwidth;
      double *restrict target = bands.values + element * bands.matrices;
      const double *own = x + column * bands.matrices;
      double p = c * a[element], q = b[element];
      for (long k = 0; k < bands.matrices; k++) target[k] = p + q * own[k];
    }
}

WIDE void ck_piecewise(long rows, long systems, const double *pieces, double count, double start, double density,
                       const double *f, const double *x, double *restrict y) {
  // Whole numbers stand in the last bits of their sum with one so large that nothing smaller fits.
  const double large = 0x1.8p52;
  for (long row = 0; row < rows; row++, x += systems, y += systems)
    for (long k = 0; k < systems; k++) {
      double t = density * (x[k] - start);
      union {
        double number;
        long bits;
      } shifted = {(t - 0.5) + large};
      // False also where x is not a number.
      int inside = t >= 0 && t < count;
      const double *c = pieces + 6 * (inside ? shifted.bits & 0xffff : (long)count);
      double u = 2 * (t - (shifted.number - large)) - 1, u2 = u * u;
      y[k] = f[k] * ((c[0] + c[1] * u) + u2 * ((c[2] + c[3] * u) + u2 * (c[4] + c[5] * u)));
    }
}

WIDE void ck_interpolate(long order, long systems, const double *shape, const double *slope, const double *x,
                         double *restrict values, double *restrict gradients) {
  for (long k = 0; k < systems; k++) {
    values[k] = x[k];
    gradients[k] = 0;
  }
  for (long a = 1; a <= order; a++) {
    const double *node = x + a * systems;
    for (long k = 0; k < systems; k++) {
      double difference = node[k] - x[k];
      values[k] += shape[a] * difference;
      gradients[k] += slope[a] * difference;
    }
  }
}

WIDE void ck_add_flux(long order, long systems, const double *slope, const double *restrict flux, double *restrict r) {
  for (long a = 0; a <= order; a++)
    for (long k = 0; k < systems; k++) r[a * systems + k] += slope[a] * flux[k];
}

WIDE void ck_add_flux_derivatives(ck_bands bands, long first, long order, const double *shape, const double *slope,
                                  const double *restrict by_value, const double *restrict by_gradient) {
  for (long a = 0; a <= order; a++)
    for (long b = 0; b <= order; b++) {
      double *restrict target = bands.values + place(&bands, first + a, first + b);
      double p = slope[a] * shape[b], q = slope[a] * slope[b];
      for (long k = 0; k < bands.systems; k++) target[k] += p * by_value[k] + q * by_gradient[k];
    }
}

WIDE double ck_weighted_sum(long rows, long columns, const double *weights, const double *x) {
  double total = 0;
  for (long row = 0; row < rows; row++, x += columns) {
    // Sums side by side: one would wait for each of its additions.
    double partial[4] = {0};
    long j = 0;
    for (; j + 4 <= columns; j += 4)
      for (int k = 0; k < 4; k++) partial[k] += x[j + k];
    for (int k = 0; j < columns; j++, k++) partial[k] += x[j];
    total += weights[row] * ((partial[0] + partial[1]) + (partial[2] + partial[3]));
  }
  return total;
}

WIDE double ck_finite(const double *x, long n) {
  double partial[8] = {0};
  long i = 0;
  // A number multiplied by zero is zero exactly when it is finite.
  for (; i + 8 <= n; i += 8)
    for (int k = 0; k < 8; k++) partial[k] += 0 * x[i + k];
  for (; i < n; i++) partial[0] += 0 * x[i];
  double sum = 0;
  for (int k = 0; k < 8; k++) sum += partial[k];
  return sum;
}
