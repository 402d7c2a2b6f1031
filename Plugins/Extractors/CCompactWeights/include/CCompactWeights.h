#ifndef CCOMPACTWEIGHTS_H
#define CCOMPACTWEIGHTS_H

#include <stddef.h>

/// The bytes of compact.safetensors, aligned to 64 bytes, there as long as the program runs.
const void *compact_weights_bytes(void);

/// The number of those bytes.
size_t compact_weights_length(void);

#endif
