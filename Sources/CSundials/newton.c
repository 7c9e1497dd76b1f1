#include "newton.h"
#include "vector.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ida/ida.h>
#include <nvector/nvector_serial.h>

#include <wide.h>

struct newton {
  cs_newton_equations equations;
  SUNNonlinSolSysFn checked_residual;
  SUNNonlinSolLSetupFn factor;
  int most_iterations;
  long iterations, failures;
  // Iterations with the matrix of an earlier step, beyond the first of each step.
  int spent;
  // c_j of the matrix and of the last step, by which factor an iteration was last seen to shorten the error, and the same over
  // its size for the first iteration with a new matrix; 0 where that has not been seen.
  double factored_c, last_c, rate, curvature;
};

// The numbers of IDA's own convergence test: what an iteration with a new matrix, and one with a new c_j, is taken to achieve
// until it has been seen; a rate that is none; and a first step so small that nothing is left to do.
static const double UNKNOWN_RATE = 20.0 / 21, CHANGED_RATE = 100.0 / 101, SLOWEST_RATE = 0.9, SMALLEST_SIZE = 1e-8;

// When so many iterations have been spent for want of a new matrix, it is made: it costs two or three.
enum { MATRIX_COST = 2 };

// What was seen before counts a little less from step to step until it is seen again (Hairer & Wanner, Solving Ordinary
// Differential Equations II, section IV.8).
static double trusted_less(double rate) {
  double sum = pow(rate / (1 - rate), 0.8);
  return sum / (1 + sum);
}

// What is expected of the first iteration with a new c_j, which is `ratio` times that of the matrix. Where small errors fade it is
// what was seen, and what the ratio alone does to a linear system, whose slowest and fastest parts are left with
// (ratio − 1)/(ratio + 1) of their errors. Elsewhere errors of the size of the tolerance might decide in which direction a
// particle in its spinodal falls apart.
static double expected(double rate, double ratio, int errors_fade) {
  if (!errors_fade) return fmax(rate, CHANGED_RATE);
  return fmax(trusted_less(rate), fabs(ratio - 1) / (ratio + 1));
}

WIDE static void predicted(long n, double c, const double *y0, const double *yp0, const double *correction, double *y,
                           double *yp) {
  for (long i = 0; i < n; i++) {
    y[i] = y0[i] + correction[i];
    yp[i] = yp0[i] + c * correction[i];
  }
}

static void copy_prediction(long n, N_Vector y0, N_Vector yp0, N_Vector y, N_Vector yp) {
  memcpy(NV_DATA_S(y), NV_DATA_S(y0), (size_t)n * sizeof(double));
  memcpy(NV_DATA_S(yp), NV_DATA_S(yp0), (size_t)n * sizeof(double));
}

// Begins the correction with a step; returns its weighted norm.
WIDE static double begin(long n, double factor, const double *step, const double *weights, double *correction) {
  pack partial = {0};
  long i = 0;
  for (; i + PARTIAL_SUMS <= n; i += PARTIAL_SUMS) {
    pack change = -factor * *(const pack *)(step + i), v = change * *(const pack *)(weights + i);
    *(pack *)(correction + i) = change;
    partial += v * v;
  }
  for (int k = 0; i < n; i++, k++) {
    double change = -factor * step[i], v = change * weights[i];
    correction[i] = change;
    partial[k] += v * v;
  }
  return sqrt(sum_of(&partial) / (double)n);
}

// Takes a step off the correction; returns the weighted norms of both.
WIDE static double take(long n, double factor, const double *step, const double *weights, double *correction,
                        double *whole) {
  pack partial = {0}, total = {0};
  long i = 0;
  for (; i + PARTIAL_SUMS <= n; i += PARTIAL_SUMS) {
    pack weight = *(const pack *)(weights + i), change = factor * *(const pack *)(step + i), v = change * weight;
    pack sum = *(const pack *)(correction + i) - change, w = sum * weight;
    *(pack *)(correction + i) = sum;
    partial += v * v;
    total += w * w;
  }
  for (int k = 0; i < n; i++, k++) {
    double change = factor * step[i], v = change * weights[i], w;
    correction[i] -= change;
    w = correction[i] * weights[i];
    partial[k] += v * v;
    total[k] += w * w;
  }
  *whole = sqrt(sum_of(&total) / (double)n);
  return sqrt(sum_of(&partial) / (double)n);
}

