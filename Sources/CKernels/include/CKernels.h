// Kernels of linear algebra that run over many systems side by side. They are in C because its compilers make several
// versions of a function for several kinds of processor.
#ifndef C_KERNELS_H
#define C_KERNELS_H

#include "wide.h"

#if defined(__clang__)
#pragma clang assume_nonnull begin
#endif

// Banded matrices with a symmetric profile. Row i has elements from column first[i] to the last j with first[j] <= i; the
// element (i, j) stands at [i * 2 * bandwidth + j + bandwidth]. What belongs to the same row of all systems stands
// together: x[i * systems + k].

// The lower and upper triangle of LU factors, the latter with its diagonal inverted. `matrices` is `systems`, each with
// a matrix of its own, or 1, all with the same.
typedef struct {
  long rows, bandwidth, systems, matrices;
  const long *first;
  double *values;
} ck_bands;

// Replaces the matrices by their factors.
void ck_bands_factor(ck_bands bands);
// Replaces b by L⁻¹b.
void ck_bands_reduce(ck_bands bands, double *b);
// Replaces b by U⁻¹b.
void ck_bands_expand(ck_bands bands, double *b);

// rᵢ += Σⱼ aᵢⱼ yⱼ + c Σⱼ bᵢⱼ (xⱼ − xᵢ), where A and B are symmetric, have the same profile and belong to all systems. What
// row i gets from row j is what j gets from i with the other sign, to the last digit.
void ck_add_exchange(long rows, long bandwidth, long systems, const long *first, const long *last, const double *a,
                     const double *y, double c, const double *b, const double *x, double *r);

// sums_k = Σᵢ aᵢₖ xᵢₖ, and xᵢₖ −= aᵢₖ f_k + bᵢₖ g_k, over the rows of all systems.
void ck_products(long rows, long systems, const double *a, const double *x, double *sums);
void ck_subtract(long rows, long systems, const double *a, const double *f, const double *b, const double *g, double *x);

// At a quadrature point of a finite element of `order` + 1 nodes, the first of them at x: values Σₐ shapeₐ xₐ and gradients
// Σₐ slopeₐ xₐ, by differences to the first node, so that what is uniform has no gradient to the last digit.
void ck_interpolate(long order, long systems, const double *shape, const double *slope, const double *x, double *values,
                    double *gradients);

// rₐ += slopeₐ × flux for the nodes of such an element, the first of them at r.
void ck_add_flux(long order, long systems, const double *slope, const double *flux, double *r);

// Adds the derivatives of that flux by value and by gradient to the matrices of the systems: row a, column b gets
// slopeₐ (byValue shape_b + byGradient slope_b).
void ck_add_flux_derivatives(ck_bands bands, long first, long order, const double *shape, const double *slope,
                             const double *by_value, const double *by_gradient);

// xᵢₖ −= aᵢₖ f_k over the rows of all systems.
void ck_subtract_column(long rows, long systems, const double *a, const double *f, double *x);

// The matrices c A + B diag(xₖ): element (i, j) of system k is c aᵢⱼ + bᵢⱼ xⱼₖ, where A and B have the profile of the bands and belong
// to all systems.
void ck_bands_scaled(ck_bands bands, double c, const double *a, const double *b, const double *x);

// yᵢₖ = f_k p(xᵢₖ) over the rows of all systems, where p is on each of `count` equal intervals, `density` for each unit of x from
// `start` on, a polynomial of degree 5 in the position from −1 to 1: six coefficients each. Not a number outside of them, and
// where the first coefficient is none.
void ck_piecewise(long rows, long systems, const double *pieces, double count, double start, double density,
                  const double *f, const double *x, double *y);

// Solves a block-tridiagonal system of n blocks of 3 × 3, eliminated from both ends to the block n / 2, in place. A vector
// is four numbers of which the last does not matter, a block three such columns.
// Of each block k: the matrix with which the block before it, on the way to the middle, leaves (that of the middle block
// on its right side stands at n − 1); the inverse of its reduced diagonal block; and that times the block towards the middle.
void ck_blocks_solve(long n, const double *reductions, const double *inverses, const double *couplings,
                     double *right);

// Σᵢ wᵢ Σⱼ xᵢⱼ over the rows of a matrix.
double ck_weighted_sum(long rows, long columns, const double *weights, const double *x);

// 0 when every number is finite; not a number otherwise.
double ck_finite(const double *x, long n);

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif
#endif
