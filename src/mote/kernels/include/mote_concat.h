/* SPDX-License-Identifier: Apache-2.0
 *
 * Operands one after the other, shared by the kernels of concat; to it all elements are bytes.
 *
 * A row of y is bytes[i] bytes of the next row of every operand i. A null operand is a constant: all of
 * them lie in constant, in the order in which they are copied. */
#ifndef MOTE_CONCAT_H
#define MOTE_CONCAT_H

#include <string.h>

#include "mote_kernels.h"

static inline void mote_concat_all(const mote_concat *layer, const void *const *x, void *y)
{
    const int8_t *constant = layer->constant;
    int8_t *to = y;
    for (uint32_t row = 0; row < layer->rows; row++) {
        for (uint32_t i = 0; i < layer->operands; i++) {
            const uint32_t bytes = (uint32_t)layer->bytes[i];
            if (x[i] != 0) {
                memcpy(to, (const int8_t *)x[i] + row * bytes, bytes);
            } else {
                memcpy(to, constant, bytes);
                constant += bytes;
            }
            to += bytes;
        }
    }
}

#endif
