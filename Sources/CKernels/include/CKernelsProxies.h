#pragma once

// Kernels of the learned proxies (proxies.c). All run on the calling thread; a number depends on its row alone.

/// The softmax weights of n proxies for one row: proportional to exp(scale * distance).
///
/// `products` holds the row's products with the proxies and is overwritten with the distances, computed from them and
/// the squared norms; one that is too small to tell from rounding becomes 0. The weights sum to 1.
void pc_proxy_weights(float *products, float *weights, const float *norms, float norm, long n, float scale);

/// factor * weight * (product - offset) / distance for each of n proxies, 0 where the distance is 0; written over
/// `products`.
void pc_proxy_slopes(
    float *products, const float *distances, const float *weights, float offset, float factor, long n);

/// target[j * target_pitch + i] = factor * source[i * pitch + j], for i below rows and j below columns.
void pc_transpose(
    const float *source, long rows, long columns, long pitch, float factor, float *target, long target_pitch);

/// The numbers of one step of Adam: `rate` is the learning rate over 1 - beta1^t, `root` one over the root of
/// 1 - beta2^t.
typedef struct {
  float beta1, beta2, rate, root, epsilon;
} pc_adam_step;

/// One step of Adam for `count` values whose gradient is gradient[i] + pull * values[i].
void pc_adam(
    float *values, const float *gradient, float *first, float *second, long count, float pull, pc_adam_step step);
