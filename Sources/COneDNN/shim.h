#pragma once
#include <dnnl.h>

// From libgomp, whose threads oneDNN uses. Its omp.h comes with GCC only.
extern int omp_get_max_threads(void);
extern void omp_set_num_threads(int count);
