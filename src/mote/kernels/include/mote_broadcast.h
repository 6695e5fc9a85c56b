/* SPDX-License-Identifier: Apache-2.0
 *
 * The walk of the elementwise kernels over two operands that may repeat.
 *
 * y[i,j,k,n] = function(p, x0 at the same index, x1 at the same index). p has size, x0_step and
 * x1_step, each of four: the shape of y, and in elements how far an operand moves with each index,
 * 0 along dimensions in which it repeats.
 *
 * y is written in order, after both operands of an element are read: it may be an operand that does not
 * repeat. */
#ifndef MOTE_BROADCAST_H
#define MOTE_BROADCAST_H

#include <stdint.h>

#define MOTE_BROADCAST(element, function, p, x0, x1, y)                                              \
    for (uint32_t i = 0; i < (p)->size[0]; i++) {                                                    \
        for (uint32_t j = 0; j < (p)->size[1]; j++) {                                                \
            const element *row0 = (x0) + i * (p)->x0_step[0] + j * (p)->x0_step[1];                  \
            const element *row1 = (x1) + i * (p)->x1_step[0] + j * (p)->x1_step[1];                  \
            for (uint32_t k = (p)->size[2]; k > 0; k--) {                                            \
                const element *a = row0, *b = row1;                                                  \
                for (uint32_t n = (p)->size[3]; n > 0; n--) {                                        \
                    *(y)++ = function(p, *a, *b);                                                    \
                    a += (p)->x0_step[3];                                                            \
                    b += (p)->x1_step[3];                                                            \
                }                                                                                    \
                row0 += (p)->x0_step[2];                                                             \
                row1 += (p)->x1_step[2];                                                             \
            }                                                                                        \
        }                                                                                            \
    }

#endif
