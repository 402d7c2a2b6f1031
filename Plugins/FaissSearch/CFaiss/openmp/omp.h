#pragma once

// Stands in for GCC's header, which clang does not see and FAISS's headers ask for. FAISS and its OpenMP were compiled
// elsewhere; here only these declarations are needed.

#ifdef __cplusplus
extern "C" {
#endif

typedef struct omp_lock_t omp_lock_t;
int omp_get_max_threads(void);
void omp_set_num_threads(int);

#ifdef __cplusplus
}
#endif
