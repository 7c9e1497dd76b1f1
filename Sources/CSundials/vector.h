#ifndef SPINODAL_VECTOR_H
#define SPINODAL_VECTOR_H

#include <nvector/nvector_serial.h>

// A serial vector whose operations are ours.
//
// Distributions ship SUNDIALS with element loops that call a function for each access and are not vectorised;
// in models of a thousand unknowns these loops cost more than everything else together. Every vector that
// SUNDIALS clones from this one inherits the operations.
N_Vector cs_vector_new(sunindextype n, SUNContext context);

// The same without elements of its own, to be laid around an array by N_VSetArrayPointer.
N_Vector cs_vector_around(sunindextype n, SUNContext context);

// For what the integrator tells after each step and nobody reads: sums and linear combinations leave it as it is. Its elements
// are there for others to write.
N_Vector cs_vector_untold(sunindextype n, SUNContext context);

// Tells the norm of a vector with these weights. It holds until an operation changes the vector: whoever changes its elements
// directly, or the weights, has to tell the norm anew before it is asked for.
void cs_vector_set_norm(N_Vector v, N_Vector weights, double norm);

// Tells which vectors of IDA these are, so that it does with them in fewer passes what it does in each step:
// - the prediction and its rate are combinations of the same vectors: they are computed together when the rate is asked for;
// - the correction is set to zero before the iteration, which begins there by itself: nothing is done;
// - its norm in the error test is known from the iteration (`cs_vector_set_norm`), those of its sums with the history come with
//   the sums;
// - when it is found it is copied behind the history, for the case that the order rises, and added to the history in the next call
//   (N_VLinearSumVectorArray), after which the copy gets the elements themselves;
// - last it is scaled to the error of the step, which nobody reads here: nothing is done.
void cs_vector_set_roles(N_Vector correction, N_Vector prediction, N_Vector rate);
// Computes a prediction whose rate has not been asked for.
void cs_vector_predict(N_Vector prediction);

// A sum is added up in so many parts side by side.
enum { PARTIAL_SUMS = 8 };
typedef double pack __attribute__((vector_size(PARTIAL_SUMS * sizeof(double)), aligned(sizeof(double)), may_alias));

// By its address: in registers not every processor could pass it.
static inline double sum_of(const pack *p) {
  return (((*p)[0] + (*p)[4]) + ((*p)[2] + (*p)[6])) + (((*p)[1] + (*p)[5]) + ((*p)[3] + (*p)[7]));
}

// A vector that can only be the result of a linear combination, of some elements of the vectors that are combined.
N_Vector cs_window_new(SUNContext context);
// Lays it around an array for `count` elements from `first` on.
void cs_window_set(N_Vector window, sunindextype first, sunindextype count, double *elements);

#endif
