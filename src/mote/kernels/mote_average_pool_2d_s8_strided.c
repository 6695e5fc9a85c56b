/* SPDX-License-Identifier: Apache-2.0
 *
 * mote_average_pool_2d_s8 for pixels that lie apart, as mote_strides.h says; see mote_average_pool_2d.h. */
#define MOTE_STRIDED 1
#include "mote_average_pool_2d.h"
#include "mote_kernels_strided.h"

void mote_average_pool_2d_s8_strided(const mote_pool_rows *layer, const int8_t *const *x, int8_t *y,
                                     const mote_strides *strides)
{
    MOTE_POOL(average, layer, x, y)
}
