/* SPDX-License-Identifier: Apache-2.0
 *
 * Requantisation in two multiplications of 32 bits, for cores without a wide one:
 *
 *   a = min(max(sum + start, 0), 16 * limit)
 *   v = a * multiplier / 2^12 + offset * 2^offset_shift + end
 *   y = (v - (v < middle ? bend : 0)) >> 24
 *
 * For every sum that the inputs can give, y is what mote_requantize and mote_clamp_s8 give, y_zero added:
 * proven at compile time from all sums where results change. start: the bias included.
 *
 * narrow: of each channel multiplier, limit + offset * 2^16, bend if the layer has bends, start.
 * No overflow: a < 2^20, v is an int32; so are sum and sum + start, checked at compile time. */
#ifndef MOTE_NARROW_H
#define MOTE_NARROW_H

#include <stdint.h>

/* What the channels of a layer share. */
typedef struct {
    uint32_t offset_shift;
    int32_t end, middle;
    uint32_t is_bent; /* 1: layer with bends */
} mote_narrow_layer;

static inline int8_t mote_narrow(int32_t sum, const int32_t *narrow, const mote_narrow_layer *layer)
{
    const uint32_t multiplier = (uint32_t)narrow[0], last = (uint32_t)narrow[1];
    const int32_t limit = (int32_t)((last & 0xffffu) << 4), a = sum + narrow[2 + layer->is_bent];
    const uint32_t inside = (uint32_t)(a < 0 ? 0 : a > limit ? limit : a);
    const uint32_t high = inside * (multiplier >> 12) + (inside * (multiplier & 0xfffu) >> 12);
    int32_t v = (int32_t)(high + (last >> 16 << layer->offset_shift) + (uint32_t)layer->end);
    if (layer->is_bent && v < layer->middle)
        v -= narrow[2];
    return (int8_t)(v >> 24);
}

/* For assembly that holds in r2 and r3 the lower 12 bits of the multiplier and the rest, in r8 16 * limit, in r12
 * offset and end, and on the stack at 4 and 8 middle and bend. a: a low register, becomes y; r1 is lost. */
#define MOTE_NARROW_STRAIGHT(a) ""
#define MOTE_NARROW_BENT(a)                                                                          \
    "ldr r1, [sp, #4]\n\tcmp " a ", r1\n\tbge 3f\n\tldr r1, [sp, #8]\n\tsubs " a ", " a ", r1\n\t3: "
#define MOTE_NARROW(a, bend)                                                                         \
    "cmp " a ", r8\n\tbls 2f\n\tmov r1, r8\n\tasrs " a ", " a ", #31\n\tbics r1, " a "\n\tmovs " a ", r1\n\t" \
    "2: movs r1, " a "\n\tmuls r1, r2\n\tlsrs r1, r1, #12\n\tmuls " a ", r3\n\tadds " a ", " a ", r1\n\t" \
    "add " a ", r12\n\t" bend(a) "asrs " a ", " a ", #24\n\t"

#endif
