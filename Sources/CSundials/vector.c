#include "vector.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <wide.h>

#define LENGTH(v) NV_LENGTH_S(v)
#define DATA(v) NV_DATA_S(v)

// Vectors are the same or have nothing in common, so that element by element the order does not matter. A compiler that
// is not told so takes the slow way whenever a result replaces its operand.
#if defined(__clang__)
#define EACH _Pragma("clang loop vectorize(assume_safety)")
#else
#define EACH _Pragma("GCC ivdep")
#endif

WIDE static void linear_sum(double a, N_Vector X, double b, N_Vector Y, N_Vector Z) {
  const double *x = DATA(X), *y = DATA(Y);
  double *z = DATA(Z);
  sunindextype n = LENGTH(X);
  if (a == 1 && b == 1)
    EACH for (sunindextype i = 0; i < n; i++) z[i] = x[i] + y[i];
  else if (a == 1)
    EACH for (sunindextype i = 0; i < n; i++) z[i] = x[i] + b * y[i];
  else if (b == 1)
    EACH for (sunindextype i = 0; i < n; i++) z[i] = a * x[i] + y[i];
  else
    EACH for (sunindextype i = 0; i < n; i++) z[i] = a * x[i] + b * y[i];
}

WIDE static void constant(double c, N_Vector Z) {
  double *z = DATA(Z);
  EACH for (sunindextype i = 0, n = LENGTH(Z); i < n; i++) z[i] = c;
}

WIDE static void product(N_Vector X, N_Vector Y, N_Vector Z) {
  const double *x = DATA(X), *y = DATA(Y);
  double *z = DATA(Z);
  EACH for (sunindextype i = 0, n = LENGTH(X); i < n; i++) z[i] = x[i] * y[i];
}

WIDE static void scale(double c, N_Vector X, N_Vector Z) {
  const double *x = DATA(X);
  double *z = DATA(Z);
  if (c == 1) {
    if (z != x) memcpy(z, x, (size_t)LENGTH(X) * sizeof(double));
    return;
  }
  EACH for (sunindextype i = 0, n = LENGTH(X); i < n; i++) z[i] = c * x[i];
}

WIDE static void absolute(N_Vector X, N_Vector Z) {
  const double *x = DATA(X);
  double *z = DATA(Z);
  EACH for (sunindextype i = 0, n = LENGTH(X); i < n; i++) z[i] = fabs(x[i]);
}

WIDE static void inverse(N_Vector X, N_Vector Z) {
  const double *x = DATA(X);
  double *z = DATA(Z);
  EACH for (sunindextype i = 0, n = LENGTH(X); i < n; i++) z[i] = 1 / x[i];
}

WIDE static void add_constant(N_Vector X, double b, N_Vector Z) {
  const double *x = DATA(X);
  double *z = DATA(Z);
  EACH for (sunindextype i = 0, n = LENGTH(X); i < n; i++) z[i] = x[i] + b;
}

WIDE static double minimum(N_Vector X) {
  const double *x = DATA(X);
  sunindextype n = LENGTH(X);
  double least = n > 0 ? x[0] : 0;
  for (sunindextype i = 1; i < n; i++) least = x[i] < least ? x[i] : least;
  return least;
}

WIDE static double weighted_norm(N_Vector X, N_Vector W) {
  const double *x = DATA(X), *w = DATA(W);
  sunindextype n = LENGTH(X), i = 0;
  pack partial = {0};
  for (; i + PARTIAL_SUMS <= n; i += PARTIAL_SUMS) {
    pack v = *(const pack *)(x + i) * *(const pack *)(w + i);
    partial += v * v;
  }
  for (int k = 0; i < n; i++, k++) {
    double v = x[i] * w[i];
    partial[k] += v * v;
  }
  return sqrt(sum_of(&partial) / (double)n);
}

// Sums that read each vector once: a block of the result stays in registers while all vectors pass.
enum { BLOCK = 16 };

WIDE static void combine(int count, const double *c, const double *const *x, double *z, sunindextype n) {
  sunindextype i = 0;
  for (; i + BLOCK <= n; i += BLOCK) {
    double sum[BLOCK];
    for (int b = 0; b < BLOCK; b++) sum[b] = c[0] * x[0][i + b];
    for (int k = 1; k < count; k++)
      for (int b = 0; b < BLOCK; b++) sum[b] += c[k] * x[k][i + b];
    for (int b = 0; b < BLOCK; b++) z[i + b] = sum[b];
  }
  for (; i < n; i++) {
    double sum = c[0] * x[0][i];
    for (int k = 1; k < count; k++) sum += c[k] * x[k][i];
    z[i] = sum;
  }
}

