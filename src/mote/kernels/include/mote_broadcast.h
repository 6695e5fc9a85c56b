/* SPDX-License-Identifier: Apache-2.0
 *
 * The walk of the elementwise kernels over two operands that may repeat.
 *
 * p has size, x0_step and x1_step, each of four: the shape of y, and in elements how far an operand moves
 * with each index, 0 along dimensions in which it repeats. row(p, a, b, n, y) computes the n elements of
 * one row of y from a on, in steps of p->x0_step[3], and from b on, in steps of p->x1_step[3].
 *
 * Rows are computed in order: y may be an operand that does not repeat, or start below it, if row reads both
 * operands of an element before it writes it. */
#ifndef MOTE_BROADCAST_H
#define MOTE_BROADCAST_H

#include <stdint.h>

#define MOTE_BROADCAST(row, p, x0, x1, y)                                                            \
    for (uint32_t i = 0; i < (p)->size[0]; i++) {                                                    \
        for (uint32_t j = 0; j < (p)->size[1]; j++) {                                                \
            for (uint32_t k = 0; k < (p)->size[2]; k++) {                                            \
                row(p, (x0) + i * (p)->x0_step[0] + j * (p)->x0_step[1] + k * (p)->x0_step[2],       \
                    (x1) + i * (p)->x1_step[0] + j * (p)->x1_step[1] + k * (p)->x1_step[2],          \
                    (p)->size[3], y);                                                                \
                (y) += (p)->size[3];                                                                 \
            }                                                                                        \
        }                                                                                            \
    }

#endif
