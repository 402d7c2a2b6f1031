#include "CLibTIFF.h"

#ifdef PATCHCORE_TIFF

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>

struct patchcore_tiff_reader {
  TIFF *tiff;
  const uint8_t *bytes;
  size_t count;
  size_t position;
  uint32_t width, height;
  uint16_t bits, samples, photometric, planar;
  int premultiplied;
  uint16_t *palette[3];
  int failed;
  char message[PATCHCORE_TIFF_MESSAGE];
};

static int fail(patchcore_tiff_reader *reader, const char *format, ...) {
  // The first message names the cause; later ones are its consequences.
  if (!reader->failed) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reader->message, sizeof reader->message, format, arguments);
    va_end(arguments);
    reader->failed = 1;
  }
  return 0;
}

static int on_error(TIFF *tiff, void *user, const char *module, const char *format, va_list arguments) {
  (void)tiff;
  (void)module;
  patchcore_tiff_reader *reader = user;
  if (!reader->failed) vsnprintf(reader->message, sizeof reader->message, format, arguments);
  reader->failed = 1;
  return 1;
}

// Warnings are about tags that we do not use.
static int on_warning(TIFF *tiff, void *user, const char *module, const char *format, va_list arguments) {
  (void)tiff, (void)user, (void)module, (void)format, (void)arguments;
  return 1;
}

static tmsize_t read_bytes(thandle_t handle, void *target, tmsize_t count) {
  patchcore_tiff_reader *reader = (patchcore_tiff_reader *)handle;
  if (count < 0 || reader->position >= reader->count) return 0;
  size_t available = reader->count - reader->position;
  size_t taken = (size_t)count < available ? (size_t)count : available;
  memcpy(target, reader->bytes + reader->position, taken);
  reader->position += taken;
  return (tmsize_t)taken;
}

static tmsize_t write_nothing(thandle_t handle, void *source, tmsize_t count) {
  (void)handle, (void)source, (void)count;
  return 0;
}

static toff_t seek(thandle_t handle, toff_t offset, int origin) {
  patchcore_tiff_reader *reader = (patchcore_tiff_reader *)handle;
  uint64_t start = origin == SEEK_CUR ? reader->position : origin == SEEK_END ? reader->count : 0;
  reader->position = (size_t)(start + offset);
  return reader->position;
}

static int close_nothing(thandle_t handle) {
  (void)handle;
  return 0;
}

static toff_t file_size(thandle_t handle) { return ((patchcore_tiff_reader *)handle)->count; }

static int map_bytes(thandle_t handle, void **base, toff_t *count) {
  patchcore_tiff_reader *reader = (patchcore_tiff_reader *)handle;
  *base = (void *)reader->bytes;
  *count = reader->count;
  return 1;
}

static void unmap_nothing(thandle_t handle, void *base, toff_t count) { (void)handle, (void)base, (void)count; }

/// Whether the image's form is one that we expand; says why not.
static int check_form(patchcore_tiff_reader *reader, struct patchcore_tiff_info *info) {
  TIFF *tiff = reader->tiff;
  uint16_t form = SAMPLEFORMAT_UINT, compression = COMPRESSION_NONE, orientation = 1, extras = 0, *extra = NULL;
  if (!TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &reader->width) || !TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &reader->height)
      || reader->width == 0 || reader->height == 0)
    return fail(reader, "it has no size");
  TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &reader->bits);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &reader->samples);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_PLANARCONFIG, &reader->planar);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLEFORMAT, &form);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_COMPRESSION, &compression);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_ORIENTATION, &orientation);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_EXTRASAMPLES, &extras, &extra);
  if (!TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &reader->photometric)) return fail(reader, "it does not say what its samples mean");

  if (form == SAMPLEFORMAT_IEEEFP)
    return fail(reader, "its samples are floating-point numbers, not brightness; convert it to 8 or 16 bits");
  if (form != SAMPLEFORMAT_UINT && form != SAMPLEFORMAT_VOID)
    return fail(reader, "its samples are signed or complex numbers; convert it to 8 or 16 bits without sign");
  if (reader->photometric == PHOTOMETRIC_YCBCR && compression == COMPRESSION_JPEG && reader->planar == PLANARCONFIG_CONTIG
      && reader->samples == 3) {
    TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
    reader->photometric = PHOTOMETRIC_RGB;
  }
  int grey = reader->photometric == PHOTOMETRIC_MINISBLACK || reader->photometric == PHOTOMETRIC_MINISWHITE;
  int palette = reader->photometric == PHOTOMETRIC_PALETTE;
  int rgb = reader->photometric == PHOTOMETRIC_RGB;
  if (!grey && !palette && !rgb)
    return fail(reader, "its colours are of kind %d; convert it to grey, RGB or a palette", reader->photometric);
  int small = reader->bits == 1 || reader->bits == 2 || reader->bits == 4;
  if (!(reader->bits == 8 || (reader->bits == 16 && !palette) || (small && !rgb && reader->samples == 1)))
    return fail(reader, "%d samples of %d bits each; convert it to 8 or 16 bits", reader->samples, reader->bits);
  if (reader->samples < (rgb ? 3 : 1) || reader->samples > 16) return fail(reader, "%d samples per pixel", reader->samples);
  if (reader->planar != PLANARCONFIG_CONTIG && reader->planar != PLANARCONFIG_SEPARATE)
    return fail(reader, "planes of kind %d", reader->planar);
  if (palette
      && !TIFFGetField(tiff, TIFFTAG_COLORMAP, &reader->palette[0], &reader->palette[1], &reader->palette[2]))
    return fail(reader, "its palette is missing");
  reader->premultiplied = rgb && reader->samples == 4 && extras == 1 && extra[0] == EXTRASAMPLE_ASSOCALPHA;
  if (reader->premultiplied && (reader->bits != 8 || reader->planar != PLANARCONFIG_CONTIG))
    return fail(reader, "its colours are multiplied by alpha; save it without alpha");

  info->width = reader->width;
  info->height = reader->height;
  info->channels = grey ? 1 : 3;
  info->bits = reader->bits == 16 ? 16 : 8;
  info->orientation = orientation >= 1 && orientation <= 8 ? orientation : 1;
  return 1;
}

