#include <stdlib.h>

#include "check.h"

// The unit of rounding of bfloat16.
#define BFLOAT16_UNIT 0x1p-8

static float widened(uint16_t number) {
  const uint32_t bits = (uint32_t)number << 16;
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

// To the nearest, ties to even.
static uint16_t narrowed(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static uint16_t *random_narrow(int64_t count) {
  uint16_t *numbers = zeroed(count, sizeof(uint16_t));
  for (int64_t i = 0; i < count; i++) numbers[i] = narrowed((float)(2 * random_double() - 1));
  return numbers;
}

// A place of the convolution of the image, rounded as the kernel rounds, and the sum of magnitudes.
static double convolved(
    const float *image, long height, long width, const float *weights, const float *bias, long y, long x, long output,
    double *magnitude) {
  double sum = bias[output];
  *magnitude = fabs(sum);
  for (long input = 0; input < 3; input++)
    for (long i = 0; i < 7; i++)
      for (long j = 0; j < 7; j++) {
        const long above = 2 * y - 3 + i, left = 2 * x - 3 + j;
        if (above < 0 || left < 0 || above >= height || left >= width) continue;
        const double product = (double)widened(narrowed(image[(input * height + above) * width + left])) *
                               widened(narrowed(weights[((output * 3 + input) * 7 + i) * 7 + j]));
        sum += product;
        *magnitude += fabs(product);
      }
  return sum > 0 ? sum : 0;
}

static void check_first_layer(void) {
  enum { OUTPUTS = PC_FIRST_LAYER_CHANNELS, HEIGHT = 23, WIDTH = 38, ROWS = 6, COLUMNS = 10 };
  const float steps = 100;
  for (int part = 0; part < 3; part++) {
    begin_kernel(
        (const char *[]){"pc_first_layer_weights", "pc_first_layer_scratch", "pc_first_layer_rows"}[part]);
    if (!pc_has_avx512_bf16()) {
      same(0, 0);  // The processor lacks the instructions.
      end_kernel();
      continue;
    }
    const float *weights = random_floats(OUTPUTS * 3 * 49), *bias = random_floats(OUTPUTS);
    const float *image = random_floats(3 * HEIGHT * WIDTH);
    uint16_t *pairs = zeroed(PC_FIRST_LAYER_PAIRS * OUTPUTS * 2, sizeof(uint16_t));
    pc_first_layer_weights(weights, pairs);
    for (long output = 0; !part && output < OUTPUTS; output++)
      for (long y = 0; y < 7; y++)
        for (long at = 0; at < 22; at++) {
          const float expected = at < 21 ? weights[((output * 3 + at % 3) * 7 + y) * 7 + at / 3] : 0;
          same(widened(pairs[((y * 11 + at / 2) * OUTPUTS + output) * 2 + at % 2]), widened(narrowed(expected)));
        }
    for (int is_narrow = 0; part && is_narrow < 2; is_narrow++) {
      const pc_first_layer layer = {image, HEIGHT, WIDTH, pairs, bias, is_narrow ? steps : 0};
      void *scratch = zeroed(pc_first_layer_scratch(&layer), 1);
      void *result = zeroed(ROWS * COLUMNS * OUTPUTS, is_narrow ? 1 : 2);
      pc_first_layer_rows(&layer, 0, 2, scratch, result);
      pc_first_layer_rows(&layer, 2, ROWS, scratch, result);
      for (long i = 0; i < ROWS * COLUMNS * OUTPUTS; i++) {
        const long row = i / OUTPUTS / COLUMNS, column = i / OUTPUTS % COLUMNS;
        double most = 0, magnitude = 0;
        for (long y = 2 * row - 1; y <= 2 * row + 1; y++)
          for (long x = 2 * column - 1; x <= 2 * column + 1; x++) {
            if (y < 0 || x < 0 || y > (HEIGHT - 1) / 2 || x > (WIDTH - 1) / 2) continue;
            double size;
            const double value = convolved(image, HEIGHT, WIDTH, weights, bias, y, x, i % OUTPUTS, &size);
            if (value > most) most = value;
            if (size > magnitude) magnitude = size;
          }
        const double slack = sum_bound(147, FLOAT_UNIT) * magnitude;
        if (is_narrow)
          near(((uint8_t *)result)[i], fmin(most * steps, 255), 0.5 + (slack + FLOAT_UNIT * most) * steps);
        else
          near(widened(((uint16_t *)result)[i]), most, slack + BFLOAT16_UNIT * (most + slack));
      }
    }
    end_kernel();
  }
}

static void check_planes(void) {
  enum { PLACES = 37, CHANNELS = 48, BEGIN = 16 };
  begin_kernel("pc_planes");
  if (!pc_has_avx512()) same(0, 0);
  for (int type = PC_FLOAT32; pc_has_avx512() && type <= PC_INT8; type++) {
    const int64_t size = type == PC_FLOAT32 ? 4 : type == PC_BFLOAT16 ? 2 : 1;
    uint8_t *map = zeroed(PLACES * CHANNELS, size);
    float *planes = zeroed(PLACES * CHANNELS, sizeof(float));
    for (long i = 0; i < PLACES * CHANNELS; i++) {
      const float value = (float)(2 * random_double() - 1);
      const uint16_t narrow = narrowed(value);
      if (type == PC_FLOAT32) memcpy(map + 4 * i, &value, 4);
      else if (type == PC_BFLOAT16) memcpy(map + 2 * i, &narrow, 2);
      else map[i] = (uint8_t)(i * 7);
    }
    pc_planes(map, (pc_number)type, 0.25f, PLACES, CHANNELS, BEGIN, CHANNELS, planes);
    for (long channel = BEGIN; channel < CHANNELS; channel++)
      for (long place = 0; place < PLACES; place++) {
        const long i = place * CHANNELS + channel;
        float value;
        if (type == PC_FLOAT32) memcpy(&value, map + 4 * i, 4);
        else if (type == PC_BFLOAT16) value = widened(((uint16_t *)map)[i]);
        else value = 0.25f * (float)(type == PC_UINT8 ? map[i] : ((int8_t *)map)[i]);
        same(planes[channel * PLACES + place], value);
      }
  }
  end_kernel();
}

static void check_winograd(void) {
  enum { HEIGHT = 9, WIDTH = 39, INPUTS = 48, OUTPUTS = 128 };
  static const char *const names[] = {
      "pc_winograd_weights", "pc_winograd_pieces", "pc_winograd_scratch", "pc_winograd_run"};
  for (int part = 0; part < 4; part++) {
    begin_kernel(names[part]);
    if (!pc_has_avx512_bf16()) {
      same(0, 0);  // The processor lacks the instructions.
      end_kernel();
      continue;
    }
    const uint16_t *map = random_narrow(HEIGHT * WIDTH * INPUTS), *added = random_narrow(HEIGHT * WIDTH * OUTPUTS);
    const float *weights = random_floats(OUTPUTS * INPUTS * 9), *bias = random_floats(OUTPUTS);
    uint16_t *transformed = zeroed(16 * INPUTS * OUTPUTS, sizeof(uint16_t));
    pc_winograd_weights(weights, INPUTS, OUTPUTS, transformed);
    for (int adds = 0; adds < 2; adds++) {
      const pc_winograd layer = {map, HEIGHT, WIDTH, INPUTS, OUTPUTS, transformed, bias, adds, adds};
      void *scratch = zeroed(pc_winograd_scratch(&layer), 1);
      uint16_t *result = zeroed(HEIGHT * WIDTH * OUTPUTS, sizeof(uint16_t));
      if (adds) memcpy(result, added, HEIGHT * WIDTH * OUTPUTS * sizeof(uint16_t));
      const long pieces = pc_winograd_pieces(&layer);
      pc_winograd_run(&layer, 0, 3, scratch, result);
      pc_winograd_run(&layer, 3, pieces, scratch, result);
      for (long i = 0; i < HEIGHT * WIDTH * OUTPUTS; i += 5) {
        const long output = i % OUTPUTS, y = i / OUTPUTS / WIDTH, x = i / OUTPUTS % WIDTH;
        double sum = bias[output] + (adds ? widened(added[i]) : 0), magnitude = fabs(sum);
        for (long tap = 0; tap < 9; tap++) {
          const long above = y + tap / 3 - 1, left = x + tap % 3 - 1;
          if (above < 0 || left < 0 || above >= HEIGHT || left >= WIDTH) continue;
          for (long input = 0; input < INPUTS; input++) {
            const double product = (double)widened(map[(above * WIDTH + left) * INPUTS + input]) *
                                   weights[(output * INPUTS + input) * 9 + tap];
            sum += product;
            magnitude += fabs(product);
          }
        }
        if (adds && sum < 0) sum = 0;
        // Roundings of hundreds of transformed numbers, which cancel for the most part: two thirds of it are seen. A missing
        // product would be one and a half times as much.
        near(widened(result[i]), sum, 0.5 * BFLOAT16_UNIT * (magnitude + fabs(sum)));
      }
    }
    end_kernel();
  }
}

void check_networks(void) {
  check_first_layer();
  check_planes();
  check_winograd();
}