static int solve(SUNNonlinearSolver S, N_Vector predictor, N_Vector correction, N_Vector weights, sunrealtype tolerance,
                 sunbooleantype wants_factor, void *memory) {
  (void)predictor;
  struct newton *newton = S->content;
  double t, c;
  N_Vector y0, yp0, y, yp, residual;
  void *data;
  int flag = IDAGetNonlinearSystemData(memory, &t, &y0, &yp0, &y, &yp, &residual, &c, &data);
  if (flag != IDA_SUCCESS) return SUN_NLS_MEM_NULL;
  long n = (long)NV_LENGTH_S(correction);
  double *step = NV_DATA_S(residual), *total = NV_DATA_S(correction);
  newton->iterations = newton->failures = 0;
  cs_vector_set_roles(correction, y0, yp0);
  cs_vector_predict(y0);
  // Its elements change here, unseen by the operations.
  cs_vector_set_norm(residual, NULL, 0);
  if (newton->spent >= MATRIX_COST) wants_factor = SUNTRUE;
  for (;; wants_factor = SUNTRUE) {
    double first = 0;
    const double *at = NULL;
    for (int m = 0;; m++) {
      // Before the first iteration the prediction itself.
      if (m > 0) predicted(n, c, NV_DATA_S(y0), NV_DATA_S(yp0), total, NV_DATA_S(y), NV_DATA_S(yp));
      N_Vector now = m == 0 ? y0 : y, rates = m == 0 ? yp0 : yp;
      at = NV_DATA_S(now);
      flag = newton->equations.residual(t, at, NV_DATA_S(rates), step, newton->equations.context);
      // The integrator's own door tells it what has failed.
      if (flag != 0) {
        if (m == 0) copy_prediction(n, y0, yp0, y, yp);
        flag = newton->checked_residual(correction, residual, memory);
      }
      if (flag != 0) break;
      if (m == 0 && wants_factor) {
        // The integrator has the matrix made where these are.
        copy_prediction(n, y0, yp0, y, yp);
        sunbooleantype is_current;
        flag = newton->factor(SUNFALSE, &is_current, memory);
        if (flag != 0) break;
        newton->factored_c = c;
        newton->spent = 0;
        newton->rate = UNKNOWN_RATE;
      }
      newton->iterations++;
      if (m > 0 && !wants_factor) newton->spent++;
      if (newton->equations.solve(step, newton->equations.context) != 0) {
        flag = SUN_NLS_CONV_RECVR;
        break;
      }
      double ratio = c / newton->factored_c;
      double size, whole, rate;
      if (m == 0) {
        size = whole = begin(n, 2 / (1 + ratio), step, NV_DATA_S(weights), total);
      } else {
        size = take(n, 2 / (1 + ratio), step, NV_DATA_S(weights), total, &whole);
      }
      if (m == 0) {
        first = size;
        if (wants_factor && newton->curvature > 0 && size > 0 && !newton->equations.check) {
          // A new matrix leaves an error that grows with the square of the one before.
          newton->rate = trusted_less(fmin(newton->curvature * size, UNKNOWN_RATE));
          newton->curvature = newton->rate / size;
        } else if (c != newton->last_c) {
          newton->rate = expected(newton->rate, ratio, !newton->equations.check);
        }
        newton->last_c = c;
        rate = newton->rate;
      } else {
        rate = newton->rate = pow(size / first, 1.0 / m);
        if (m == 1 && wants_factor) newton->curvature = rate / first;
        if (rate > SLOWEST_RATE) {
          flag = SUN_NLS_CONV_RECVR;
          break;
        }
      }
      // What is expected has to promise more than what is seen.
      double enough = m == 0 && !newton->equations.check ? tolerance / 2 : tolerance;
      if (rate / (1 - rate) * size <= enough || (m == 0 && size <= SMALLEST_SIZE * tolerance)) {
        cs_vector_set_norm(correction, weights, whole);
        int can_follow = wants_factor || !newton->equations.check ||
                         newton->equations.check(c, at, newton->equations.context) == 0;
        return can_follow ? SUN_NLS_SUCCESS : SUN_NLS_CONV_RECVR;
      }
      if (m + 1 == newton->most_iterations) {
        flag = SUN_NLS_CONV_RECVR;
        break;
      }
    }
    newton->failures++;
    // With an old matrix it may have been that.
    if (flag < 0 || wants_factor) return flag;
  }
}

static SUNNonlinearSolver_Type type(SUNNonlinearSolver S) {
  (void)S;
  return SUNNONLINEARSOLVER_ROOTFIND;
}
static int set_residual(SUNNonlinearSolver S, SUNNonlinSolSysFn residual) {
  ((struct newton *)S->content)->checked_residual = residual;
  return SUN_NLS_SUCCESS;
}
static int set_factor(SUNNonlinearSolver S, SUNNonlinSolLSetupFn factor) {
  ((struct newton *)S->content)->factor = factor;
  return SUN_NLS_SUCCESS;
}
static int set_most_iterations(SUNNonlinearSolver S, int count) {
  ((struct newton *)S->content)->most_iterations = count;
  return SUN_NLS_SUCCESS;
}
static int iterations(SUNNonlinearSolver S, long *count) {
  *count = ((struct newton *)S->content)->iterations;
  return SUN_NLS_SUCCESS;
}
static int failures(SUNNonlinearSolver S, long *count) {
  *count = ((struct newton *)S->content)->failures;
  return SUN_NLS_SUCCESS;
}

SUNNonlinearSolver cs_newton_new(cs_newton_equations equations, SUNContext context) {
  SUNNonlinearSolver solver = SUNNonlinSolNewEmpty(context);
  struct newton *newton = calloc(1, sizeof *newton);
  if (!solver || !newton) {
    if (solver) SUNNonlinSolFreeEmpty(solver);
    free(newton);
    return NULL;
  }
  newton->equations = equations;
  solver->content = newton;
  solver->ops->gettype = type;
  solver->ops->solve = solve;
  solver->ops->setsysfn = set_residual;
  solver->ops->setlsetupfn = set_factor;
  solver->ops->setmaxiters = set_most_iterations;
  solver->ops->getnumiters = iterations;
  solver->ops->getnumconvfails = failures;
  return solver;
}

void cs_newton_forget(SUNNonlinearSolver solver) {
  struct newton *newton = solver->content;
  newton->spent = 0;
  newton->last_c = newton->curvature = 0;
}

void cs_newton_free(SUNNonlinearSolver solver) {
  free(solver->content);
  SUNNonlinSolFreeEmpty(solver);
}
