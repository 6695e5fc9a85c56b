/* SPDX-License-Identifier: Apache-2.0
 *
 * Mirrored borders, shared by the kernels of reflecting pads.
 *
 * y[i,j,k,l] = x[m0(i),m1(j),m2(k),m3(l)], each a block of elements, with m(i) = |i - before| up to the
 * last element, and counting back from it beyond: the border repeats neither end.
 *
 * The file that includes this defines MOTE_ELEMENT as the type of an element.
 * In bounds: a border is smaller than its dimension, so one reflection leads back inside. */
#ifndef MOTE_PAD_REFLECT_H
#define MOTE_PAD_REFLECT_H

#include "mote_kernels.h"

#ifndef MOTE_ELEMENT
#define MOTE_ELEMENT int8_t
#endif

static inline uint32_t mote_mirrored(const mote_pad_reflect *p, int dimension, uint32_t index)
{
    const uint32_t before = p->before[dimension], last = p->x_size[dimension] - 1;
    index = index < before ? before - index : index - before;
    return index > last ? 2 * last - index : index;
}

static inline void mote_pad_reflect_all(const mote_pad_reflect *layer, const MOTE_ELEMENT *x,
                                        MOTE_ELEMENT *y)
{
    const mote_pad_reflect p = *layer; /* y may alias the struct in the compiler's eyes */
    for (uint32_t i = 0; i < p.y_size[0]; i++) {
        const uint32_t planes = mote_mirrored(&p, 0, i) * p.x_size[1];
        for (uint32_t j = 0; j < p.y_size[1]; j++) {
            const uint32_t rows = (planes + mote_mirrored(&p, 1, j)) * p.x_size[2];
            for (uint32_t k = 0; k < p.y_size[2]; k++) {
                const uint32_t row = (rows + mote_mirrored(&p, 2, k)) * p.x_size[3];
                for (uint32_t l = 0; l < p.y_size[3]; l++) {
                    const MOTE_ELEMENT *from = x + (row + mote_mirrored(&p, 3, l)) * p.block;
                    for (uint32_t n = p.block; n > 0; n--) {
                        *y++ = *from++;
                    }
                }
            }
        }
    }
}

#endif