patchcore_tiff_reader *patchcore_tiff_open(
    const uint8_t *bytes, size_t count, struct patchcore_tiff_info *info, char message[PATCHCORE_TIFF_MESSAGE]) {
  patchcore_tiff_reader *reader = calloc(1, sizeof *reader);
  TIFFOpenOptions *options = reader ? TIFFOpenOptionsAlloc() : NULL;
  if (!options) {
    snprintf(message, PATCHCORE_TIFF_MESSAGE, "out of memory");
    free(reader);
    return NULL;
  }
  reader->bytes = bytes;
  reader->count = count;
  TIFFOpenOptionsSetErrorHandlerExtR(options, on_error, reader);
  TIFFOpenOptionsSetWarningHandlerExtR(options, on_warning, reader);
  reader->tiff = TIFFClientOpenExt(
      "image", "r", (thandle_t)reader, read_bytes, write_nothing, seek, close_nothing, file_size, map_bytes,
      unmap_nothing, options);
  TIFFOpenOptionsFree(options);
  if (!reader->tiff) fail(reader, "its first directory cannot be read");
  if (!reader->tiff || !check_form(reader, info)) {
    snprintf(message, PATCHCORE_TIFF_MESSAGE, "%s", reader->message);
    patchcore_tiff_close(reader);
    return NULL;
  }
  // What the directory made libtiff complain about did not keep it from being read; only the pixels count from here.
  reader->failed = 0;
  return reader;
}

static uint8_t without_alpha(uint8_t sample, uint8_t alpha) {
  if (alpha == 0) return 0;
  int value = 255 * sample / alpha;
  return value > 255 ? 255 : (uint8_t)value;
}

/// Expands `count` pixels of one decoded row. `plane` is the sample that the row holds, or -1 if it holds all.
static void expand(
    const patchcore_tiff_reader *reader, const uint8_t *row, uint32_t count, int plane, uint8_t *target) {
  int step = plane < 0 ? reader->samples : 1;
  int inverted = reader->photometric == PHOTOMETRIC_MINISWHITE;
  if (reader->photometric == PHOTOMETRIC_RGB) {
    for (int channel = plane < 0 ? 0 : plane; channel < (plane < 0 ? 3 : plane + 1); channel++) {
      int from = plane < 0 ? channel : 0;
      for (uint32_t x = 0; x < count; x++) {
        if (reader->bits == 16)
          memcpy(target + ((size_t)x * 3 + channel) * 2, row + ((size_t)x * step + from) * 2, 2);
        else if (reader->premultiplied)
          target[(size_t)x * 3 + channel] = without_alpha(row[(size_t)x * 4 + channel], row[(size_t)x * 4 + 3]);
        else
          target[(size_t)x * 3 + channel] = row[(size_t)x * step + from];
      }
    }
  } else if (reader->bits == 16) {
    for (uint32_t x = 0; x < count; x++) {
      uint16_t value;
      memcpy(&value, row + (size_t)x * step * 2, 2);
      if (inverted) value = 65535 - value;
      memcpy(target + (size_t)x * 2, &value, 2);
    }
  } else {
    int mask = (1 << reader->bits) - 1;
    for (uint32_t x = 0; x < count; x++) {
      size_t bit = (size_t)x * reader->bits;
      int value = reader->bits == 8 ? row[(size_t)x * step] : row[bit / 8] >> (8 - reader->bits - bit % 8) & mask;
      if (reader->photometric == PHOTOMETRIC_PALETTE) {
        for (int channel = 0; channel < 3; channel++)
          target[(size_t)x * 3 + channel] = reader->palette[channel][value] >> 8;
      } else {
        int grey = value * 255 / mask;
        target[x] = inverted ? 255 - grey : grey;
      }
    }
  }
}

