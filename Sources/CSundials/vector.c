#include "vector.h"

#include <math.h>

#include <wide.h>

#define LENGTH(v) NV_LENGTH_S(v)
#define DATA(v) NV_DATA_S(v)

enum { PARTIAL_SUMS = 8 };

static double sum_of(const double *partial) {
  return ((partial[0] + partial[4]) + (partial[2] + partial[6])) +
         ((partial[1] + partial[5]) + (partial[3] + partial[7]));
}

WIDE static void linear_sum(double a, N_Vector X, double b, N_Vector Y, N_Vector Z) {
  const double *x = DATA(X), *y = DATA(Y);
  double *z = DATA(Z);
  sunindextype n = LENGTH(X);
  if (a == 1 && b == 1)
    for (sunindextype i = 0; i < n; i++) z[i] = x[i] + y[i];
  else if (a == 1)
    for (sunindextype i = 0; i < n; i++) z[i] = x[i] + b * y[i];
  else if (b == 1)
    for (sunindextype i = 0; i < n; i++) z[i] = a * x[i] + y[i];
  else
    for (sunindextype i = 0; i < n; i++) z[i] = a * x[i] + b * y[i];
}

WIDE static void constant(double c, N_Vector Z) {
  double *z = DATA(Z);
  for (sunindextype i = 0, n = LENGTH(Z); i < n; i++) z[i] = c;
}

WIDE static void product(N_Vector X, N_Vector Y, N_Vector Z) {
  const double *x = DATA(X), *y = DATA(Y);
  double *z = DATA(Z);
  for (sunindextype i = 0, n = LENGTH(X); i < n; i++) z[i] = x[i] * y[i];
}

WIDE static void scale(double c, N_Vector X, N_Vector Z) {
  const double *x = DATA(X);
  double *z = DATA(Z);
  for (sunindextype i = 0, n = LENGTH(X); i < n; i++) z[i] = c * x[i];
}

WIDE static void absolute(N_Vector X, N_Vector Z) {
  const double *x = DATA(X);
  double *z = DATA(Z);
  for (sunindextype i = 0, n = LENGTH(X); i < n; i++) z[i] = fabs(x[i]);
}

WIDE static void inverse(N_Vector X, N_Vector Z) {
  const double *x = DATA(X);
  double *z = DATA(Z);
  for (sunindextype i = 0, n = LENGTH(X); i < n; i++) z[i] = 1 / x[i];
}

WIDE static void add_constant(N_Vector X, double b, N_Vector Z) {
  const double *x = DATA(X);
  double *z = DATA(Z);
  for (sunindextype i = 0, n = LENGTH(X); i < n; i++) z[i] = x[i] + b;
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
  double partial[PARTIAL_SUMS] = {0};
  for (; i + PARTIAL_SUMS <= n; i += PARTIAL_SUMS)
    for (int k = 0; k < PARTIAL_SUMS; k++) {
      double v = x[i + k] * w[i + k];
      partial[k] += v * v;
    }
  for (int k = 0; i < n; i++, k++) {
    double v = x[i] * w[i];
    partial[k] += v * v;
  }
  return sqrt(sum_of(partial) / (double)n);
}

WIDE static int linear_combination(int count, double *c, N_Vector *X, N_Vector Z) {
  sunindextype n = LENGTH(Z);
  double *z = DATA(Z);
  if (count == 1) {
    scale(c[0], X[0], Z);
    return 0;
  }
  // z may be x₀ itself, but none of the others.
  linear_sum(c[0], X[0], c[1], X[1], Z);
  int k = 2;
  for (; k + 1 < count; k += 2) {
    const double *x = DATA(X[k]), *y = DATA(X[k + 1]);
    double a = c[k], b = c[k + 1];
    for (sunindextype i = 0; i < n; i++) z[i] += a * x[i] + b * y[i];
  }
  if (k < count) {
    const double *x = DATA(X[k]);
    double a = c[k];
    for (sunindextype i = 0; i < n; i++) z[i] += a * x[i];
  }
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
  v->ops->nvscalevectorarray = scale_array;
  return v;
}

N_Vector cs_vector_new(sunindextype n, SUNContext context) {
  return with_our_operations(N_VNew_Serial(n, context));
}

N_Vector cs_vector_around(sunindextype n, SUNContext context) {
  return with_our_operations(N_VNewEmpty_Serial(n, context));
}