// IDA combines one vector more than its highest order, 5, and never more than a few.
enum { MOST_VECTORS = 16 };

static int combine_from(sunindextype first, int count, double *c, N_Vector *X, N_Vector Z) {
  const double *x[MOST_VECTORS];
  if (count > MOST_VECTORS) return -1;
  for (int k = 0; k < count; k++) x[k] = DATA(X[k]) + first;
  combine(count, c, x, DATA(Z), LENGTH(Z));
  return 0;
}

static int linear_combination(int count, double *c, N_Vector *X, N_Vector Z) {
  return combine_from(0, count, c, X, Z);
}

// Z_k = a X_k + b Y_k one vector after the other, where a result may be the operand of the next: a block of all vectors at a time,
// which stays near the processor.
WIDE static int linear_sum_array(int count, double a, N_Vector *X, double b, N_Vector *Y, N_Vector *Z) {
  double *x[MOST_VECTORS], *y[MOST_VECTORS], *z[MOST_VECTORS];
  if (count > MOST_VECTORS) return -1;
  for (int k = 0; k < count; k++) {
    x[k] = DATA(X[k]);
    y[k] = DATA(Y[k]);
    z[k] = DATA(Z[k]);
  }
  sunindextype i = 0, n = LENGTH(Z[0]);
  for (; i + BLOCK <= n; i += BLOCK)
    for (int k = 0; k < count; k++) {
      double sum[BLOCK];
      for (int j = 0; j < BLOCK; j++) sum[j] = a * x[k][i + j] + b * y[k][i + j];
      for (int j = 0; j < BLOCK; j++) z[k][i + j] = sum[j];
    }
  for (; i < n; i++)
    for (int k = 0; k < count; k++) z[k][i] = a * x[k][i] + b * y[k][i];
  return 0;
}

static int scale_array(int count, double *c, N_Vector *X, N_Vector *Z) {
  for (int k = 0; k < count; k++) scale(c[k], X[k], Z[k]);
  return 0;
}

static N_Vector with_our_operations(N_Vector v) {
  if (!v) return NULL;
  v->ops->nvlinearsum = linear_sum;
  v->ops->nvconst = constant;
  v->ops->nvprod = product;
  v->ops->nvscale = scale;
  v->ops->nvabs = absolute;
  v->ops->nvinv = inverse;
  v->ops->nvaddconst = add_constant;
  v->ops->nvmin = minimum;
  v->ops->nvwrmsnorm = weighted_norm;
  v->ops->nvlinearcombination = linear_combination;
  v->ops->nvlinearsumvectorarray = linear_sum_array;
  v->ops->nvscalevectorarray = scale_array;
  return v;
}

N_Vector cs_vector_new(sunindextype n, SUNContext context) {
  return with_our_operations(N_VNew_Serial(n, context));
}

N_Vector cs_vector_around(sunindextype n, SUNContext context) {
  return with_our_operations(N_VNewEmpty_Serial(n, context));
}

static void no_sum(double a, N_Vector X, double b, N_Vector Y, N_Vector Z) { (void)a, (void)X, (void)b, (void)Y, (void)Z; }

static int no_combination(int count, double *c, N_Vector *X, N_Vector Z) {
  (void)count, (void)c, (void)X, (void)Z;
  return 0;
}

N_Vector cs_vector_untold(sunindextype n, SUNContext context) {
  N_Vector v = cs_vector_new(n, context);
  if (!v) return NULL;
  v->ops->nvlinearsum = no_sum;
  v->ops->nvlinearcombination = no_combination;
  return v;
}

// The content of a serial vector, and where in full vectors its elements begin.
struct window {
  struct _N_VectorContent_Serial serial;
  sunindextype first;
};

static int window_combination(int count, double *c, N_Vector *X, N_Vector Z) {
  return combine_from(((struct window *)Z->content)->first, count, c, X, Z);
}

N_Vector cs_window_new(SUNContext context) {
  N_Vector v = N_VNewEmpty_Serial(0, context);
  struct window *window = calloc(1, sizeof *window);
  if (!v || !window) {
    free(window);
    if (v) N_VDestroy(v);
    return NULL;
  }
  // Its destructor frees the content, whatever its size.
  free(v->content);
  v->content = window;
  v->ops->nvlinearcombination = window_combination;
  return v;
}

void cs_window_set(N_Vector v, sunindextype first, sunindextype count, double *elements) {
  struct window *window = v->content;
  window->serial.length = count;
  window->serial.own_data = SUNFALSE;
  window->serial.data = elements;
  window->first = first;
}
