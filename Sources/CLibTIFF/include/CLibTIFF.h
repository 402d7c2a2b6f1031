#pragma once
#include <stddef.h>
#include <stdint.h>

// libtiff's fields are read through variable arguments and its errors come through callbacks, neither of which Swift can
// use. A build without the trait TIFF compiles none of this.

enum { PATCHCORE_TIFF_MESSAGE = 240 };

/// What an image's rows hold after palettes and low bit depths are expanded and alpha is dropped.
struct patchcore_tiff_info {
  uint32_t width;
  uint32_t height;
  /// 1 (grey) or 3 (red, green, blue).
  int channels;
  /// 8 or 16, the latter in the machine's byte order.
  int bits;
  /// The orientation tag, 1 to 8.
  int orientation;
};

typedef struct patchcore_tiff_reader patchcore_tiff_reader;

/// Reads the first page's fields. NULL on failure, with `message` filled in. `bytes` must outlive the reader.
patchcore_tiff_reader *patchcore_tiff_open(
    const uint8_t *bytes, size_t count, struct patchcore_tiff_info *info, char message[PATCHCORE_TIFF_MESSAGE]);

/// Reads all rows, `stride` bytes apart. 1 on success, 0 with `message` filled in.
int patchcore_tiff_read(
    patchcore_tiff_reader *reader, uint8_t *rows, size_t stride, char message[PATCHCORE_TIFF_MESSAGE]);

void patchcore_tiff_close(patchcore_tiff_reader *reader);

/// Encodes `height x width` 32-bit floats, row by row, as an uncompressed grey TIFF file of one page. 1 on success with
/// `*bytes` to be freed by the caller, 0 with `message` filled in.
int patchcore_tiff_write_floats(
    const float *values, uint32_t width, uint32_t height, uint8_t **bytes, size_t *count,
    char message[PATCHCORE_TIFF_MESSAGE]);
