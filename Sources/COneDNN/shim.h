#pragma once
#include <dnnl.h>

// oneDNN computes with OpenMP and offers no call of its own to set the number of threads. Declared here because omp.h
// belongs to a compiler (GCC's version is not on Clang's search path). Both count for the calling thread alone.
void omp_set_num_threads(int count);
int omp_get_max_threads(void);

// How our own loops run on oneDNN's threads: what GCC makes of `#pragma omp parallel`. Clang would bring a second OpenMP
// library, whose threads would compete with the first one's.
void GOMP_parallel(void (*body)(void *data), void *data, unsigned threads, unsigned flags);
int omp_get_num_threads(void);
int omp_get_thread_num(void);
