#include "CFaiss.h"

#ifdef PATCHCORE_FAISS

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <limits>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

#include <faiss/IndexFlat.h>
#include <faiss/IndexIVFPQ.h>
#include <faiss/impl/io.h>
#include <faiss/index_io.h>
#include <faiss/invlists/InvertedLists.h>

// Declared here because clang does not see the header of GCC's OpenMP, which FAISS was built with.
extern "C" {
int omp_get_max_threads(void);
void omp_set_num_threads(int);
int openblas_get_num_threads(void);
void openblas_set_num_threads(int);
}

struct cfaiss_index {
  std::unique_ptr<faiss::IndexIVFPQ> ivfpq;
  const float *centroids;
  /// With 8 bits and FAISS's table of centroids and codebooks, the codebooks by part, coordinate and entry; else empty.
  std::vector<float> codebooks;
};

namespace {

/// Keeps FAISS and the matrix products below it on the calling thread: how they cut their work, and so the order of
/// their sums, depends on the number of threads. OpenMP's setting belongs to the calling thread; OpenBLAS has one for
/// the whole process, which this program leaves at 1, and then nothing is changed here.
class OneThread {
public:
  OneThread() : openmp(omp_get_max_threads()), openblas(openblas_get_num_threads()) {
    omp_set_num_threads(1);
    if (openblas != 1) openblas_set_num_threads(1);
  }
  ~OneThread() {
    omp_set_num_threads(openmp);
    if (openblas != 1) openblas_set_num_threads(openblas);
  }
  OneThread(const OneThread &) = delete;
  OneThread &operator=(const OneThread &) = delete;

private:
  const int openmp, openblas;
};

/// The one place where exceptions end.
template <class Body> int guarded(char *message, size_t message_size, Body body) {
  const char *what = "an unknown exception";
  try {
    body();
    return 0;
  } catch (const std::bad_alloc &) {
    what = "out of memory";
    strncpy(message, what, message_size - 1);
  } catch (const std::exception &error) {
    strncpy(message, error.what(), message_size - 1);
  } catch (...) {
    strncpy(message, what, message_size - 1);
  }
  message[message_size - 1] = 0;
  return -1;
}

struct MemoryReader : faiss::IOReader {
  const uint8_t *next;
  size_t left;
  MemoryReader(const uint8_t *bytes, size_t count) : next(bytes), left(count) {}
  size_t operator()(void *target, size_t size, size_t items) override {
    if (size == 0 || items == 0) return items;
    const size_t whole = std::min(items, left / size);
    memcpy(target, next, whole * size);
    next += whole * size;
    left -= whole * size;
    return whole;
  }
};

typedef float Lanes __attribute__((vector_size(64), aligned(4)));
constexpr size_t laneCount = 16;

/// The sum of squared differences, in an order that depends on the dimension alone.
#if defined(__x86_64__)
__attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#endif
void squared_distances(const float *query, const float *rows, size_t n, size_t d, size_t stride, float *result) {
  for (size_t row = 0; row < n; ++row) {
    const float *other = rows + row * d;
    Lanes sums[4] = {};
    size_t i = 0;
    for (; i + 4 * laneCount <= d; i += 4 * laneCount) {
      for (size_t part = 0; part < 4; ++part) {
        const Lanes difference = *reinterpret_cast<const Lanes *>(query + i + part * laneCount) -
                                 *reinterpret_cast<const Lanes *>(other + i + part * laneCount);
        sums[part] += difference * difference;
      }
    }
    float tail = 0;
    for (; i < d; ++i) tail += (query[i] - other[i]) * (query[i] - other[i]);
    const Lanes sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    float total = tail;
    for (size_t lane = 0; lane < laneCount; ++lane) total += sum[lane];
    result[row * stride] = total;
  }
}

constexpr size_t byteEntries = 256;

/// The inner products of each part of the query with the 256 entries of the part's codebook.
#if defined(__x86_64__)
__attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#endif
void inner_products(const float *query, const float *codebooks, size_t parts, size_t partSize, float *result) {
  for (size_t part = 0; part < parts; ++part) {
    for (size_t entry = 0; entry < byteEntries; entry += 4 * laneCount) {
      Lanes sums[4] = {};
      for (size_t i = 0; i < partSize; ++i) {
        const float *row = codebooks + (part * partSize + i) * byteEntries + entry;
        for (size_t group = 0; group < 4; ++group) {
          sums[group] += *reinterpret_cast<const Lanes *>(row + group * laneCount) * query[part * partSize + i];
        }
      }
      for (size_t group = 0; group < 4; ++group) {
        *reinterpret_cast<Lanes *>(result + part * byteEntries + entry + group * laneCount) = sums[group];
      }
    }
  }
}

/// What each entry adds to the distance within one list: FAISS's part without the query, less twice the product.
#if defined(__x86_64__)
__attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#endif
void entry_distances(const float *withoutQuery, const float *products, size_t count, float *result) {
  for (size_t i = 0; i < count; i += laneCount) {
    *reinterpret_cast<Lanes *>(result + i) = *reinterpret_cast<const Lanes *>(withoutQuery + i) -
                                             *reinterpret_cast<const Lanes *>(products + i) * 2.0f;
  }
}

/// The sum of a code's entries, in an order that depends on the number of parts alone.
float code_distance(const float *entries, const uint8_t *code, size_t parts) {
  float sums[4] = {};
  size_t part = 0;
  for (; part + 4 <= parts; part += 4) {
    for (size_t i = 0; i < 4; ++i) sums[i] += entries[(part + i) * byteEntries + code[part + i]];
  }
  for (; part < parts; ++part) sums[0] += entries[part * byteEntries + code[part]];
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

/// Lays out the codebooks for `inner_products` where that path applies.
void prepare(cfaiss_index &index) {
  const faiss::IndexIVFPQ &ivfpq = *index.ivfpq;
  const auto &pq = ivfpq.pq;
  if (pq.nbits != 8 || ivfpq.use_precomputed_table != 1) return;
  index.codebooks.resize(pq.M * pq.dsub * byteEntries);
  for (size_t part = 0; part < pq.M; ++part) {
    for (size_t entry = 0; entry < byteEntries; ++entry) {
      const float *values = pq.get_centroids(part, entry);
      for (size_t i = 0; i < pq.dsub; ++i) {
        index.codebooks[(part * pq.dsub + i) * byteEntries + entry] = values[i];
      }
    }
  }
}

/// A distance and the row or list it leads to; ordered by distance, then by number.
using Candidate = std::pair<float, int32_t>;

/// Distances that rounding made negative become 0, and those that overflowed become infinite: a total order again.
float proper(float distance) {
  if (std::isnan(distance)) return std::numeric_limits<float>::infinity();
  return distance > 0 ? distance : 0;
}

/// Moves the `count` smallest candidates to the front, in order.
void selectSmallest(std::vector<Candidate> &candidates, size_t count) {
  std::partial_sort(candidates.begin(), candidates.begin() + count, candidates.end());
}

/// Fills up `found` to k candidates with the nearest of the rows that are not yet among them.
void fillUp(
    std::vector<Candidate> &found, size_t k, const float *query, const float *bank, size_t rows, size_t d) {
  std::vector<char> isFound(rows, 0);
  for (const Candidate &candidate : found) isFound[candidate.second] = 1;
  std::vector<float> distances(rows);
  squared_distances(query, bank, rows, d, 1, distances.data());
  std::vector<Candidate> others;
  others.reserve(rows - found.size());
  for (size_t row = 0; row < rows; ++row) {
    if (!isFound[row]) others.emplace_back(proper(distances[row]), int32_t(row));
  }
  const size_t missing = k - found.size();
  selectSmallest(others, missing);
  found.insert(found.end(), others.begin(), others.begin() + missing);
}

} // namespace

extern "C" int cfaiss_build(
    const float *bank, size_t rows, size_t dimension, cfaiss_settings settings, cfaiss_index **index,
    char *message, size_t message_size) {
  return guarded(message, message_size, [&] {
    OneThread oneThread;
    auto quantizer = std::make_unique<faiss::IndexFlatL2>(dimension);
    auto result = std::make_unique<cfaiss_index>();
    result->ivfpq = std::make_unique<faiss::IndexIVFPQ>(
        quantizer.get(), dimension, settings.lists, settings.sub_quantisers, settings.bits);
    auto &ivfpq = *result->ivfpq;
    const auto &flat = *quantizer.release();
    ivfpq.own_fields = true;
    // With fewer than the usual 39 points per centroid FAISS prints to standard error; the caller logs it instead.
    ivfpq.cp.min_points_per_centroid = 1;
    ivfpq.pq.cp.min_points_per_centroid = 1;
    ivfpq.cp.seed = settings.seed;
    ivfpq.pq.cp.seed = settings.seed;
    ivfpq.train(rows, bank);
    ivfpq.add(rows, bank);
    result->centroids = flat.get_xb();
    prepare(*result);
    *index = result.release();
  });
}

extern "C" int cfaiss_search(
    const cfaiss_index *index, const float *bank, const float *queries, size_t n, size_t k, size_t probes,
    int32_t *rows, float *distances, char *message, size_t message_size) {
  return guarded(message, message_size, [&] {
    const faiss::IndexIVFPQ &ivfpq = *index->ivfpq;
    const size_t d = ivfpq.d, lists = ivfpq.nlist, bankRows = ivfpq.ntotal;
    // Centroids outside, queries inside: a centroid is read from memory once per block. FAISS's own search of the
    // centroids takes another algorithm, with other rounding, from 20 queries on.
    std::vector<float> toCentroids(n * lists);
    for (size_t list = 0; list < lists; ++list) {
      squared_distances(index->centroids + list * d, queries, n, d, lists, toCentroids.data() + list);
    }
    // FAISS's own scanner computes its tables for SSE; the usual codes of 8 bits have vector code here.
    const bool hasBytes = !index->codebooks.empty();
    const size_t parts = ivfpq.pq.M, entries = parts * ivfpq.pq.ksub;
    std::vector<float> products(hasBytes ? entries : 0), entryDistances(hasBytes ? entries : 0);
    std::unique_ptr<faiss::InvertedListScanner> scanner(ivfpq.get_InvertedListScanner(false, nullptr));
    std::vector<Candidate> coarse(lists), found;
    for (size_t query = 0; query < n; ++query) {
      const float *vector = queries + query * d;
      for (size_t list = 0; list < lists; ++list) {
        coarse[list] = Candidate(proper(toCentroids[query * lists + list]), int32_t(list));
      }
      selectSmallest(coarse, probes);
      if (hasBytes) {
        inner_products(vector, index->codebooks.data(), parts, ivfpq.pq.dsub, products.data());
      } else {
        scanner->set_query(vector);
      }
      found.clear();
      for (size_t probe = 0; probe < probes; ++probe) {
        const size_t list = coarse[probe].second, size = ivfpq.invlists->list_size(list);
        if (size == 0) continue;
        faiss::InvertedLists::ScopedCodes codes(ivfpq.invlists, list);
        faiss::InvertedLists::ScopedIds ids(ivfpq.invlists, list);
        if (hasBytes) {
          entry_distances(
              ivfpq.precomputed_table.get() + list * entries, products.data(), entries, entryDistances.data());
        } else {
          scanner->set_list(list, coarse[probe].first);
        }
        for (size_t entry = 0; entry < size; ++entry) {
          const uint8_t *code = codes.get() + entry * ivfpq.code_size;
          const float distance = hasBytes ? coarse[probe].first + code_distance(entryDistances.data(), code, parts)
                                          : scanner->distance_to_code(code);
          found.emplace_back(proper(distance), int32_t(ids[entry]));
        }
      }
      if (found.size() < k) fillUp(found, k, vector, bank, bankRows, d);
      selectSmallest(found, k);
      for (size_t slot = 0; slot < k; ++slot) {
        distances[query * k + slot] = found[slot].first;
        rows[query * k + slot] = found[slot].second;
      }
    }
  });
}

extern "C" int cfaiss_write(
    const cfaiss_index *index, uint8_t **bytes, size_t *count, char *message, size_t message_size) {
  return guarded(message, message_size, [&] {
    faiss::VectorIOWriter writer;
    faiss::write_index(index->ivfpq.get(), &writer);
    auto *copy = static_cast<uint8_t *>(malloc(writer.data.size()));
    if (!copy) throw std::bad_alloc();
    memcpy(copy, writer.data.data(), writer.data.size());
    *bytes = copy;
    *count = writer.data.size();
  });
}

extern "C" int cfaiss_read(
    const uint8_t *bytes, size_t count, cfaiss_index **index, char *message, size_t message_size) {
  return guarded(message, message_size, [&] {
    OneThread oneThread;
    MemoryReader reader(bytes, count);
    std::unique_ptr<faiss::Index> read(faiss::read_index(&reader));
    auto *ivfpq = dynamic_cast<faiss::IndexIVFPQ *>(read.get());
    auto *flat = ivfpq ? dynamic_cast<faiss::IndexFlat *>(ivfpq->quantizer) : nullptr;
    if (!flat) throw std::runtime_error("not an IVFPQ index over a flat quantiser");
    auto result = std::make_unique<cfaiss_index>();
    read.release();
    result->ivfpq.reset(ivfpq);
    result->centroids = flat->get_xb();
    prepare(*result);
    *index = result.release();
  });
}

extern "C" void cfaiss_free_index(cfaiss_index *index) { delete index; }

extern "C" void cfaiss_free_bytes(uint8_t *bytes) { free(bytes); }

#define CFAISS_TEXT_OF(x) #x
#define CFAISS_TEXT(x) CFAISS_TEXT_OF(x)

extern "C" const char *cfaiss_version(void) {
  return CFAISS_TEXT(FAISS_VERSION_MAJOR) "." CFAISS_TEXT(FAISS_VERSION_MINOR) "." CFAISS_TEXT(FAISS_VERSION_PATCH);
}

#endif
