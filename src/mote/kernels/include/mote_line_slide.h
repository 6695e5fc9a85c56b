/* SPDX-License-Identifier: Apache-2.0
 *
 * A row of a convolution of 3 input channels through mote_chain_affine.h, with each word made once.
 *
 * The three windows of a group are not neighbours but a third of the row apart: the words of the columns of the
 * first third, with those as far on in the second and third, are made once, and windows slide over them. So that
 * the words of a window lie one behind the other, taps are in the order kx, ky, i.
 *
 * Of a row whose width is no multiple of 3, some windows are computed twice; or, where a row follows, a pixel or two
 * of it are written, which it overwrites. They come from up to 6 * stride_width bytes behind a copy.
 * slides = 6 * kernel_height * (stride_width + columns), columns = (windows - 1) * stride_width +
 * kernel_width, windows = y_width / 3 rounded up, one more where y_width - that is odd. */
#ifndef MOTE_LINE_SLIDE_H
#define MOTE_LINE_SLIDE_H

#include "mote_chain_affine.h"
#include "mote_kernels.h"

/* Packs pixels of 3 channels each: from a up to end, and beside them from b and c. After each, to goes on by skip
 * bytes more. */
#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP

__attribute__((naked, noinline, unused)) static void
mote_line_columns(__attribute__((unused)) uint32_t *to, __attribute__((unused)) const int8_t *a,
                  __attribute__((unused)) const int8_t *b, __attribute__((unused)) const int8_t *c,
                  __attribute__((unused)) const int8_t *end, __attribute__((unused)) uint32_t skip)
{
    __asm volatile(
        ".syntax unified\n\t"
        "push {r4-r10, lr}\n\t"
        "ldr lr, [sp, #32]\n\t"
        "ldr r10, [sp, #36]\n\t"
        ".balign 4\n\t"
        "1: ldrsb r4, [r1], #1\n\t"
        "ldrsb r6, [r2], #1\n\t"
        "ldrsb r8, [r3], #1\n\t"
        "add r4, r4, r6, lsl #21\n\t"
        "add r6, r6, r8, lsl #21\n\t"
        "str r4, [r0], #8\n\t"
        "str r6, [r0, #-4]\n\t" MOTE_LINE_PACK_2
        "add r0, r0, r10\n\t"
        "cmp r1, lr\n\t"
        "bne 1b\n\t"
        "pop {r4-r10, pc}\n\t");
}

#else

static inline void mote_line_columns(uint32_t *to, const int8_t *a, const int8_t *b, const int8_t *c,
                                     const int8_t *end, uint32_t skip)
{
    for (; a != end; to += skip / sizeof *to)
        for (int i = 0; i < 3; i++, a++, b++, c++) {
            *to++ = (uint32_t)*a + ((uint32_t)*b << MOTE_LINE_SLOT);
            *to++ = (uint32_t)*b + ((uint32_t)*c << MOTE_LINE_SLOT);
        }
}

#endif

/* A row of the result, from copies behind offsets from base. */
MOTE_NOT_INLINE static void mote_line_slide(const mote_conv_2d_line *layer, const uint32_t *offsets, const uint32_t *base,
                                   int8_t *y, int32_t y_pixel, int has_next, mote_line_job *job)
{
    const int32_t width = layer->y_width, stride = layer->stride_width;
    const uint32_t column_words = 6u * layer->kernel_height;
    int32_t windows = (width + 2) / 3, apart = windows;

    if ((width - windows) % 2 == 0 || !has_next) {
        windows += (width - windows) % 2;
        apart = (width - windows) / 2;
    }
    const int32_t distance = 3 * apart * stride, taps = 3 * ((windows - 1) * stride + layer->kernel_width);
    job->step_1 = 4 * (uint32_t)stride * column_words;
    uint32_t *to = job->x + (uint32_t)stride * column_words;
    for (int32_t ky = layer->kernel_height; ky > 0; ky--, to += 6) {
        const int8_t *x = (const int8_t *)base + *offsets++;
        mote_line_columns(to, x, x + distance, x + 2 * distance, x + taps, 4 * (column_words - 6));
    }
    job->rows = job->rows_end;
    job->groups = (uint32_t)windows;
    job->y = y;
    job->y_group = (uint32_t)y_pixel;
    job->y_pixel = (uint32_t)(apart * y_pixel);
    mote_chain_lines(job);
}

#endif
