/* SPDX-License-Identifier: Apache-2.0
 *
 * What the inner part of the DSP depthwise convolution with three sums in 64 bits is told, in assembly and in C, and
 * its forms. MOTE_SLOTS_TAPS: of a row of the window, 3, 5 or 7. MOTE_SLOTS_PAIRS: of neighbouring results that are
 * computed at once, 4 or 2, or 5 whose last
 * one is a single result. MOTE_SLOTS_STRIDE: horizontal, 1 or 2. */
#ifndef MOTE_DEPTHWISE_SLOTS_JOB_H
#define MOTE_DEPTHWISE_SLOTS_JOB_H

#include "mote_dsp.h"

#ifndef MOTE_SLOTS_TAPS
#define MOTE_SLOTS_TAPS 5
#define MOTE_SLOTS_PAIRS 4
#define MOTE_SLOTS_STRIDE 1
#endif

#if MOTE_SLOTS_PAIRS == 5
#define MOTE_SLOTS_RESULTS 9
#else
#define MOTE_SLOTS_RESULTS (2 * MOTE_SLOTS_PAIRS)
#endif

/* Of x and weights: words of two values that lie MOTE_SLOT bits apart. */
#define MOTE_SLOT 21
/* Weights of a row of the window: words for each of the planes of x, which are its even and its odd columns where the
 * stride is two. */
#define MOTE_SLOTS_PLANES MOTE_SLOTS_STRIDE
#define MOTE_SLOTS_WORDS ((MOTE_SLOTS_TAPS + MOTE_SLOTS_PLANES) / (2 * MOTE_SLOTS_PLANES))
#define MOTE_SLOTS_WEIGHTS (MOTE_SLOTS_TAPS * MOTE_SLOTS_PLANES * MOTE_SLOTS_WORDS)
/* Word k of a plane and weights m belong to results 2 * (k + MOTE_SLOTS_AHEAD - m). */
#define MOTE_SLOTS_AHEAD (MOTE_SLOTS_TAPS == 7 && MOTE_SLOTS_STRIDE == 1 ? 2 : 1)
/* Words of a plane beside those of the results of a block that it reads, on each side: none where a block is a row, as
 * these are outside the image. */
#if MOTE_SLOTS_STRIDE == 2 && MOTE_SLOTS_PAIRS == 4
#define MOTE_SLOTS_BESIDE 1
#else
#define MOTE_SLOTS_BESIDE 0
#endif

/* A channel: steps to the next one (0: the last one); then words of weights, and the line that requantises: a result
 * is saturate((floor((sum + start) * multiplier / 2^32) + constant) >> 4), where sums without the bias count. */
typedef struct {
    int32_t gap;
    int32_t weights[MOTE_SLOTS_WEIGHTS];
    int32_t multiplier, constant, start;
} mote_slots_channel;

/* Two results of each pair. Places as mote_slots_place says. */
typedef struct {
    uint32_t skipped; /* rows of the window above the image */
    uint32_t x;       /* words of the first other row, which rows of zeros follow where they lie below the image */
} mote_slots_block;

/* A channel. The assembly knows the order of the fields. */
typedef struct {
    const mote_slots_block *block;
    int8_t *y;
    uint32_t y_pixel;
    const mote_slots_block *end;
    const mote_slots_channel *channel;
    uint32_t skip;          /* bytes from the last word of a plane that a block reads to the first one of the next */
    const int32_t *scratch; /* where places count from; not for the assembly */
} mote_slots_job;

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP && defined(__ARM_FP)

static inline uint32_t mote_slots_place(const int32_t *scratch, const int32_t *word)
{
    (void)scratch;
    return (uint32_t)(uintptr_t)word;
}

#else

static inline uint32_t mote_slots_place(const int32_t *scratch, const int32_t *word)
{
    return (uint32_t)(word - scratch);
}

#endif

#endif