static int read_blocks(patchcore_tiff_reader *reader, uint8_t *rows, size_t stride, uint8_t *block, tmsize_t size) {
  TIFF *tiff = reader->tiff;
  int tiled = TIFFIsTiled(tiff);
  uint32_t across = reader->width, down = reader->height;
  if (tiled) {
    if (!TIFFGetField(tiff, TIFFTAG_TILEWIDTH, &across) || !TIFFGetField(tiff, TIFFTAG_TILELENGTH, &down))
      return fail(reader, "its tiles have no size");
  } else {
    TIFFGetFieldDefaulted(tiff, TIFFTAG_ROWSPERSTRIP, &down);
    if (down > reader->height) down = reader->height;
  }
  if (across == 0 || down == 0) return fail(reader, "its strips or tiles are empty");
  int separate = reader->planar == PLANARCONFIG_SEPARATE;
  int channels = reader->photometric == PHOTOMETRIC_RGB ? 3 : 1;
  tmsize_t row_bytes = tiled ? TIFFTileRowSize(tiff) : TIFFScanlineSize(tiff);
  size_t demanded = ((size_t)across * reader->bits * (separate ? 1 : reader->samples) + 7) / 8;
  if (row_bytes <= 0 || (size_t)row_bytes < demanded) return fail(reader, "its rows are too short");
  size_t pixel = (reader->photometric == PHOTOMETRIC_RGB || reader->photometric == PHOTOMETRIC_PALETTE ? 3 : 1)
      * (reader->bits == 16 ? 2 : 1);

  for (int plane = separate ? 0 : -1; plane < (separate ? channels : 0); plane++)
    for (uint64_t y = 0; y < reader->height; y += down)
      for (uint64_t x = 0; x < reader->width; x += across) {
        uint32_t height = reader->height - y < down ? (uint32_t)(reader->height - y) : down;
        uint32_t width = reader->width - x < across ? (uint32_t)(reader->width - x) : across;
        uint16_t sample = plane < 0 ? 0 : (uint16_t)plane;
        tmsize_t wanted = (tmsize_t)(tiled ? down : height) * row_bytes;
        if (wanted > size) return fail(reader, "its strips or tiles are larger than they say");
        tmsize_t got = tiled
            ? TIFFReadEncodedTile(tiff, TIFFComputeTile(tiff, (uint32_t)x, (uint32_t)y, 0, sample), block, wanted)
            : TIFFReadEncodedStrip(tiff, TIFFComputeStrip(tiff, (uint32_t)y, sample), block, wanted);
        if (got < wanted || reader->failed) return fail(reader, "the pixels end too early");
        for (uint32_t row = 0; row < height; row++)
          expand(reader, block + (size_t)row * row_bytes, width, plane, rows + (y + row) * stride + x * pixel);
      }
  return 1;
}

int patchcore_tiff_read(
    patchcore_tiff_reader *reader, uint8_t *rows, size_t stride, char message[PATCHCORE_TIFF_MESSAGE]) {
  tmsize_t size = TIFFIsTiled(reader->tiff) ? TIFFTileSize(reader->tiff) : TIFFStripSize(reader->tiff);
  // A tile may reach past the image, but a sane one by no more than a few times its size.
  uint64_t largest = ((uint64_t)reader->width * reader->height * reader->samples * 2 + (16 << 20)) * 4;
  uint8_t *block = NULL;
  int done = 0;
  if (size <= 0 || (uint64_t)size > largest)
    fail(reader, "its strips or tiles are too large for the image");
  else if (!(block = calloc(1, (size_t)size)))
    fail(reader, "out of memory");
  else
    done = read_blocks(reader, rows, stride, block, size);
  free(block);
  if (!done) snprintf(message, PATCHCORE_TIFF_MESSAGE, "%s", reader->message);
  return done;
}

void patchcore_tiff_close(patchcore_tiff_reader *reader) {
  if (!reader) return;
  if (reader->tiff) TIFFClose(reader->tiff);
  free(reader);
}

#endif
