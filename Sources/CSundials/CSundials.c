#include "CSundials.h"
#include "newton.h"
#include "vector.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <wide.h>

#include <ida/ida.h>
#include <nvector/nvector_serial.h>
#include <sundials/sundials_config.h>
#include <sundials/sundials_context.h>
#include <sundials/sundials_linearsolver.h>
#include <sundials/sundials_matrix.h>
#include <sunmatrix/sunmatrix_sparse.h>

// <sunlinsol/sunlinsol_klu.h> includes <klu.h> from a directory that differs between systems.
SUNLinearSolver SUNLinSol_KLU(N_Vector y, SUNMatrix A, SUNContext sunctx);

static SUNContext new_context(void) {
  SUNContext context = NULL;
#if SUNDIALS_VERSION_MAJOR >= 7
  if (SUNContext_Create(SUN_COMM_NULL, &context) != 0) return NULL;
  SUNContext_ClearErrHandlers(context);
#else
  if (SUNContext_Create(NULL, &context) != 0) return NULL;
#endif
  return context;
}

#if SUNDIALS_VERSION_MAJOR < 7
// Failures come back as flags; nothing is printed.
static void silent(int code, const char *module, const char *function, char *message, void *data) {
  (void)code, (void)module, (void)function, (void)message, (void)data;
}
#endif

// MARK: IDA

struct cs_ida {
  SUNContext context;
  void *memory;
  N_Vector y, yp, trial, trial_rate, tolerance, output, window;
  SUNMatrix matrix;
  SUNLinearSolver solver;
  SUNNonlinearSolver newton;
  long n, residual_evaluations;
  int initialised, has_stop_time;
  double relative_tolerance;
  struct range {
    long first, count;
  } *fractions;
  long fraction_ranges;
  double time;
  void *user;
  cs_residual_function residual;
  cs_factor_function factor;
  cs_solve_function solve;
  cs_check_function check;
};

static int evaluate(double t, const double *y, const double *yp, double *r, void *context) {
  cs_ida *ida = context;
  ida->residual_evaluations++;
  return ida->residual(t, y, yp, r, ida->user);
}
static int solve_linear(double *b, void *context) {
  cs_ida *ida = context;
  return ida->solve(b, ida->user);
}

static int check(double cj, const double *y, void *context) {
  cs_ida *ida = context;
  return ida->check(cj, y, ida->user);
}

static int call_residual(sunrealtype t, N_Vector y, N_Vector yp, N_Vector r, void *data) {
  return evaluate(t, N_VGetArrayPointer(y), N_VGetArrayPointer(yp), N_VGetArrayPointer(r), data);
}

// The matrix lives on the caller's side of the door. IDA sees a matrix without contents, which it asks to be
// "filled" (assembled and factored) when its own rules say that a new one is needed.
static int call_factor(sunrealtype t, sunrealtype cj, N_Vector y, N_Vector yp, N_Vector r, SUNMatrix J,
                       void *data, N_Vector a, N_Vector b, N_Vector c) {
  (void)r, (void)J, (void)a, (void)b, (void)c;
  cs_ida *ida = data;
  return ida->factor(t, cj, N_VGetArrayPointer(y), N_VGetArrayPointer(yp), ida->user);
}

// An error in a fraction counts relative to the room on both sides of it, and to this much more. With 1e-4 a surface that is
// all but empty or full errs by more than what is left, and its potential by volts, at a tolerance of 1e-4; with less it
// would cost steps and gain nothing. Below the last a difference is round-off.
static const double FRACTION_FLOOR = 1e-6, FRACTION_ROUND_OFF = 1e-13;

// Seven digits do, in which a division takes a fraction of the time.
WIDE static void general_weights(long n, double relative, const double *y, const double *absolute, double *weights) {
  for (long i = 0; i < n; i++) weights[i] = 1 / (float)(relative * fabs(y[i]) + absolute[i]);
}

WIDE static void fraction_weights(long n, double relative, const double *y, double *weights) {
  for (long i = 0; i < n; i++) {
    double room = y[i] * (1 - y[i]);
    weights[i] = 1 / (relative * ((room > 0 ? room : 0) + FRACTION_FLOOR) + FRACTION_ROUND_OFF);
  }
}

