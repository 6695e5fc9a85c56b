/* SPDX-License-Identifier: Apache-2.0
 *
 * y[i,j,c] = clamp(sum / count, halves away from zero) over the part of the window that lies inside the
 * image; count is the number of its cells.
 *
 * x: rows of [x_width, channels] int16, as mote_pool_rows says.
 * y: [y_height, y_width, channels] int16, must not overlap x.
 * Scratch: none. Cost: one addition per cell of a window; one division per element of y.
 * No overflow: 32769 * kernel_height * kernel_width < 2^31, checked for every layer at compile time. */
#include "mote_average.h"
#include "mote_kernels.h"
#include "mote_pool.h"
#include "mote_requantize.h"

/* The mean of a window, for every channel. */
static inline void average(const mote_pool_rows *layer, const int16_t *const *x, mote_window rows, uint32_t column,
                           uint32_t columns, int16_t *y)
{
    const mote_divisor by = mote_divisor_s16((uint32_t)(rows.last - rows.first) * columns);
    const uint32_t channels = layer->channels;
    for (uint32_t c = 0; c < channels; c++) {
        int32_t sum = 0;
        for (int32_t i = rows.first; i < rows.last; i++) {
            const int16_t *cell = x[i] + column * channels + c;
            for (uint32_t j = columns; j > 0; j--) {
                sum += *cell;
                cell += channels;
            }
        }
        y[c] = mote_clamp_s16(mote_average(by, sum), layer->y_min, layer->y_max);
    }
}

void mote_average_pool_2d_s16(const mote_pool_rows *layer, const int16_t *const *x, int16_t *y)
{
    MOTE_POOL(average, layer, x, y)
}
