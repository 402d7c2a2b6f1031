#include "shim.h"

#ifdef PATCHCORE_FAISS

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <stdexcept>

#include <faiss/IndexFlat.h>
#include <faiss/IndexIVFPQ.h>
#include <faiss/impl/io.h>
#include <faiss/index_io.h>
#include <faiss/invlists/InvertedLists.h>

namespace {

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

using patchcore::Candidate;
using patchcore::proper;
using patchcore::selectSmallest;

/// Fills up `found` to k candidates with the nearest of the rows that are not yet among them.
void fillUp(
    std::vector<Candidate> &found, size_t k, const float *query, const float *bank, size_t rows, size_t d) {
  std::vector<char> isFound(rows, 0);
  for (const Candidate &candidate : found) isFound[candidate.second] = 1;
  std::vector<float> distances(rows);
  patchcore::squaredDistances(query, bank, rows, d, 1, distances.data());
  std::vector<Candidate> others;
  others.reserve(rows - found.size());
  for (size_t row = 0; row < rows; ++row) {
    if (!isFound[row]) others.emplace_back(proper(distances[row]), int32_t(row));
  }
  const size_t missing = k - found.size();
  selectSmallest(others, missing);
  found.insert(found.end(), others.begin(), others.begin() + missing);
}

struct CodeIndex : cfaiss_index {
  std::unique_ptr<faiss::IndexIVFPQ> ivfpq;
  const float *centroids;
  /// With 8 bits and FAISS's table of centroids and codebooks, the codebooks by part, coordinate and entry; else empty.
  std::vector<float> codebooks;

  CodeIndex(std::unique_ptr<faiss::IndexIVFPQ> index, const float *centroids)
      : ivfpq(std::move(index)), centroids(centroids) {
    const auto &pq = ivfpq->pq;
    if (pq.nbits != 8 || ivfpq->use_precomputed_table != 1) return;
    codebooks.resize(pq.M * pq.dsub * byteEntries);
    for (size_t part = 0; part < pq.M; ++part) {
      for (size_t entry = 0; entry < byteEntries; ++entry) {
        const float *values = pq.get_centroids(part, entry);
        for (size_t i = 0; i < pq.dsub; ++i) codebooks[(part * pq.dsub + i) * byteEntries + entry] = values[i];
      }
    }
  }

  void search(
      const cfaiss_bank &bank, const float *queries, size_t n, size_t k, size_t depth, int32_t *rows,
      float *distances) const override {
    const size_t d = bank.dimension;
    const auto coarse = patchcore::nearestLists(centroids, ivfpq->nlist, queries, n, d, depth);
    // FAISS's own scanner computes its tables for SSE; the usual codes of 8 bits have vector code here.
    const bool hasBytes = !codebooks.empty();
    const size_t parts = ivfpq->pq.M, entries = parts * ivfpq->pq.ksub;
    std::vector<float> products(hasBytes ? entries : 0), entryDistances(hasBytes ? entries : 0);
    std::unique_ptr<faiss::InvertedListScanner> scanner(ivfpq->get_InvertedListScanner(false, nullptr));
    std::vector<Candidate> found;
    for (size_t query = 0; query < n; ++query) {
      const float *vector = queries + query * d;
      if (hasBytes) {
        inner_products(vector, codebooks.data(), parts, ivfpq->pq.dsub, products.data());
      } else {
        scanner->set_query(vector);
      }
      found.clear();
      for (size_t probe = query * depth; probe < (query + 1) * depth; ++probe) {
        const size_t list = coarse[probe].second, size = ivfpq->invlists->list_size(list);
        if (size == 0) continue;
        faiss::InvertedLists::ScopedCodes codes(ivfpq->invlists, list);
        faiss::InvertedLists::ScopedIds ids(ivfpq->invlists, list);
        if (hasBytes) {
          entry_distances(
              ivfpq->precomputed_table.get() + list * entries, products.data(), entries, entryDistances.data());
        } else {
          scanner->set_list(list, coarse[probe].first);
        }
        for (size_t entry = 0; entry < size; ++entry) {
          const uint8_t *code = codes.get() + entry * ivfpq->code_size;
          const float distance = hasBytes ? coarse[probe].first + code_distance(entryDistances.data(), code, parts)
                                          : scanner->distance_to_code(code);
          found.emplace_back(proper(distance), int32_t(ids[entry]));
        }
      }
      if (found.size() < k) fillUp(found, k, vector, bank.values, bank.rows, d);
      selectSmallest(found, k);
      for (size_t slot = 0; slot < k; ++slot) {
        distances[query * k + slot] = found[slot].first;
        rows[query * k + slot] = found[slot].second;
      }
    }
  }
};

} // namespace

extern "C" int cfaiss_build_ivfpq(
    cfaiss_bank bank, size_t lists, size_t sub_quantisers, size_t bits, int seed, cfaiss_index **index, char *message,
    size_t message_size) {
  return patchcore::guarded(message, message_size, [&] {
    patchcore::OneThread oneThread;
    auto quantizer = std::make_unique<faiss::IndexFlatL2>(bank.dimension);
    auto ivfpq = std::make_unique<faiss::IndexIVFPQ>(quantizer.get(), bank.dimension, lists, sub_quantisers, bits);
    const auto &flat = *quantizer.release();
    ivfpq->own_fields = true;
    // With fewer than the usual 39 points per centroid FAISS prints to standard error; the caller logs it instead.
    ivfpq->cp.min_points_per_centroid = 1;
    ivfpq->pq.cp.min_points_per_centroid = 1;
    ivfpq->cp.seed = seed;
    ivfpq->pq.cp.seed = seed;
    ivfpq->train(bank.rows, bank.values);
    ivfpq->add(bank.rows, bank.values);
    *index = new CodeIndex(std::move(ivfpq), flat.get_xb());
  });
}

extern "C" int cfaiss_write_ivfpq(
    const cfaiss_index *index, uint8_t **bytes, size_t *count, char *message, size_t message_size) {
  return patchcore::guarded(message, message_size, [&] {
    faiss::VectorIOWriter writer;
    faiss::write_index(static_cast<const CodeIndex &>(*index).ivfpq.get(), &writer);
    auto *copy = static_cast<uint8_t *>(malloc(writer.data.size()));
    if (!copy) throw std::bad_alloc();
    memcpy(copy, writer.data.data(), writer.data.size());
    *bytes = copy;
    *count = writer.data.size();
  });
}

extern "C" int cfaiss_read_ivfpq(
    const uint8_t *bytes, size_t count, cfaiss_index **index, char *message, size_t message_size) {
  return patchcore::guarded(message, message_size, [&] {
    patchcore::OneThread oneThread;
    MemoryReader reader(bytes, count);
    std::unique_ptr<faiss::Index> read(faiss::read_index(&reader));
    auto *ivfpq = dynamic_cast<faiss::IndexIVFPQ *>(read.get());
    auto *flat = ivfpq ? dynamic_cast<faiss::IndexFlat *>(ivfpq->quantizer) : nullptr;
    if (!flat) throw std::runtime_error("not an IVFPQ index over a flat quantiser");
    read.release();
    *index = new CodeIndex(std::unique_ptr<faiss::IndexIVFPQ>(ivfpq), flat->get_xb());
  });
}

#endif
