#include "check.h"

static const pc_window windows[] = {
    // height, width, kernel, stride, padding
    {9, 9, 3, 1, 1, 0, 0},   {7, 5, 3, 1, 1, 0, 0},   {12, 40, 3, 1, 1, 0, 0}, {13, 37, 3, 2, 1, 0, 0},
    {20, 50, 5, 1, 2, 0, 0}, {30, 61, 7, 2, 3, 0, 0}, {6, 33, 1, 1, 0, 0, 0},  {8, 35, 1, 2, 0, 0, 0},
    {11, 20, 3, 3, 0, 0, 0}, {10, 70, 2, 2, 0, 0, 0},
};
enum { WINDOWS = sizeof windows / sizeof *windows };

static pc_window window(int number) {
  pc_window w = windows[number];
  w.out_height = (w.height + 2 * w.padding - w.kernel) / w.stride + 1;
  w.out_width = (w.width + 2 * w.padding - w.kernel) / w.stride + 1;
  return w;
}

// The number under place (ky, kx) of the window of output (oy, ox); `outside` in the padding.
static double under(const float *plane, pc_window w, int64_t oy, int64_t ox, int64_t ky, int64_t kx, double outside) {
  const int64_t y = oy * w.stride + ky - w.padding, x = ox * w.stride + kx - w.padding;
  return y < 0 || y >= w.height || x < 0 || x >= w.width ? outside : plane[y * w.width + x];
}

static double relu(double value, int cut) { return cut && value < 0 ? 0 : value; }

static void check_unfold(void) {
  begin_kernel("pc_unfold");
  for (int number = 0; number < WINDOWS; number++) {
    const pc_window w = window(number);
    const int64_t channels = 2, outputs = w.out_height * w.out_width, area = w.height * w.width;
    const float *input = random_floats(channels * area);
    // All outputs, and a part that begins and ends within rows.
    for (int part = 0; part < 2; part++) {
      const int64_t first = part ? outputs / 3 : 0, count = part ? outputs / 2 : outputs;
      float *columns = random_floats(channels * w.kernel * w.kernel * count);
      pc_unfold(input, w, channels, first, count, columns);
      const float *column = columns;
      for (int64_t channel = 0; channel < channels; channel++)
        for (int64_t place = 0; place < w.kernel * w.kernel; place++)
          for (int64_t i = first; i < first + count; i++)
            same(*column++, under(
                input + channel * area, w, i / w.out_width, i % w.out_width, place / w.kernel, place % w.kernel, 0));
    }
  }
  end_kernel();
}

static void check_products(void) {
  begin_kernel("pc_multiply");
  static const int64_t sizes[][3] = {{1, 1, 1}, {6, 27, 16}, {8, 256, 33}, {13, 300, 70}, {32, 513, 49}, {3, 5, 15}};
  for (int size = 0; size < 6; size++)
    for (int form = 0; form < 4; form++) {
      const int64_t rows = sizes[size][0], depth = sizes[size][1], count = sizes[size][2];
      const int64_t pitch = count + 3, plane = count + 1;
      const int cut = form % 2;
      const float *weight = random_floats(rows * depth), *columns = random_floats(depth * pitch - 3);
      const float *bias = random_floats(rows), *addend = form / 2 ? random_floats(rows * plane) : 0;
      float *output = zeroed(rows * plane, sizeof(float)), *parts = zeroed(rows * plane, sizeof(float));
      pc_multiply(weight, rows, depth, columns, pitch, count, bias, addend, cut, output, plane);
      const int64_t first = count / 3;
      if (first > 0) pc_multiply(weight, rows, depth, columns, pitch, first, bias, addend, cut, parts, plane);
      pc_multiply(
          weight, rows, depth, columns + first, pitch, count - first, bias, addend ? addend + first : 0, cut,
          parts + first, plane);
      for (int64_t row = 0; row < rows; row++) {
        for (int64_t i = 0; i < count; i++) {
          double sum = bias[row], magnitude = fabs(sum);
          if (addend) sum += addend[row * plane + i], magnitude += fabs((double)addend[row * plane + i]);
          for (int64_t k = 0; k < depth; k++) {
            const double term = (double)weight[row * depth + k] * columns[k * pitch + i];
            sum += term;
            magnitude += fabs(term);
          }
          near(output[row * plane + i], relu(sum, cut), sum_bound(depth, FLOAT_UNIT) * magnitude);
          same(parts[row * plane + i], output[row * plane + i]);
        }
        same(output[row * plane + count], 0);
      }
    }
  end_kernel();
}

