// The Newton iteration of a step of IDA: the library's own in fewer passes over the vectors.
#ifndef NEWTON_H
#define NEWTON_H

#include <sundials/sundials_nonlinearsolver.h>

// What it calls; all return 0, or a positive number for a failure that a smaller step may cure. `solve` replaces b; `check` is
// asked about a solution that was found with an old matrix; NULL where small errors fade.
typedef struct {
  int (*residual)(double t, const double *y, const double *yp, double *r, void *context);
  int (*solve)(double *b, void *context);
  int (*check)(double c, const double *y, void *context);
  void *context;
} cs_newton_equations;

// A solver for IDASetNonlinearSolver, for vectors of n numbers that are serial. NULL when there is no memory.
SUNNonlinearSolver cs_newton_new(cs_newton_equations equations, SUNContext context);
// Forgets what was seen, so that what follows a start does not depend on what was before it.
void cs_newton_forget(SUNNonlinearSolver solver);
void cs_newton_free(SUNNonlinearSolver solver);

#endif
