#include "vector.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <wide.h>

#define LENGTH(v) NV_LENGTH_S(v)
#define DATA(v) NV_DATA_S(v)

// IDA combines one vector more than its highest order, 5, and never more than a few.
enum { MOST_VECTORS = 16 };

// The content of a serial vector, and what is known of it or put off.
struct content {
  struct _N_VectorContent_Serial serial;
  // The norm with these weights, if it is known.
  N_Vector weights;
  double norm;
  // Of the correction of a step: whether it is that, and the vector that gets its elements.
  int is_correction;
  N_Vector heir;
  // Of a prediction: the combination that it will be; of its rate: the prediction.
  int count;
  double coefficients[MOST_VECTORS];
  N_Vector combined[MOST_VECTORS];
  N_Vector prediction;
};

static struct content *content(N_Vector v) { return v->content; }

// The elements of a vector that changes.
static double *result(N_Vector v) {
  content(v)->weights = NULL;
  return DATA(v);
}

void cs_vector_set_norm(N_Vector v, N_Vector weights, double norm) {
  content(v)->weights = weights;
  content(v)->norm = norm;
}

// Vectors are the same or have nothing in common, so that element by element the order does not matter. A compiler that
// is not told so takes the slow way whenever a result replaces its operand.
#if defined(__clang__)
#define EACH _Pragma("clang loop vectorize(assume_safety)")
#else
#define EACH _Pragma("GCC ivdep")
#endif

// Returns the weighted norm of the sum.
WIDE static double sum_with_norm(sunindextype n, double a, const double *x, double b, const double *y, const double *weights,
                                 double *z) {
  pack partial = {0};
  sunindextype i = 0;
  for (; i + PARTIAL_SUMS <= n; i += PARTIAL_SUMS) {
    pack sum = a * *(const pack *)(x + i) + b * *(const pack *)(y + i), v = sum * *(const pack *)(weights + i);
    *(pack *)(z + i) = sum;
    partial += v * v;
  }
  for (int k = 0; i < n; i++, k++) {
    double v;
    z[i] = a * x[i] + b * y[i];
    v = z[i] * weights[i];
    partial[k] += v * v;
  }
  return sqrt(sum_of(&partial) / (double)n);
}

WIDE static void linear_sum(double a, N_Vector X, double b, N_Vector Y, N_Vector Z) {
  // IDA asks for the norms of the correction and of its sums with the history.
  N_Vector weights = content(X)->weights ? content(X)->weights : content(Y)->weights;
  if (weights) {
    double norm = sum_with_norm(LENGTH(X), a, DATA(X), b, DATA(Y), DATA(weights), DATA(Z));
    cs_vector_set_norm(Z, weights, norm);
    return;
  }
  const double *x = DATA(X), *y = DATA(Y);
  double *z = result(Z);
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
  double *z = result(Z);
  EACH for (sunindextype i = 0, n = LENGTH(Z); i < n; i++) z[i] = c;
}

WIDE static void product(N_Vector X, N_Vector Y, N_Vector Z) {
  const double *x = DATA(X), *y = DATA(Y);
  double *z = result(Z);
  EACH for (sunindextype i = 0, n = LENGTH(X); i < n; i++) z[i] = x[i] * y[i];
}

WIDE static void scale(double c, N_Vector X, N_Vector Z) {
  // All that IDA does with it from here on is to add it to its history.
  if (c == 1 && content(X)->is_correction) {
    content(X)->heir = Z;
    return;
  }
  const double *x = DATA(X);
  double *z = result(Z);
  if (c == 1) {
    if (z != x) memcpy(z, x, (size_t)LENGTH(X) * sizeof(double));
    return;
  }
  EACH for (sunindextype i = 0, n = LENGTH(X); i < n; i++) z[i] = c * x[i];
}

WIDE static void absolute(N_Vector X, N_Vector Z) {
  const double *x = DATA(X);
  double *z = result(Z);
  EACH for (sunindextype i = 0, n = LENGTH(X); i < n; i++) z[i] = fabs(x[i]);
}

WIDE static void inverse(N_Vector X, N_Vector Z) {
  const double *x = DATA(X);
  double *z = result(Z);
  EACH for (sunindextype i = 0, n = LENGTH(X); i < n; i++) z[i] = 1 / x[i];
}

