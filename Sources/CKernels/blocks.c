#include "CKernels.h"

// A vector of three numbers in the space of four, and a 3 × 3 matrix by columns.
typedef double vector __attribute__((vector_size(32), aligned(8)));
enum { COLUMNS = 3 };

// A function would have to pass vectors in registers that not every processor has.
#define PRODUCT(a, v) ((a)[0] * (v)[0] + (a)[1] * (v)[1] + (a)[2] * (v)[2])

WIDE void ck_blocks_solve(long n, const double *reductions, const double *inverses, const double *couplings,
                          double *right) {
  const vector *reduction = (const vector *)reductions, *inverse = (const vector *)inverses,
               *coupling = (const vector *)couplings;
  vector *b = (vector *)right;
  long last = n - 1, middle = n / 2;
  // Towards the middle, on both sides in step.
  long low = 1, high = last - 1;
  vector below = b[0], above = b[last];
  for (; low < middle && high > middle; low++, high--) {
    below = b[low] -= PRODUCT(reduction + COLUMNS * low, below);
    above = b[high] -= PRODUCT(reduction + COLUMNS * high, above);
  }
  for (; low < middle; low++) below = b[low] -= PRODUCT(reduction + COLUMNS * low, below);
  for (; high > middle; high--) above = b[high] -= PRODUCT(reduction + COLUMNS * high, above);
  if (middle > 0) b[middle] -= PRODUCT(reduction + COLUMNS * middle, below);
  if (middle < last) b[middle] -= PRODUCT(reduction + COLUMNS * last, above);
  for (long k = 0; k < n; k++) b[k] = PRODUCT(inverse + COLUMNS * k, b[k]);
  // And back.
  low = middle - 1;
  high = middle + 1;
  below = above = b[middle];
  for (; low >= 0 && high <= last; low--, high++) {
    below = b[low] -= PRODUCT(coupling + COLUMNS * low, below);
    above = b[high] -= PRODUCT(coupling + COLUMNS * high, above);
  }
  for (; low >= 0; low--) below = b[low] -= PRODUCT(coupling + COLUMNS * low, below);
  for (; high <= last; high++) above = b[high] -= PRODUCT(coupling + COLUMNS * high, above);
}
