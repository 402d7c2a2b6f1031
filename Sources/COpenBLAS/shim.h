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
