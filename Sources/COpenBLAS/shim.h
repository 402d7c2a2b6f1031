#pragma once
#include <cblas.h>

// OpenBLAS holds LAPACK, but Debian's package declares none of it: these are Fortran's routines, which take every
// argument by address, and texts with their length behind all others.
void dpotrf_(const char *uplo, const blasint *n, double *a, const blasint *lda, blasint *info, long uplo_length);
void dtrtri_(
    const char *uplo, const char *diag, const blasint *n, double *a, const blasint *lda, blasint *info,
    long uplo_length, long diag_length);

// The Cholesky factor of a symmetric matrix in the upper triangle, columns n apart. 0 in info if it has one.
static inline void pc_dpotrf_upper(const blasint *n, double *a, blasint *info) { dpotrf_("U", n, a, n, info, 1); }

// The inverse of an upper triangular matrix, columns n apart. 0 in info if it has one.
static inline void pc_dtrtri_upper(const blasint *n, double *a, blasint *info) {
  dtrtri_("U", "N", n, a, n, info, 1, 1);
}