static int set_weights(N_Vector y, N_Vector weights, void *data) {
  cs_ida *ida = data;
  const double *state = N_VGetArrayPointer(y);
  double *w = N_VGetArrayPointer(weights);
  general_weights(ida->n, ida->relative_tolerance, state, N_VGetArrayPointer(ida->tolerance), w);
  for (long i = 0; i < ida->fraction_ranges; i++) {
    struct range range = ida->fractions[i];
    fraction_weights(range.count, ida->relative_tolerance, state + range.first, w + range.first);
  }
  // IDA wants the norm of the state only to see whether more digits are asked for than a number has: a bound tells.
  double least = ida->relative_tolerance;
  if (ida->fraction_ranges > 0) least = least * FRACTION_FLOOR + FRACTION_ROUND_OFF;
  cs_vector_set_norm(y, weights, 1 / least);
  return 0;
}

static int set_tolerances(cs_ida *ida, double relative_tolerance) {
  ida->relative_tolerance = relative_tolerance;
  return ida->newton ? IDAWFtolerances(ida->memory, set_weights)
                     : IDASVtolerances(ida->memory, relative_tolerance, ida->tolerance);
}

static SUNMatrix_ID matrix_id(SUNMatrix A) {
  (void)A;
  return SUNMATRIX_CUSTOM;
}
static int matrix_zero(SUNMatrix A) {
  (void)A;
  return 0;
}

static SUNLinearSolver_Type solver_type(SUNLinearSolver S) {
  (void)S;
  return SUNLINEARSOLVER_DIRECT;
}
static int solver_solve(SUNLinearSolver S, SUNMatrix A, N_Vector x, N_Vector b, sunrealtype tolerance) {
  (void)A, (void)tolerance;
  cs_ida *ida = S->content;
  double *solution = N_VGetArrayPointer(x);
  memcpy(solution, N_VGetArrayPointer(b), (size_t)ida->n * sizeof(double));
  return ida->solve(solution, ida->user);
}

cs_ida *cs_ida_create(long n, int plain, void *context, cs_residual_function residual, cs_factor_function factor,
                      cs_solve_function solve, cs_check_function check_step, int *flag) {
  *flag = IDA_MEM_FAIL;
  cs_ida *ida = calloc(1, sizeof *ida);
  if (!ida) return NULL;
  ida->n = n;
  ida->user = context;
  ida->residual = residual;
  ida->factor = factor;
  ida->solve = solve;
  ida->check = check_step;
  ida->context = new_context();
  if (ida->context) {
    ida->memory = IDACreate(ida->context);
    ida->y = plain ? N_VNew_Serial(n, ida->context) : cs_vector_new(n, ida->context);
    ida->yp = N_VClone(ida->y);
    ida->trial = plain ? N_VClone(ida->y) : cs_vector_untold(n, ida->context);
    ida->trial_rate = N_VClone(ida->trial);
    ida->tolerance = N_VClone(ida->y);
    ida->output = cs_vector_around(n, ida->context);
    ida->window = cs_window_new(ida->context);
    ida->matrix = SUNMatNewEmpty(ida->context);
    ida->solver = SUNLinSolNewEmpty(ida->context);
    if (!plain) ida->newton = cs_newton_new((cs_newton_equations){evaluate, solve_linear, check_step ? check : NULL, ida}, ida->context);
  }
  if (!ida->memory || !ida->y || !ida->yp || !ida->trial || !ida->trial_rate || !ida->tolerance || !ida->output ||
      !ida->window || !ida->matrix || !ida->solver || (!plain && !ida->newton)) {
    cs_ida_free(ida);
    return NULL;
  }
  ida->matrix->ops->getid = matrix_id;
  ida->matrix->ops->zero = matrix_zero;
  ida->solver->ops->gettype = solver_type;
  ida->solver->ops->solve = solver_solve;
  ida->solver->content = ida;
  *flag = IDA_SUCCESS;
  return ida;
}

