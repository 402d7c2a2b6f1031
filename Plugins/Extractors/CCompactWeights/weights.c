#include "CCompactWeights.h"

// `#embed` is C23; clang takes it in C17 too and says so.
#pragma clang diagnostic ignored "-Wc23-extensions"

_Alignas(64) static const unsigned char weights[] = {
#embed "compact.safetensors"
};

const void *compact_weights_bytes(void) { return weights; }

size_t compact_weights_length(void) { return sizeof weights; }
