#include "CLibPNG.h"

#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct patchcore_png_reader {
  png_structp png;
  png_infop info;
  const uint8_t *bytes;
  size_t count;
  size_t position;
  uint32_t height;
  size_t row_bytes;
  char message[PATCHCORE_PNG_MESSAGE];
};

static void keep_message(char *to, const char *message) { snprintf(to, PATCHCORE_PNG_MESSAGE, "%s", message); }

static void fail_reading(png_structp png, png_const_charp message) {
  patchcore_png_reader *reader = png_get_error_ptr(png);
  keep_message(reader->message, message);
  png_longjmp(png, 1);
}

// Warnings are about chunks that we do not use, such as colour profiles; what harms pixels is an error.
static void ignore_warning(png_structp png, png_const_charp message) {
  (void)png;
  (void)message;
}

static void read_bytes(png_structp png, png_bytep target, size_t count) {
  patchcore_png_reader *reader = png_get_io_ptr(png);
  if (count > reader->count - reader->position) png_error(png, "the file ends too early");
  memcpy(target, reader->bytes + reader->position, count);
  reader->position += count;
}

patchcore_png_reader *patchcore_png_open(
    const uint8_t *bytes, size_t count, struct patchcore_png_info *info, char message[PATCHCORE_PNG_MESSAGE]) {
  patchcore_png_reader *reader = calloc(1, sizeof *reader);
  if (!reader) {
    keep_message(message, "out of memory");
    return NULL;
  }
  reader->bytes = bytes;
  reader->count = count;
  keep_message(reader->message, "libpng cannot start");
  reader->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, reader, fail_reading, ignore_warning);
  if (reader->png) reader->info = png_create_info_struct(reader->png);
  if (!reader->png || !reader->info || setjmp(png_jmpbuf(reader->png))) {
    keep_message(message, reader->message);
    patchcore_png_close(reader);
    return NULL;
  }
  png_structp png = reader->png;
  png_set_read_fn(png, reader, read_bytes);
  png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
  // The caller has its own limit on pixels and checks it before it allocates.
  png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  // Text, profiles and the like are passed over unread: they can be large once decompressed.
  static const png_byte unused[] =
      "cHRM\0gAMA\0iCCP\0sRGB\0bKGD\0hIST\0pHYs\0sPLT\0tIME\0tEXt\0zTXt\0iTXt\0eXIf\0pCAL\0sCAL\0oFFs";
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, unused, (int)(sizeof unused / 5));
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, 0);

  png_read_info(png, reader->info);
  int colour = png_get_color_type(png, reader->info);
  info->width = png_get_image_width(png, reader->info);
  info->height = png_get_image_height(png, reader->info);
  info->channels = colour & PNG_COLOR_MASK_COLOR ? 3 : 1;
  info->bits = png_get_bit_depth(png, reader->info) == 16 ? 16 : 8;
  reader->row_bytes = (size_t)info->width * info->channels * (info->bits / 8);
  reader->height = info->height;
  return reader;
}

int patchcore_png_read(
    patchcore_png_reader *reader, uint8_t *rows, size_t stride, char message[PATCHCORE_PNG_MESSAGE]) {
  if (setjmp(png_jmpbuf(reader->png))) {
    keep_message(message, reader->message);
    return 0;
  }
  png_structp png = reader->png;
  if (png_get_color_type(png, reader->info) == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);
  png_set_expand_gray_1_2_4_to_8(png);
  png_set_strip_alpha(png);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  png_set_swap(png);
#endif
  int passes = png_set_interlace_handling(png);
  // Memory for rows is taken here, after the caller has checked the size.
  png_read_update_info(png, reader->info);
  if (png_get_rowbytes(png, reader->info) != reader->row_bytes) png_error(png, "libpng expands it to an unexpected form");
  for (int pass = 0; pass < passes; pass++)
    for (uint32_t row = 0; row < reader->height; row++) png_read_row(png, rows + row * stride, NULL);
  png_read_end(png, NULL);
  return 1;
}

void patchcore_png_close(patchcore_png_reader *reader) {
  if (!reader) return;
  if (reader->png) png_destroy_read_struct(&reader->png, &reader->info, NULL);
  free(reader);
}

struct writer {
  uint8_t *bytes;
  size_t count;
  size_t capacity;
  char *message;
};

static void fail_writing(png_structp png, png_const_charp message) {
  struct writer *writer = png_get_error_ptr(png);
  keep_message(writer->message, message);
  png_longjmp(png, 1);
}

static void write_bytes(png_structp png, png_bytep source, size_t count) {
  struct writer *writer = png_get_io_ptr(png);
  if (count > writer->capacity - writer->count) {
    size_t capacity = (writer->count + count) * 2;
    uint8_t *bytes = realloc(writer->bytes, capacity);
    if (!bytes) png_error(png, "out of memory");
    writer->bytes = bytes;
    writer->capacity = capacity;
  }
  memcpy(writer->bytes + writer->count, source, count);
  writer->count += count;
}

static void flush_nothing(png_structp png) { (void)png; }

int patchcore_png_write(
    const struct patchcore_png_info *info, const uint8_t *rows, size_t stride, uint8_t **bytes, size_t *count,
    char message[PATCHCORE_PNG_MESSAGE]) {
  struct writer *writer = calloc(1, sizeof *writer);
  if (!writer) {
    keep_message(message, "out of memory");
    return 0;
  }
  writer->message = message;
  keep_message(message, "libpng cannot start");
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, writer, fail_writing, ignore_warning);
  png_infop header = png ? png_create_info_struct(png) : NULL;
  if (!png || !header || setjmp(png_jmpbuf(png))) {
    png_destroy_write_struct(&png, &header);
    free(writer->bytes);
    free(writer);
    return 0;
  }
  png_set_write_fn(png, writer, write_bytes, flush_nothing);
  png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_set_compression_level(png, 6);
  png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_SUB | PNG_FILTER_UP | PNG_FILTER_PAETH);
  png_set_IHDR(
      png, header, info->width, info->height, info->bits,
      info->channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_BASE,
      PNG_FILTER_TYPE_BASE);
  png_write_info(png, header);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  if (info->bits == 16) png_set_swap(png);
#endif
  for (uint32_t row = 0; row < info->height; row++) png_write_row(png, rows + row * stride);
  png_write_end(png, header);
  png_destroy_write_struct(&png, &header);
  *bytes = writer->bytes;
  *count = writer->count;
  free(writer);
  return 1;
}
