/* SPDX-License-Identifier: Apache-2.0
 *
 * Copies and fills of any number of bytes with MVE, 16 at a time, the last ones predicated. */
#ifndef MOTE_COPY_MVE_H
#define MOTE_COPY_MVE_H

#include <stdint.h>
#include <string.h>

#if defined(__ARM_FEATURE_MVE) && __ARM_FEATURE_MVE

/* Returns the end of what it wrote. count: at least 1. */
static inline int8_t *mote_copy_mve(int8_t *to, const int8_t *from, uint32_t count)
{
    int8_t *at = to;
    __asm volatile("dlstp.8 lr, %2\n\t"
                   "1: vldrb.8 q0, [%1], #16\n\t"
                   "vstrb.8 q0, [%0], #16\n\t"
                   "letp lr, 1b"
                   : "+r"(at), "+r"(from)
                   : "r"(count)
                   : "lr", "q0", "memory");
    return to + count;
}

static inline int8_t *mote_fill_mve(int8_t *to, int8_t value, uint32_t count)
{
    int8_t *at = to;
    __asm volatile("vdup.8 q0, %1\n\t"
                   "dlstp.8 lr, %2\n\t"
                   "1: vstrb.8 q0, [%0], #16\n\t"
                   "letp lr, 1b"
                   : "+r"(at)
                   : "r"((int32_t)value), "r"(count)
                   : "lr", "q0", "memory");
    return to + count;
}

#else

static inline int8_t *mote_copy_mve(int8_t *to, const int8_t *from, uint32_t count)
{
    memcpy(to, from, count);
    return to + count;
}

static inline int8_t *mote_fill_mve(int8_t *to, int8_t value, uint32_t count)
{
    memset(to, value, count);
    return to + count;
}

#endif

#endif
