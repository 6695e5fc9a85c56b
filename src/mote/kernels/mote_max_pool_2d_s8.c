/* SPDX-License-Identifier: Apache-2.0
 *
 * The largest cell of windows; see mote_max_pool_2d.h. */
#include "mote_max_pool_2d.h"

void mote_max_pool_2d_s8(const mote_pool_rows *layer, const int8_t *const *x, int8_t *y)
{
    MOTE_POOL(maximum, layer, x, y)
}
