/* SPDX-License-Identifier: Apache-2.0
 *
 * The loop of the float32 kernels of one variable: y[i] = function(layer, x[i]). An element is read
 * before its result is written, so y may be x or start below it. */
#ifndef MOTE_MAP_H
#define MOTE_MAP_H

#include "mote_kernels_f32.h"

#define MOTE_MAP(function, layer, x, y)                                                              \
    const mote_unary_float p = *(layer); /* y may alias the struct in the compiler's eyes */         \
    for (uint32_t n = p.elements; n > 0; n--) {                                                      \
        *(y)++ = function(&p, *(x)++);                                                               \
    }

#endif
