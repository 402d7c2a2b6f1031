#pragma once
#include <cblas.h>

// OpenBLAS holds LAPACK, but Debian's package declares none of it: these are Fortran's routines, which take every
// argument by address, and texts with their length behind all others.
void dpotrf_(const char *uplo, const blasint *n, double *a, const blasint *lda, blasint *info, long uplo_length);
void dtrtri_(
    const char *uplo, const char *diag, const blasint *n, double *a, const blasint *lda, blasint *info,
    long uplo_length, long diag_length);

void dsyevr_(
    const char *jobz, const char *range, const char *uplo, const blasint *n, double *a, const blasint *lda,
    const double *vl, const double *vu, const blasint *il, const blasint *iu, const double *abstol, blasint *m,
    double *w, double *z, const blasint *ldz, blasint *isuppz, double *work, const blasint *lwork, blasint *iwork,
    const blasint *liwork, blasint *info, long jobz_length, long range_length, long uplo_length);

// The Cholesky factor of a symmetric matrix in the upper triangle, columns n apart. 0 in info if it has one.
static inline void pc_dpotrf_upper(const blasint *n, double *a, blasint *info) { dpotrf_("U", n, a, n, info, 1); }

// The inverse of an upper triangular matrix, columns n apart. 0 in info if it has one.
static inline void pc_dtrtri_upper(const blasint *n, double *a, blasint *info) {
  dtrtri_("U", "N", n, a, n, info, 1, 1);
}

// The eigenvectors of a symmetric n x n matrix, of which the upper triangle is read, for its `count` largest
// eigenvalues, ascending, n numbers each; `a` is overwritten. Takes `values` (n numbers), `support` (2 count), `work`
// (26 n) and `integers` (10 n) to work in. 0 in info if they were found.
static inline void pc_dsyevr_largest(
    blasint n, double *a, blasint count, double *values, double *vectors, blasint *support, double *work,
    blasint *integers, blasint *info) {
  const blasint first = n - count + 1, work_length = 26 * n, integer_length = 10 * n;
  const double none = 0;
  blasint found = 0;
  dsyevr_(
      "V", "I", "U", &n, a, &n, &none, &none, &first, &n, &none, &found, values, vectors, &n, support, work,
      &work_length, integers, &integer_length, info, 1, 1, 1);
  if (*info == 0 && found != count) *info = 1;
}

// OpenBLAS comes in builds with threads of its own, with OpenMP's, and with none. The OpenMP build ignores
// openblas_set_num_threads and asks OpenMP, whose setting belongs to the calling thread. Its functions are there if the
// library is that build, and are found when the program is loaded.
void pc_openmp_set_threads(int count) __asm__("omp_set_num_threads") __attribute__((weak));
int pc_openmp_threads(void) __asm__("omp_get_max_threads") __attribute__((weak));

// Keeps OpenBLAS on the calling thread. Returns what pc_end_one_thread is to be given.
static inline int pc_begin_one_thread(void) {
  if (openblas_get_num_threads() != 1) openblas_set_num_threads(1);
  if (openblas_get_parallel() != OPENBLAS_OPENMP || !pc_openmp_set_threads || !pc_openmp_threads) return 0;
  const int before = pc_openmp_threads();
  pc_openmp_set_threads(1);
  return before;
}

static inline void pc_end_one_thread(int before) {
  if (before > 0) pc_openmp_set_threads(before);
}
