#pragma once
#include <stddef.h>
#include <stdint.h>

// libpng reports errors by longjmp, which must not cross a Swift frame: these functions catch it and hand the message
// back. The row API is used, not the simplified one, which would apply gamma, background and profile.

enum { PATCHCORE_PNG_MESSAGE = 160 };

/// What an image's rows hold after palettes and low bit depths are expanded and alpha is dropped.
struct patchcore_png_info {
  uint32_t width;
  uint32_t height;
  /// 1 (grey) or 3 (red, green, blue).
  int channels;
  /// 8 or 16, the latter in the machine's byte order.
  int bits;
};

typedef struct patchcore_png_reader patchcore_png_reader;

/// Reads everything before the pixels. NULL on failure, with `message` filled in. `bytes` must outlive the reader.
patchcore_png_reader *patchcore_png_open(
    const uint8_t *bytes, size_t count, struct patchcore_png_info *info, char message[PATCHCORE_PNG_MESSAGE]);

/// Reads all rows, `stride` bytes apart, and the rest of the file. 1 on success, 0 with `message` filled in.
int patchcore_png_read(
    patchcore_png_reader *reader, uint8_t *rows, size_t stride, char message[PATCHCORE_PNG_MESSAGE]);

void patchcore_png_close(patchcore_png_reader *reader);

/// Encodes rows; the same rows give the same bytes. On success `*bytes` is for the caller to pass to `free`.
int patchcore_png_write(
    const struct patchcore_png_info *info, const uint8_t *rows, size_t stride, uint8_t **bytes, size_t *count,
    char message[PATCHCORE_PNG_MESSAGE]);
