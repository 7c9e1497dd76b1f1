// A narrow door to SUNDIALS: opaque handles and `double *`. All knowledge of SUNDIALS' types and of the
// differences between its versions 6 and 7 stays in CSundials.c.
#ifndef C_SUNDIALS_H
#define C_SUNDIALS_H

#if defined(__clang__)
#pragma clang assume_nonnull begin
#endif

// MARK: IDA: F(t, y, y') = 0

typedef struct cs_ida cs_ida;

// The callbacks return 0 on success, a positive number for a failure that a smaller step may cure, and a
// negative number for one that it will not.

// Writes F(t, y, y') to `residual`.
typedef int (*cs_residual_function)(double t, const double *_Nonnull y, const double *_Nonnull yp,
                                    double *_Nonnull residual, void *_Nonnull context);
// Assembles and factors dF/dy + cj dF/dy'.
typedef int (*cs_factor_function)(double t, double cj, const double *_Nonnull y, const double *_Nonnull yp,
                                  void *_Nonnull context);
// Solves with the last factorisation; the solution replaces `b`.
typedef int (*cs_solve_function)(double *_Nonnull b, void *_Nonnull context);
// Whether a step with this cj can follow what happens in a state; asked where a step keeps an old matrix.
typedef int (*cs_check_function)(double cj, const double *_Nonnull y, void *_Nonnull context);
// Makes an integrator for n unknowns; `plain` leaves it the library's own vector operations. Returns NULL and sets *flag
// on failure.
cs_ida *_Nullable cs_ida_create(long n, int plain, void *context, cs_residual_function residual,
                                cs_factor_function factor, cs_solve_function solve, cs_check_function _Nullable check,
                                int *flag);
void cs_ida_free(cs_ida *_Nullable ida);

// State, its rate and the absolute tolerances, n numbers each; cs_ida_start begins from the state and rate that stand there.
double *cs_ida_state(cs_ida *ida);
double *cs_ida_rate(cs_ida *ida);
double *cs_ida_absolute_tolerance(cs_ida *ida);

// Makes `count` unknowns from `first` on fractions between 0 and 1, in place of whose absolute tolerances their distance from
// both ends matters. Returns a negative flag when there is no memory.
int cs_ida_add_fractions(cs_ida *ida, long first, long count);

// (Re)starts the integration at t from the consistent state and rate written above. `first_step` 0 lets IDA choose.
int cs_ida_start(cs_ida *ida, double t, double relative_tolerance, double first_step);
// Makes one internal step, not past `end` (which may be infinite). *t becomes the time reached; what the unknowns are there,
// cs_ida_interpolate tells. Returns CS_STEPPED, CS_REACHED_END or a negative flag.
int cs_ida_step(cs_ida *ida, double end, double *t);
// The k-th derivative of the interpolating polynomial at a time inside the last internal step.
int cs_ida_interpolate(cs_ida *ida, double t, int k, double *out);
// The same of `count` unknowns from `first` on alone.
int cs_ida_interpolate_window(cs_ida *ida, double t, int k, long first, long count, double *out);

enum { CS_STEPPED = 0, CS_REACHED_END = 1 };

typedef struct {
  long steps, residual_evaluations, factorisations, error_test_failures, newton_iterations, newton_failures;
  double last_step, current_time;
} cs_ida_statistics;
cs_ida_statistics cs_ida_get_statistics(cs_ida *ida);

// MARK: KLU: a sparse direct solver

typedef struct cs_klu cs_klu;

// Makes a solver for an n × n matrix in compressed columns with this pattern, which is copied.
cs_klu *_Nullable cs_klu_create(long n, const long *column_starts, const long *rows);
void cs_klu_free(cs_klu *_Nullable klu);
// The values of the nonzeros, in the order of the pattern.
double *cs_klu_values(cs_klu *klu);
// Factors the matrix. Not 0 when it is singular.
int cs_klu_factor(cs_klu *klu);
// Solves in place. Not 0 on failure.
int cs_klu_solve(cs_klu *klu, double *b);

// "6.4.1", for reports.
const char *cs_sundials_version(void);

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif
#endif
