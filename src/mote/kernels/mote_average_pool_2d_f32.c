/* SPDX-License-Identifier: Apache-2.0
 *
 * y[b,i,j,c] = clamp(sum / count) over the part of the window that lies inside x; count is the number of
 * its cells. The windows are in mote_pool_f32.h.
 *
 * x: [batches, x_height, x_width, channels] float.
 * y: [batches, y_height, y_width, channels] float, must not overlap x.
 * Scratch: none. Cost: one addition per cell of a window; one division per element of y. */
#include "mote_pool_f32.h"

/* The mean of rows x columns cells, for every channel. */
static inline void average(const mote_pool_2d_float *layer, const float *x, uint32_t rows,
                           uint32_t columns, float *y)
{
    const uint32_t channels = layer->channels, row_step = channels * layer->x_width;
    const float count = (float)(rows * columns);
    for (uint32_t c = 0; c < channels; c++) {
        float sum = 0.0f;
        const float *row = x + c;
        for (uint32_t i = rows; i > 0; i--) {
            const float *cell = row;
            for (uint32_t j = columns; j > 0; j--) {
                sum += *cell;
                cell += channels;
            }
            row += row_step;
        }
        y[c] = mote_clamp_f32(sum / count, layer->y_min, layer->y_max);
    }
}

void mote_average_pool_2d_f32(const mote_pool_2d_float *layer, const float *x, float *y)
{
    MOTE_POOL(average, layer, x, y)
}
