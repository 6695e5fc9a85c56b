/* SPDX-License-Identifier: Apache-2.0
 *
 * y[b,i,j,c] = clamp(sum / count, halves away from zero) over the part of the window that lies
 * inside x; count is the number of its cells.
 *
 * x: [batches, x_height, x_width, channels] int8.
 * y: [batches, y_height, y_width, channels] int8, must not overlap x.
 * Scratch: none. Cost: one addition per cell of a window; one division per window.
 * No overflow: 129 * kernel_height * kernel_width < 2^31, checked for every layer at compile time. */
#include "mote_kernels.h"
#include "mote_requantize.h"

typedef struct {
    const int8_t *x; /* first channel of the first cell */
    uint32_t rows, columns;
    uint32_t channels, row_step;
    uint32_t count, reciprocal;
    int32_t y_min, y_max;
} window;

/* Windows up to this size divide by a multiplication. With r = ceil(2^24 / count) and
 * n <= 128.5 * count, n * r >> 24 is n / count exactly if n * count < 2^24, and n * r < 2^32. */
#define LARGEST_RECIPROCAL 361u

static inline int8_t mean_of(const window *w, int32_t sum)
{
    uint32_t n = (uint32_t)(sum < 0 ? -sum : sum) + w->count / 2;
    int32_t mean = (int32_t)(w->reciprocal != 0 ? (n * w->reciprocal) >> 24 : n / w->count);
    return mote_clamp_s8(sum < 0 ? -mean : mean, w->y_min, w->y_max);
}

static inline void average(const window *w, int8_t *y)
{
    uint32_t c;
    for (c = 0; c + 4 <= w->channels; c += 4) {
        int32_t sum0 = 0, sum1 = 0, sum2 = 0, sum3 = 0;
        const int8_t *row = w->x + c;
        for (uint32_t i = w->rows; i > 0; i--) {
            const int8_t *cell = row;
            for (uint32_t j = w->columns; j > 0; j--) {
                sum0 += cell[0];
                sum1 += cell[1];
                sum2 += cell[2];
                sum3 += cell[3];
                cell += w->channels;
            }
            row += w->row_step;
        }
        y[c] = mean_of(w, sum0);
        y[c + 1] = mean_of(w, sum1);
        y[c + 2] = mean_of(w, sum2);
        y[c + 3] = mean_of(w, sum3);
    }
    for (; c < w->channels; c++) {
        int32_t sum = 0;
        const int8_t *row = w->x + c;
        for (uint32_t i = w->rows; i > 0; i--) {
            const int8_t *cell = row;
            for (uint32_t j = w->columns; j > 0; j--) {
                sum += *cell;
                cell += w->channels;
            }
            row += w->row_step;
        }
        y[c] = mean_of(w, sum);
    }
}

void mote_average_pool_2d_s8(const mote_pool_2d *layer, const int8_t *x, int8_t *y)
{
    const int32_t height = layer->x_height, width = layer->x_width;
    window w;
    w.channels = layer->channels;
    w.row_step = layer->channels * (uint32_t)width;
    w.y_min = layer->y_min;
    w.y_max = layer->y_max;
    for (int32_t b = 0; b < layer->batches; b++) {
        for (int32_t i = 0; i < layer->y_height; i++) {
            int32_t top = i * layer->stride_height - layer->pad_top;
            int32_t bottom = top + layer->kernel_height;
            top = top < 0 ? 0 : top;
            bottom = bottom > height ? height : bottom;
            w.rows = (uint32_t)(bottom - top);
            for (int32_t j = 0; j < layer->y_width; j++) {
                int32_t left = j * layer->stride_width - layer->pad_left;
                int32_t right = left + layer->kernel_width;
                left = left < 0 ? 0 : left;
                right = right > width ? width : right;
                w.columns = (uint32_t)(right - left);
                w.count = w.rows * w.columns;
                w.reciprocal =
                    w.count <= LARGEST_RECIPROCAL ? ((1u << 24) + w.count - 1) / w.count : 0;
                w.x = x + (uint32_t)top * w.row_step + (uint32_t)left * w.channels;
                average(&w, y);
                y += w.channels;
            }
        }
        x += (uint32_t)height * w.row_step;
    }
}
