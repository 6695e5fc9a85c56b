/* SPDX-License-Identifier: Apache-2.0
 *
 * y[b,i,j,c] = clamp(sum / count, halves away from zero) over the part of the window that lies
 * inside x; count is the number of its cells.
 *
 * x: [batches, x_height, x_width, channels] int16.
 * y: [batches, y_height, y_width, channels] int16, must not overlap x.
 * Scratch: none. Cost: one addition per cell of a window; one division per element of y.
 * No overflow: 32769 * kernel_height * kernel_width < 2^31, checked for every layer at compile time. */
#include "mote_kernels.h"
#include "mote_requantize.h"

/* The mean of rows x columns cells, for every channel. */
static inline void average(const mote_pool_2d *layer, const int16_t *x, uint32_t rows,
                           uint32_t columns, int16_t *y)
{
    const uint32_t channels = layer->channels, row_step = channels * layer->x_width;
    const uint32_t count = rows * columns;
    for (uint32_t c = 0; c < channels; c++) {
        int32_t sum = 0, mean;
        const int16_t *row = x + c;
        for (uint32_t i = rows; i > 0; i--) {
            const int16_t *cell = row;
            for (uint32_t j = columns; j > 0; j--) {
                sum += *cell;
                cell += channels;
            }
            row += row_step;
        }
        mean = (int32_t)(((uint32_t)(sum < 0 ? -sum : sum) + count / 2) / count);
        y[c] = mote_clamp_s16(sum < 0 ? -mean : mean, layer->y_min, layer->y_max);
    }
}

void mote_average_pool_2d_s16(const mote_pool_2d *layer, const int16_t *x, int16_t *y)
{
    const int32_t height = layer->x_height, width = layer->x_width;
    const uint32_t channels = layer->channels;
    for (int32_t b = 0; b < layer->batches; b++) {
        for (int32_t i = 0; i < layer->y_height; i++) {
            int32_t top = i * layer->stride_height - layer->pad_top;
            int32_t bottom = top + layer->kernel_height;
            top = top < 0 ? 0 : top;
            bottom = bottom > height ? height : bottom;
            for (int32_t j = 0; j < layer->y_width; j++) {
                int32_t left = j * layer->stride_width - layer->pad_left;
                int32_t right = left + layer->kernel_width;
                left = left < 0 ? 0 : left;
                right = right > width ? width : right;
                average(layer, x + ((uint32_t)top * (uint32_t)width + (uint32_t)left) * channels,
                        (uint32_t)(bottom - top), (uint32_t)(right - left), y);
                y += channels;
            }
        }
        x += (uint32_t)height * (uint32_t)width * channels;
    }
}