void cs_ida_free(cs_ida *ida) {
  if (!ida) return;
  if (ida->memory) IDAFree(&ida->memory);
  if (ida->newton) cs_newton_free(ida->newton);
  if (ida->solver) SUNLinSolFreeEmpty(ida->solver);
  if (ida->matrix) SUNMatFreeEmpty(ida->matrix);
  if (ida->y) N_VDestroy(ida->y);
  if (ida->yp) N_VDestroy(ida->yp);
  if (ida->trial) N_VDestroy(ida->trial);
  if (ida->trial_rate) N_VDestroy(ida->trial_rate);
  if (ida->tolerance) N_VDestroy(ida->tolerance);
  if (ida->output) N_VDestroy(ida->output);
  if (ida->window) N_VDestroy(ida->window);
  if (ida->context) SUNContext_Free(&ida->context);
  free(ida->fractions);
  free(ida);
}

int cs_ida_add_fractions(cs_ida *ida, long first, long count) {
  struct range *fractions = realloc(ida->fractions, (size_t)(ida->fraction_ranges + 1) * sizeof *fractions);
  if (!fractions) return IDA_MEM_FAIL;
  ida->fractions = fractions;
  ida->fractions[ida->fraction_ranges++] = (struct range){first, count};
  return IDA_SUCCESS;
}

double *cs_ida_state(cs_ida *ida) { return N_VGetArrayPointer(ida->y); }
double *cs_ida_rate(cs_ida *ida) { return N_VGetArrayPointer(ida->yp); }
double *cs_ida_absolute_tolerance(cs_ida *ida) { return N_VGetArrayPointer(ida->tolerance); }

static int initialise(cs_ida *ida, double t, double relative_tolerance) {
  int flag = IDAInit(ida->memory, call_residual, t, ida->y, ida->yp);
#if SUNDIALS_VERSION_MAJOR < 7
  if (flag == IDA_SUCCESS) flag = IDASetErrHandlerFn(ida->memory, silent, NULL);
#endif
  if (flag == IDA_SUCCESS) flag = IDASetUserData(ida->memory, ida);
  // IDA guesses the first step from the rates, of which those of algebraic unknowns are not known: at the beginning of a
  // ramp, where nothing else moves, the guess may be 1e8 times too long. Each failure takes a quarter of the step at
  // the least.
  if (flag == IDA_SUCCESS) flag = IDASetMaxErrTestFails(ida->memory, 30);
  // By default a step grows only when it may double. A matrix costs little more than a Newton iteration here, a step
  // costs several of them.
  if (flag == IDA_SUCCESS) flag = IDASetEtaFixedStepBounds(ida->memory, 1, 1.5);
  if (flag == IDA_SUCCESS) flag = set_tolerances(ida, relative_tolerance);
  if (flag == IDA_SUCCESS) flag = IDASetLinearSolver(ida->memory, ida->solver, ida->matrix);
  if (flag == IDA_SUCCESS) flag = IDASetJacFn(ida->memory, call_factor);
  if (flag == IDA_SUCCESS && ida->newton) flag = IDASetNonlinearSolver(ida->memory, ida->newton);
  ida->initialised = flag == IDA_SUCCESS;
  return flag;
}

int cs_ida_start(cs_ida *ida, double t, double relative_tolerance, double first_step) {
  int flag;
  if (!ida->initialised) {
    flag = initialise(ida, t, relative_tolerance);
  } else {
    flag = IDAReInit(ida->memory, t, ida->y, ida->yp);
    if (flag == IDA_SUCCESS) flag = set_tolerances(ida, relative_tolerance);
  }
  if (flag == IDA_SUCCESS) flag = IDASetInitStep(ida->memory, first_step);
  if (ida->newton) cs_newton_forget(ida->newton);
  ida->time = t;
  ida->residual_evaluations = 0;
  return flag;
}

int cs_ida_step(cs_ida *ida, double end, double *t) {
  int flag = IDA_SUCCESS;
  // A single step takes only its direction and the scale of a first step from the target: a distant end must not
  // make that one long.
  double target = fmin(end, ida->time + 3600);
  if (isfinite(end)) {
    flag = IDASetStopTime(ida->memory, end);
    ida->has_stop_time = 1;
  } else {
#if SUNDIALS_VERSION_MAJOR > 6 || SUNDIALS_VERSION_MINOR >= 5
    if (ida->has_stop_time) flag = IDAClearStopTime(ida->memory);
#else
    if (ida->has_stop_time) flag = IDASetStopTime(ida->memory, 1e30);
#endif
    ida->has_stop_time = 0;
  }
  if (flag != IDA_SUCCESS) return flag;
  flag = IDASolve(ida->memory, target, t, ida->trial, ida->trial_rate, IDA_ONE_STEP);
  ida->time = *t;
  if (flag == IDA_TSTOP_RETURN) return CS_REACHED_END;
  if (flag > 0) return CS_STEPPED;
  return flag == IDA_SUCCESS ? (*t >= end ? CS_REACHED_END : CS_STEPPED) : flag;
}

