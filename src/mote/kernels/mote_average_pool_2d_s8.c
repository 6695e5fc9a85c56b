/* SPDX-License-Identifier: Apache-2.0
 *
 * The mean of windows; see mote_average_pool_2d.h. */
#include "mote_average_pool_2d.h"

void mote_average_pool_2d_s8(const mote_pool_rows *layer, const int8_t *const *x, int8_t *y)
{
    MOTE_POOL(average, layer, x, y)
}