static void check_convolutions(void) {
  begin_kernel("pc_convolve_channel");
  for (int number = 0; number < WINDOWS; number++)
    for (int form = 0; form < 4; form++) {
      const pc_window w = window(number);
      const int64_t channels = 1 + number % 3, area = w.height * w.width, terms = w.kernel * w.kernel;
      const int64_t outputs = w.out_height * w.out_width;
      const float *input = random_floats(channels * area), *weight = random_floats(channels * terms);
      const float *addend = form / 2 ? random_floats(outputs) : 0, *bias = random_floats(1);
      float *output = zeroed(outputs, sizeof(float));
      float *scratch = random_floats(channels * pc_convolve_scratch(w));
      pc_convolve_channel(input, w, channels, weight, *bias, addend, form % 2, output, scratch);
      for (int64_t i = 0; i < outputs; i++) {
        double sum = *bias, magnitude = fabs(sum);
        if (addend) sum += addend[i], magnitude += fabs((double)addend[i]);
        for (int64_t channel = 0; channel < channels; channel++)
          for (int64_t place = 0; place < terms; place++) {
            const double value = under(
                input + channel * area, w, i / w.out_width, i % w.out_width, place / w.kernel, place % w.kernel, 0);
            sum += value * weight[channel * terms + place];
            magnitude += fabs(value * weight[channel * terms + place]);
          }
        near(output[i], relu(sum, form % 2), sum_bound(channels * terms, FLOAT_UNIT) * magnitude);
      }
    }
  end_kernel();

  begin_kernel("pc_convolve_scratch");
  for (int number = 0; number < WINDOWS; number++) {
    const pc_window w = window(number);
    // Room for the channel's numbers at least; what pc_convolve_channel needs, the page behind its scratch tells.
    const int64_t least = (w.height < w.out_height ? w.height : w.out_height) * w.out_width;
    same(pc_convolve_scratch(w) >= least, 1);
  }
  end_kernel();
}

static void check_pools(void) {
  begin_kernel("pc_max_pool_channel");
  for (int number = 0; number < WINDOWS; number++) {
    const pc_window w = window(number);
    const float *input = random_floats(w.height * w.width);
    float *output = zeroed(w.out_height * w.out_width, sizeof(float));
    pc_max_pool_channel(input, w, output);
    for (int64_t i = 0; i < w.out_height * w.out_width; i++) {
      double most = -INFINITY;
      for (int64_t place = 0; place < w.kernel * w.kernel; place++)
        most = fmax(
            most, under(input, w, i / w.out_width, i % w.out_width, place / w.kernel, place % w.kernel, -INFINITY));
      same(output[i], most);
    }
  }
  end_kernel();

  begin_kernel("pc_average_pool_channel");
  for (int number = 0; number < WINDOWS; number++) {
    const pc_window w = window(number);
    const int64_t terms = w.kernel * w.kernel;
    const float *input = random_floats(w.height * w.width);
    float *output = zeroed(w.out_height * w.out_width, sizeof(float));
    pc_average_pool_channel(input, w, output);
    for (int64_t i = 0; i < w.out_height * w.out_width; i++) {
      double sum = 0, magnitude = 0;
      for (int64_t place = 0; place < terms; place++) {
        const double value = under(input, w, i / w.out_width, i % w.out_width, place / w.kernel, place % w.kernel, 0);
        sum += value;
        magnitude += fabs(value);
      }
      near(output[i], sum / (double)terms, sum_bound(terms, FLOAT_UNIT) * magnitude / (double)terms);
    }
  }
  end_kernel();
}

static void check_scales(void) {
  begin_kernel("pc_scale_channel");
  for (int64_t count = 1; count < 80; count += 13)
    for (int form = 0; form < 4; form++) {
      const float *input = random_floats(count), *numbers = random_floats(2);
      const float *addend = form / 2 ? random_floats(count) : 0;
      // In place, as a network may ask.
      float *output = copied(input, count);
      pc_scale_channel(output, numbers[0], numbers[1], addend, form % 2, count, output);
      for (int64_t i = 0; i < count; i++) {
        const double product = (double)input[i] * numbers[0], other = addend ? addend[i] : 0;
        const double magnitude = fabs(product) + fabs((double)numbers[1]) + fabs(other);
        near(output[i], relu(product + numbers[1] + other, form % 2), sum_bound(3, FLOAT_UNIT) * magnitude);
      }
    }
  end_kernel();
}

void check_convolution(void) {
  check_unfold();
  check_products();
  check_convolutions();
  check_pools();
  check_scales();
}