int cs_ida_interpolate(cs_ida *ida, double t, int k, double *out) {
  N_VSetArrayPointer(out, ida->output);
  return IDAGetDky(ida->memory, t, k, ida->output);
}

int cs_ida_interpolate_window(cs_ida *ida, double t, int k, long first, long count, double *out) {
  cs_window_set(ida->window, first, count, out);
  return IDAGetDky(ida->memory, t, k, ida->window);
}

cs_ida_statistics cs_ida_get_statistics(cs_ida *ida) {
  cs_ida_statistics s = {0};
  if (!ida->initialised) return s;
  IDAGetNumSteps(ida->memory, &s.steps);
  s.residual_evaluations = ida->residual_evaluations;
  IDAGetNumJacEvals(ida->memory, &s.factorisations);
  IDAGetNumErrTestFails(ida->memory, &s.error_test_failures);
  IDAGetNumNonlinSolvIters(ida->memory, &s.newton_iterations);
  IDAGetNumNonlinSolvConvFails(ida->memory, &s.newton_failures);
  IDAGetLastStep(ida->memory, &s.last_step);
  IDAGetCurrentTime(ida->memory, &s.current_time);
  return s;
}

// MARK: KLU

struct cs_klu {
  SUNContext context;
  SUNMatrix matrix;
  SUNLinearSolver solver;
  N_Vector right, solution;
  long n;
};

cs_klu *cs_klu_create(long n, const long *column_starts, const long *rows) {
  cs_klu *klu = calloc(1, sizeof *klu);
  if (!klu) return NULL;
  klu->n = n;
  klu->context = new_context();
  if (klu->context) {
    klu->matrix = SUNSparseMatrix(n, n, column_starts[n], CSC_MAT, klu->context);
    klu->right = N_VNewEmpty_Serial(n, klu->context);
    klu->solution = N_VNew_Serial(n, klu->context);
    if (klu->matrix && klu->right && klu->solution) {
      sunindextype *starts = SUNSparseMatrix_IndexPointers(klu->matrix);
      sunindextype *indices = SUNSparseMatrix_IndexValues(klu->matrix);
      for (long j = 0; j <= n; j++) starts[j] = column_starts[j];
      for (long k = 0; k < column_starts[n]; k++) indices[k] = rows[k];
      klu->solver = SUNLinSol_KLU(klu->solution, klu->matrix, klu->context);
    }
  }
  if (!klu->solver || SUNLinSolInitialize(klu->solver) != 0) {
    cs_klu_free(klu);
    return NULL;
  }
  return klu;
}

void cs_klu_free(cs_klu *klu) {
  if (!klu) return;
  if (klu->solver) SUNLinSolFree(klu->solver);
  if (klu->matrix) SUNMatDestroy(klu->matrix);
  if (klu->right) N_VDestroy(klu->right);
  if (klu->solution) N_VDestroy(klu->solution);
  if (klu->context) SUNContext_Free(&klu->context);
  free(klu);
}

double *cs_klu_values(cs_klu *klu) { return SUNSparseMatrix_Data(klu->matrix); }

int cs_klu_factor(cs_klu *klu) { return SUNLinSolSetup(klu->solver, klu->matrix); }

int cs_klu_solve(cs_klu *klu, double *b) {
  N_VSetArrayPointer(b, klu->right);
  int flag = SUNLinSolSolve(klu->solver, klu->matrix, klu->solution, klu->right, 0);
  memcpy(b, N_VGetArrayPointer(klu->solution), (size_t)klu->n * sizeof(double));
  return flag;
}

const char *cs_sundials_version(void) { return SUNDIALS_VERSION; }
