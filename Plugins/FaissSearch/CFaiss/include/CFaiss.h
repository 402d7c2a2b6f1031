#pragma once

// Declared in every build, because Swift reads this without the macro; defined where PATCHCORE_FAISS is.

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// An index of any kind, owned by the caller and freed with cfaiss_free_index. The rows stay with the caller, and the
/// same ones are given with each call.
typedef struct cfaiss_index cfaiss_index;

/// The rows that are searched, one after the other.
typedef struct {
  const float *values;
  size_t rows;
  size_t dimension;
} cfaiss_bank;

// All functions with a message return 0, or -1 with the message filled in. The caller has checked every setting: FAISS
// aborts on some values. All work is done on the calling thread.

/// Trains inverted lists with product quantisation on the bank and adds its rows.
int cfaiss_build_ivfpq(
    cfaiss_bank bank, size_t lists, size_t sub_quantisers, size_t bits, int seed, cfaiss_index **index, char *message,
    size_t message_size);

/// Trains inverted lists on the bank and assigns its rows.
int cfaiss_build_ivfflat(
    cfaiss_bank bank, size_t lists, int seed, cfaiss_index **index, char *message, size_t message_size);

/// Links the rows of the bank to a graph of layers.
int cfaiss_build_hnsw(
    cfaiss_bank bank, size_t links, size_t build_depth, int seed, cfaiss_index **index, char *message,
    size_t message_size);

/// Makes ready for exhaustive search.
int cfaiss_build_flat(cfaiss_bank bank, cfaiss_index **index, char *message, size_t message_size);

/// The k nearest rows that an index finds, for each of n queries, ascending by squared distance, equal ones by row.
///
/// k is at most the number of rows. `depth` is the number of lists to look through or the search depth of a graph. What
/// the index misses to make k rows is filled up by exact search. A query's result does not depend on the other queries.
/// All kinds but ivfpq measure the rows they return as the exact search does.
int cfaiss_search(
    const cfaiss_index *index, cfaiss_bank bank, const float *queries, size_t n, size_t k, size_t depth, int32_t *rows,
    float *distances, char *message, size_t message_size);

/// Writes an ivfpq index in FAISS's own format to memory that the caller frees with cfaiss_free_bytes.
int cfaiss_write_ivfpq(
    const cfaiss_index *index, uint8_t **bytes, size_t *count, char *message, size_t message_size);

/// Reads what cfaiss_write_ivfpq wrote. The caller has checked every size in it.
int cfaiss_read_ivfpq(
    const uint8_t *bytes, size_t count, cfaiss_index **index, char *message, size_t message_size);

/// Copies an ivfflat index: `lists x dimension` centroids, and the list of each row.
void cfaiss_copy_ivfflat(const cfaiss_index *index, float *centroids, int32_t *list_of_row);

/// Makes an ivfflat index of such copies. The caller has checked that each row's list exists.
int cfaiss_restore_ivfflat(
    cfaiss_bank bank, const float *centroids, size_t lists, const int32_t *list_of_row, cfaiss_index **index,
    char *message, size_t message_size);

/// The most layers that a row of a graph can be on.
size_t cfaiss_hnsw_layers(size_t links);

/// Room for links in the whole graph.
size_t cfaiss_hnsw_slots(const cfaiss_index *index);

/// Copies an hnsw index: the number of layers of each row, its links layer by layer (-1 for none), and the row where
/// searches begin.
void cfaiss_copy_hnsw(const cfaiss_index *index, uint8_t *layers, int32_t *links, int32_t *entry_point);

/// Makes an hnsw index of such copies. The caller has checked that each link leads to a row of its layer.
int cfaiss_restore_hnsw(
    cfaiss_bank bank, size_t links_per_row, const uint8_t *layers, const int32_t *links, size_t slots,
    int32_t entry_point, cfaiss_index **index, char *message, size_t message_size);

void cfaiss_free_index(cfaiss_index *index);
void cfaiss_free_bytes(uint8_t *bytes);

/// The version of FAISS that this was compiled with, such as "1.7.3".
const char *cfaiss_version(void);

/// The options that the linked FAISS was compiled with, as it gives them: "AVX2" is among them in builds for it.
const char *cfaiss_options(void);

#ifdef __cplusplus
}
#endif