WIDE static void add_constant(N_Vector X, double b, N_Vector Z) {
  const double *x = DATA(X);
  double *z = result(Z);
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
  if (content(X)->weights == W) return content(X)->norm;
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

static int combine_from(sunindextype first, int count, double *c, N_Vector *X, double *z, sunindextype n) {
  const double *x[MOST_VECTORS];
  if (count > MOST_VECTORS) return -1;
  for (int k = 0; k < count; k++) x[k] = DATA(X[k]) + first;
  combine(count, c, x, z, n);
  return 0;
}

static int linear_combination(int count, double *c, N_Vector *X, N_Vector Z) {
  return combine_from(0, count, c, X, result(Z), LENGTH(Z));
}

// Gives the elements of a correction that was to be copied to the vector that was to be the copy.
static void hand_over(N_Vector correction) {
  N_Vector heir = content(correction)->heir;
  if (!heir) return;
  double *elements = result(correction);
  DATA(correction) = result(heir);
  DATA(heir) = elements;
  content(correction)->heir = NULL;
}

// Z_k = a X_k + b Y_k one vector after the other, where a result may be the operand of the next: a block of all vectors at a time,
// which stays near the processor.
WIDE static int linear_sum_array(int count, double a, N_Vector *X, double b, N_Vector *Y, N_Vector *Z) {
  double *x[MOST_VECTORS], *y[MOST_VECTORS], *z[MOST_VECTORS];
  if (count > MOST_VECTORS) return -1;
  for (int k = 0; k < count; k++) {
    x[k] = DATA(X[k]);
    y[k] = DATA(Y[k]);
    z[k] = result(Z[k]);
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
  for (int k = 0; k < count; k++) hand_over(Y[k]);
  return 0;
}

static int scale_array(int count, double *c, N_Vector *X, N_Vector *Z) {
  for (int k = 0; k < count; k++) scale(c[k], X[k], Z[k]);
  return 0;
}

static N_Vector clone(N_Vector v) {
  N_Vector other = cs_vector_new(LENGTH(v), v->sunctx);
  if (other && N_VCopyOps(v, other) != 0) {
    N_VDestroy(other);
    return NULL;
  }
  return other;
}

// Its destructor frees the content, whatever its size.
static N_Vector with_content(N_Vector v, size_t size) {
  if (!v) return NULL;
  void *larger = calloc(1, size);
  if (!larger) {
    N_VDestroy(v);
    return NULL;
  }
  memcpy(larger, v->content, sizeof(struct _N_VectorContent_Serial));
  free(v->content);
  v->content = larger;
  return v;
}

static N_Vector with_our_operations(N_Vector v) {
  if (!with_content(v, sizeof(struct content))) return NULL;
  v->ops->nvclone = clone;
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

// MARK: the vectors of a step

// The correction is set to zero before the iteration, which begins there by itself, and scaled to the error of the step, which
// nobody reads.
static void no_constant(double c, N_Vector Z) { (void)c, (void)Z; }

static void no_scale(double c, N_Vector X, N_Vector Z) { (void)c, (void)X, (void)Z; }

static int put_off(int count, double *c, N_Vector *X, N_Vector Z) {
  if (count > MOST_VECTORS) return -1;
  struct content *prediction = content(Z);
  prediction->count = count;
  memcpy(prediction->coefficients, c, (size_t)count * sizeof *c);
  memcpy(prediction->combined, X, (size_t)count * sizeof *X);
  return 0;
}

void cs_vector_predict(N_Vector Z) {
  struct content *prediction = content(Z);
  if (prediction->count > 0) linear_combination(prediction->count, prediction->coefficients, prediction->combined, Z);
  prediction->count = 0;
}

// The sums c of all vectors and d of all but the first.
WIDE static void combine_two(int count, const double *c, const double *d, const double *const *x, double *y, double *z,
                             sunindextype n) {
  sunindextype i = 0;
  for (; i + BLOCK <= n; i += BLOCK) {
    double sum[BLOCK], other[BLOCK];
    for (int b = 0; b < BLOCK; b++) {
      sum[b] = c[0] * x[0][i + b] + c[1] * x[1][i + b];
      other[b] = d[0] * x[1][i + b];
    }
    for (int k = 2; k < count; k++)
      for (int b = 0; b < BLOCK; b++) {
        sum[b] += c[k] * x[k][i + b];
        other[b] += d[k - 1] * x[k][i + b];
      }
    for (int b = 0; b < BLOCK; b++) y[i + b] = sum[b];
    for (int b = 0; b < BLOCK; b++) z[i + b] = other[b];
  }
  for (; i < n; i++) {
    double sum = c[0] * x[0][i] + c[1] * x[1][i], other = d[0] * x[1][i];
    for (int k = 2; k < count; k++) {
      sum += c[k] * x[k][i];
      other += d[k - 1] * x[k][i];
    }
    y[i] = sum;
    z[i] = other;
  }
}

static int with_prediction(int count, double *d, N_Vector *X, N_Vector Z) {
  N_Vector Y = content(Z)->prediction;
  struct content *prediction = content(Y);
  int alike = count > 0 && prediction->count == count + 1;
  for (int k = 0; alike && k < count; k++) alike = prediction->combined[k + 1] == X[k];
  if (!alike) {
    cs_vector_predict(Y);
    return linear_combination(count, d, X, Z);
  }
  const double *x[MOST_VECTORS];
  for (int k = 0; k <= count; k++) x[k] = DATA(prediction->combined[k]);
  combine_two(count + 1, prediction->coefficients, d, x, result(Y), result(Z), LENGTH(Z));
  prediction->count = 0;
  return 0;
}

void cs_vector_set_roles(N_Vector correction, N_Vector prediction, N_Vector rate) {
  content(correction)->is_correction = 1;
  correction->ops->nvconst = no_constant;
  correction->ops->nvscale = no_scale;
  prediction->ops->nvlinearcombination = put_off;
  rate->ops->nvlinearcombination = with_prediction;
  content(rate)->prediction = prediction;
}

// MARK: windows

// The content of a serial vector, and where in full vectors its elements begin.
struct window {
  struct _N_VectorContent_Serial serial;
  sunindextype first;
};

static int window_combination(int count, double *c, N_Vector *X, N_Vector Z) {
  return combine_from(((struct window *)Z->content)->first, count, c, X, DATA(Z), LENGTH(Z));
}

N_Vector cs_window_new(SUNContext context) {
  N_Vector v = with_content(N_VNewEmpty_Serial(0, context), sizeof(struct window));
  if (v) v->ops->nvlinearcombination = window_combination;
  return v;
}

void cs_window_set(N_Vector v, sunindextype first, sunindextype count, double *elements) {
  struct window *window = v->content;
  window->serial.length = count;
  window->serial.own_data = SUNFALSE;
  window->serial.data = elements;
  window->first = first;
}
