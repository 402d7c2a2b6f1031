#include "CLibTIFF.h"

#ifdef PATCHCORE_TIFF

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>

/// A file in memory that grows as libtiff writes it.
struct memory_file {
  uint8_t *bytes;
  size_t count, capacity, position;
  int failed;
  char message[PATCHCORE_TIFF_MESSAGE];
};

static void note(struct memory_file *file, const char *message) {
  if (!file->failed) snprintf(file->message, sizeof file->message, "%s", message);
  file->failed = 1;
}

static int on_error(TIFF *tiff, void *user, const char *module, const char *format, va_list arguments) {
  (void)tiff;
  (void)module;
  struct memory_file *file = user;
  if (!file->failed) vsnprintf(file->message, sizeof file->message, format, arguments);
  file->failed = 1;
  return 1;
}

static int on_warning(TIFF *tiff, void *user, const char *module, const char *format, va_list arguments) {
  (void)tiff, (void)user, (void)module, (void)format, (void)arguments;
  return 1;
}

static tmsize_t read_back(thandle_t handle, void *target, tmsize_t count) {
  struct memory_file *file = (struct memory_file *)handle;
  if (count < 0 || file->position >= file->count) return 0;
  size_t available = file->count - file->position;
  size_t taken = (size_t)count < available ? (size_t)count : available;
  memcpy(target, file->bytes + file->position, taken);
  file->position += taken;
  return (tmsize_t)taken;
}

static tmsize_t append(thandle_t handle, void *source, tmsize_t count) {
  struct memory_file *file = (struct memory_file *)handle;
  if (count < 0) return -1;
  size_t end = file->position + (size_t)count;
  if (end > file->capacity) {
    size_t capacity = end > 2 * file->capacity ? end : 2 * file->capacity;
    uint8_t *bytes = realloc(file->bytes, capacity);
    if (!bytes) {
      note(file, "out of memory");
      return -1;
    }
    file->bytes = bytes;
    file->capacity = capacity;
  }
  // libtiff may seek past the end before it writes.
  if (file->position > file->count) memset(file->bytes + file->count, 0, file->position - file->count);
  memcpy(file->bytes + file->position, source, (size_t)count);
  file->position = end;
  if (end > file->count) file->count = end;
  return count;
}

static toff_t seek(thandle_t handle, toff_t offset, int origin) {
  struct memory_file *file = (struct memory_file *)handle;
  uint64_t start = origin == SEEK_CUR ? file->position : origin == SEEK_END ? file->count : 0;
  file->position = (size_t)(start + offset);
  return file->position;
}

static int close_nothing(thandle_t handle) {
  (void)handle;
  return 0;
}

static toff_t file_size(thandle_t handle) { return ((struct memory_file *)handle)->count; }

static int map_nothing(thandle_t handle, void **base, toff_t *count) {
  (void)handle, (void)base, (void)count;
  return 0;
}

static void unmap_nothing(thandle_t handle, void *base, toff_t count) { (void)handle, (void)base, (void)count; }

int patchcore_tiff_write_floats(
    const float *values, uint32_t width, uint32_t height, uint8_t **bytes, size_t *count,
    char message[PATCHCORE_TIFF_MESSAGE]) {
  struct memory_file file = {0};
  TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
  TIFF *tiff = NULL;
  if (width == 0 || height == 0) {
    note(&file, "it has no pixels");
  } else if (!options) {
    note(&file, "out of memory");
  } else {
    TIFFOpenOptionsSetErrorHandlerExtR(options, on_error, &file);
    TIFFOpenOptionsSetWarningHandlerExtR(options, on_warning, &file);
    tiff = TIFFClientOpenExt(
        "map", "w", (thandle_t)&file, read_back, append, seek, close_nothing, file_size, map_nothing, unmap_nothing,
        options);
    if (!tiff) note(&file, "the file cannot be begun");
  }
  if (options) TIFFOpenOptionsFree(options);
  if (tiff) {
    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, width);
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, height);
    TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, 32);
    TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, 1);
    TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_IEEEFP);
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
    TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    TIFFSetField(tiff, TIFFTAG_COMPRESSION, COMPRESSION_NONE);
    TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, TIFFDefaultStripSize(tiff, 0));
    for (uint32_t row = 0; row < height && !file.failed; row++)
      if (TIFFWriteScanline(tiff, (void *)(values + (size_t)row * width), row, 0) != 1) note(&file, "a row is not taken");
    // The directory is written when the file is flushed, so that its failure is seen before the file is closed.
    if (!file.failed && TIFFFlush(tiff) != 1) note(&file, "the file cannot be ended");
    TIFFClose(tiff);
  }
  if (file.failed) {
    snprintf(message, PATCHCORE_TIFF_MESSAGE, "%s", file.message);
    free(file.bytes);
    return 0;
  }
  *bytes = file.bytes;
  *count = file.count;
  return 1;
}

#endif
