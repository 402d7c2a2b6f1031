#pragma once
#include <dnnl.h>

// oneDNN computes with OpenMP and offers no call of its own to set the number of threads. Declared here because omp.h
// belongs to a compiler (GCC's version is not on Clang's search path). Both count for the calling thread alone.
void omp_set_num_threads(int count);
int omp_get_max_threads(void);
