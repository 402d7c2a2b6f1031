#pragma once

// Declared in every build, because Swift reads this without the macro; defined where PATCHCORE_FAISS is.

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A trained inverted-file index with product quantisation, owned by the caller and freed with cfaiss_free_index.
typedef struct cfaiss_index cfaiss_index;

/// What an index is built with. The caller has checked it: FAISS aborts on some values.
typedef struct {
  size_t lists;
  size_t sub_quantisers;
  size_t bits;
  int seed;
} cfaiss_settings;

/// Trains an index on the rows of the bank and adds them, on the calling thread.
/// Returns 0, or -1 with a message.
int cfaiss_build(
    const float *bank, size_t rows, size_t dimension, cfaiss_settings settings, cfaiss_index **index,
    char *message, size_t message_size);

/// The k nearest rows that the probed lists hold, filled up by exact search over the bank, for each of n queries.
/// k is at most the number of rows of the bank. A query's result does not depend on the other queries.
/// Returns 0, or -1 with a message.
int cfaiss_search(
    const cfaiss_index *index, const float *bank, const float *queries, size_t n, size_t k, size_t probes,
    int32_t *rows, float *distances, char *message, size_t message_size);

/// Writes the index in FAISS's own format to memory that the caller frees with cfaiss_free_bytes.
int cfaiss_write(
    const cfaiss_index *index, uint8_t **bytes, size_t *count, char *message, size_t message_size);

/// Reads what cfaiss_write wrote. The caller has checked every size in it.
int cfaiss_read(
    const uint8_t *bytes, size_t count, cfaiss_index **index, char *message, size_t message_size);

void cfaiss_free_index(cfaiss_index *index);
void cfaiss_free_bytes(uint8_t *bytes);

/// The version of FAISS that this was compiled with, such as "1.7.3".
const char *cfaiss_version(void);

#ifdef __cplusplus
}
#endif
