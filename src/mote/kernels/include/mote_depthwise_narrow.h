/* SPDX-License-Identifier: Apache-2.0
 *
 * The inner part of the depthwise convolution 3 x 3 for cores without a wide multiplication: some output rows of
 * one channel. Columns are read from left to right, each once: at stride 1 a column is the last one of an output,
 * the middle of the next and the first of the one behind it, and at stride 2 every other column is the last of one
 * and the first of the next; their sums stay in registers. */
#ifndef MOTE_DEPTHWISE_NARROW_H
#define MOTE_DEPTHWISE_NARROW_H

#include "mote_dsp.h"
#include "mote_narrow.h"
#include "mote_strides.h"

/* The assembly knows the order of the fields. "Main" columns are two, or one at stride 1, for each output but for
 * the last one when it has right_pad. */
typedef struct {
    int32_t x_pixel, y_pixel;
    int32_t columns;        /* -x_pixel for each main column, and those before them, inside the image */
    int32_t main_columns;   /* -x_pixel for each main column */
    uint32_t right_pad;     /* 1: the last window of a row ends one column right of the image */
    const int8_t *const *x; /* three rows for each output row */
    uint32_t x_step;        /* bytes from the pointers of an output row to the next ones */
    uint32_t rows;          /* of the output, at least one */
    int32_t x_end;          /* from the start of a row of x to the first channel's value behind the main columns */
    int8_t *y;              /* of the first channel */
    const int8_t *w;        /* nine for each channel */
    const int32_t *narrow;
    uint32_t channels;      /* at least one */
    int32_t left, right;    /* values of the columns left and right of the image; left: 0 when no window has one */
    mote_narrow_layer layer;
} mote_depthwise_narrow_job;

#if defined(__ARM_ARCH_6M__)

/* Registers: r0 a value of x, r1-r3 the ends of rows, r4 from there to the column, negative in main columns; r5 is
 * scratch, r6 and r7 sums, lr a third one or a weight, r8-r11 weights, r12 y. On the stack: nine weights, start,
 * first start of a row, what the column right of the image adds to a sum, limit, lower and upper part of the
 * multiplier, offset and end, pointers to rows, rows that are left; at 72 the job, at 148 the bend. */
#define MOTE_NARROW_X(row) "ldrsb r0, [" row ", r4]\n\t"
#define MOTE_NARROW_TAP(weight, sum) "mov r5, " weight "\n\tmuls r5, r0\n\tadd " sum ", r5\n\t"
#define MOTE_NARROW_STACK_TAP(weight, sum) \
    "ldr r5, [sp, #4*" #weight "]\n\tmuls r5, r0\n\tadd " sum ", r5\n\t"
#define MOTE_NARROW_NEXT_COLUMN "ldr r5, [sp, #72]\n\tadds r4, r4, r5\n\t"

#define MOTE_NARROW_WEIGHT(i, place) "ldrb r5, [r0, #" #i "]\n\tsxtb r5, r5\n\t" place
#define MOTE_NARROW_HOLD(weight) "mov " weight ", r5\n\t"
#define MOTE_NARROW_PUT(i) "str r5, [sp, #4*" #i "]\n\t"

/* On to the next result and column; their pixels have one size unless they lie apart. */
#if MOTE_STRIDED
#define MOTE_NARROW_NEXT_RESULT(move_on) \
    "ldr r5, [sp, #76]\n\tadd r12, r5\n\t" move_on MOTE_NARROW_NEXT_COLUMN
#else
#define MOTE_NARROW_NEXT_RESULT(move_on) move_on "ldr r5, [sp, #72]\n\tadd r12, r5\n\tadds r4, r4, r5\n\t"
#endif

/* Stride 1. A column ends r6, is the middle of r7 and starts lr; then the sums move on. */
#define MOTE_NARROW_COLUMN                                                                           \
    MOTE_NARROW_X("r1") MOTE_NARROW_TAP("r8", "r6") MOTE_NARROW_TAP("r9", "r7")                      \
    MOTE_NARROW_STACK_TAP(0, "lr")                                                                   \
    MOTE_NARROW_X("r2") MOTE_NARROW_TAP("r10", "r6") MOTE_NARROW_TAP("r11", "r7")                    \
    MOTE_NARROW_STACK_TAP(3, "lr")                                                                   \
    MOTE_NARROW_X("r3") MOTE_NARROW_STACK_TAP(8, "r6") MOTE_NARROW_STACK_TAP(7, "r7")                \
    MOTE_NARROW_STACK_TAP(6, "lr")
#define MOTE_NARROW_MOVE_ON "movs r6, r7\n\tmov r7, lr\n\tldr r5, [sp, #36]\n\tmov lr, r5\n\t"
#define MOTE_NARROW_START_1                                                                          \
    "ldr r7, [sp, #40]\n\tldr r5, [sp, #36]\n\tmov lr, r5\n\t"                                       \
    "2: " MOTE_NARROW_COLUMN MOTE_NARROW_MOVE_ON MOTE_NARROW_NEXT_COLUMN                             \
    "ldr r5, [sp, #84]\n\tcmp r4, r5\n\tbne 2b\n\t"

/* Stride 2. Odd columns are the middle of r6; even ones end r6 and start r7. */
#define MOTE_NARROW_ODD                                                                              \
    MOTE_NARROW_X("r1") MOTE_NARROW_STACK_TAP(1, "r6") MOTE_NARROW_X("r2") MOTE_NARROW_STACK_TAP(4, "r6") \
    MOTE_NARROW_X("r3") MOTE_NARROW_STACK_TAP(7, "r6")
#define MOTE_NARROW_EVEN                                                                             \
    "ldr r7, [sp, #36]\n\t" MOTE_NARROW_X("r1") MOTE_NARROW_TAP("r8", "r6") MOTE_NARROW_TAP("r9", "r7") \
    MOTE_NARROW_X("r2") MOTE_NARROW_TAP("r10", "r6") MOTE_NARROW_TAP("r11", "r7")                    \
    MOTE_NARROW_X("r3") MOTE_NARROW_TAP("lr", "r6") MOTE_NARROW_STACK_TAP(6, "r7")
#define MOTE_NARROW_START_2                                                                          \
    "ldr r6, [sp, #40]\n\tldr r5, [sp, #84]\n\tcmp r4, r5\n\tbeq 2f\n\t"                             \
    MOTE_NARROW_EVEN "movs r6, r7\n\t" MOTE_NARROW_NEXT_COLUMN "2:"

#define MOTE_DEPTHWISE_NARROW(name, w0, w1, w2, w3, w4, w5, w6, w7, w8, start, column, last, move_on)\
    __attribute__((naked, noinline, unused)) static void name(                                       \
        __attribute__((unused)) const mote_depthwise_narrow_job *job)                                \
    {                                                                                                \
        __asm volatile(                                                                              \
            ".syntax unified\n\t"                                                                    \
            "push {r4-r7, lr}\n\t"                                                                   \
            "mov r4, r8\n\t"                                                                         \
            "mov r5, r9\n\t"                                                                         \
            "mov r6, r10\n\t"                                                                        \
            "mov r7, r11\n\t"                                                                        \
            "push {r4-r7}\n\t"                                                                       \
            "sub sp, #152\n\t"                                                                       \
            "add r1, sp, #72\n\t"                                                                    \
            "ldm r0!, {r2-r7}\n\tstm r1!, {r2-r7}\n\t"                                               \
            "ldm r0!, {r2-r7}\n\tstm r1!, {r2-r7}\n\t"                                               \
            "ldm r0!, {r2-r7}\n\tstm r1!, {r2-r7}\n\t"                                               \
            "ldr r2, [r0]\n\t"                                                                       \
            "movs r3, #0\n\t"                                                                        \
            "stm r1!, {r2, r3}\n\t"                                                                  \
            "1: ldr r0, [sp, #112]\n\t" /* a channel */                                              \
            MOTE_NARROW_WEIGHT(0, w0) "movs r6, r5\n\t"                                              \
            MOTE_NARROW_WEIGHT(1, w1)                                                                \
            MOTE_NARROW_WEIGHT(2, w2) "movs r7, r5\n\t"                                              \
            MOTE_NARROW_WEIGHT(3, w3) "adds r6, r6, r5\n\t"                                          \
            MOTE_NARROW_WEIGHT(4, w4)                                                                \
            MOTE_NARROW_WEIGHT(5, w5) "adds r7, r7, r5\n\t"                                          \
            MOTE_NARROW_WEIGHT(6, w6) "adds r6, r6, r5\n\t"                                          \
            MOTE_NARROW_WEIGHT(7, w7)                                                                \
            MOTE_NARROW_WEIGHT(8, w8) "adds r7, r7, r5\n\t"                                          \
            "adds r0, #9\n\t"                                                                        \
            "str r0, [sp, #112]\n\t"                                                                 \
            "ldr r5, [sp, #124]\n\t"                                                                 \
            "muls r6, r5\n\t"                                                                        \
            "ldr r5, [sp, #128]\n\t"                                                                 \
            "muls r7, r5\n\t"                                                                        \
            "str r7, [sp, #44]\n\t"                                                                  \
            "ldr r0, [sp, #116]\n\t"                                                                 \
            "ldm r0!, {r2, r3}\n\t"                                                                  \
            "ldr r5, [sp, #144]\n\t"                                                                 \
            "cmp r5, #0\n\t"                                                                         \
            "beq 2f\n\t"                                                                             \
            "ldm r0!, {r5}\n\t"                                                                      \
            "str r5, [sp, #148]\n\t"                                                                 \
            "2: ldm r0!, {r5}\n\t"                                                                   \
            "str r0, [sp, #116]\n\t"                                                                 \
            "str r5, [sp, #36]\n\t"                                                                  \
            "adds r6, r6, r5\n\t"                                                                    \
            "str r6, [sp, #40]\n\t"                                                                  \
            "uxth r5, r3\n\t"                                                                        \
            "lsls r5, r5, #4\n\t"                                                                    \
            "str r5, [sp, #48]\n\t"                                                                  \
            "lsrs r3, r3, #16\n\t"                                                                   \
            "ldr r5, [sp, #132]\n\t"                                                                 \
            "lsls r3, r5\n\t"                                                                        \
            "ldr r5, [sp, #136]\n\t"                                                                 \
            "adds r3, r3, r5\n\t"                                                                    \
            "str r3, [sp, #60]\n\t"                                                                  \
            "lsrs r5, r2, #12\n\t"                                                                   \
            "str r5, [sp, #56]\n\t"                                                                  \
            "lsls r2, r2, #20\n\t"                                                                   \
            "lsrs r2, r2, #20\n\t"                                                                   \
            "str r2, [sp, #52]\n\t"                                                                  \
            "ldr r5, [sp, #108]\n\t"                                                                 \
            "mov r12, r5\n\t"                                                                        \
            "adds r5, #1\n\t"                                                                        \
            "str r5, [sp, #108]\n\t"                                                                 \
            "ldr r5, [sp, #92]\n\t"                                                                  \
            "str r5, [sp, #64]\n\t"                                                                  \
            "ldr r5, [sp, #100]\n\t"                                                                 \
            "str r5, [sp, #68]\n\t"                                                                  \
            "3: ldr r0, [sp, #64]\n\t" /* a row */                                                   \
            "ldr r5, [sp, #96]\n\t"                                                                  \
            "adds r5, r5, r0\n\t"                                                                    \
            "str r5, [sp, #64]\n\t"                                                                  \
            "ldm r0!, {r1-r3}\n\t"                                                                   \
            "ldr r0, [sp, #104]\n\t"                                                                 \
            "adds r1, r1, r0\n\t"                                                                    \
            "adds r2, r2, r0\n\t"                                                                    \
            "adds r3, r3, r0\n\t"                                                                    \
            "ldr r4, [sp, #80]\n\t" start                                                            \
            "cmp r4, #0\n\t"                                                                         \
            "beq 7f\n\t"                                                                             \
            "5: " column                                                                             \
            "6: ldr r5, [sp, #48]\n\t"                                                               \
            "cmp r6, r5\n\t"                                                                         \
            "bls 4f\n\t"                                                                             \
            "asrs r6, r6, #31\n\t"                                                                   \
            "bics r5, r6\n\t"                                                                        \
            "movs r6, r5\n\t"                                                                        \
            "4: movs r0, r6\n\t"                                                                     \
            "ldr r5, [sp, #52]\n\t"                                                                  \
            "muls r0, r5\n\t"                                                                        \
            "lsrs r0, r0, #12\n\t"                                                                   \
            "ldr r5, [sp, #56]\n\t"                                                                  \
            "muls r6, r5\n\t"                                                                        \
            "adds r6, r6, r0\n\t"                                                                    \
            "ldr r5, [sp, #60]\n\t"                                                                  \
            "adds r6, r6, r5\n\t"                                                                    \
            "ldr r5, [sp, #140]\n\t"                                                                 \
            "cmp r6, r5\n\t"                                                                         \
            "bge 4f\n\t"                                                                             \
            "ldr r5, [sp, #148]\n\t"                                                                 \
            "subs r6, r6, r5\n\t"                                                                    \
            "4: asrs r6, r6, #24\n\t"                                                                \
            "mov r5, r12\n\t"                                                                        \
            "strb r6, [r5]\n\t"                                                                      \
            MOTE_NARROW_NEXT_RESULT(move_on)                                                         \
            "bmi 5b\n\t"                                                                             \
            "7: cmp r4, #0\n\t" /* then the last output's column outside; with 1 that is done */     \
            "bne 8f\n\t"                                                                             \
            "ldr r5, [sp, #88]\n\t"                                                                  \
            "cmp r5, #0\n\t"                                                                         \
            "beq 8f\n\t" last                                                                        \
            "ldr r5, [sp, #44]\n\t"                                                                  \
            "adds r6, r6, r5\n\t"                                                                    \
            "movs r4, #1\n\t"                                                                        \
            "ldr r5, [sp, #72]\n\t"                                                                  \
            "subs r4, r4, r5\n\t"                                                                    \
            "b 6b\n\t"                                                                               \
            "8: ldr r5, [sp, #68]\n\t"                                                               \
            "subs r5, r5, #1\n\t"                                                                    \
            "str r5, [sp, #68]\n\t"                                                                  \
            "beq 4f\n\t"                                                                             \
            "b 3b\n\t"                                                                               \
            "4: ldr r5, [sp, #104]\n\t"                                                              \
            "adds r5, #1\n\t"                                                                        \
            "str r5, [sp, #104]\n\t"                                                                 \
            "ldr r5, [sp, #120]\n\t"                                                                 \
            "subs r5, r5, #1\n\t"                                                                    \
            "str r5, [sp, #120]\n\t"                                                                 \
            "beq 4f\n\t"                                                                             \
            "b 1b\n\t"                                                                               \
            "4: add sp, #152\n\t"                                                                    \
            "pop {r4-r7}\n\t"                                                                        \
            "mov r8, r4\n\t"                                                                         \
            "mov r9, r5\n\t"                                                                         \
            "mov r10, r6\n\t"                                                                        \
            "mov r11, r7\n\t"                                                                        \
            "pop {r4-r7, pc}\n\t");                                                                  \
    }

MOTE_DEPTHWISE_NARROW(mote_depthwise_narrow_1,
                      MOTE_NARROW_PUT(0), MOTE_NARROW_HOLD("r9"), MOTE_NARROW_HOLD("r8"),
                      MOTE_NARROW_PUT(3), MOTE_NARROW_HOLD("r11"), MOTE_NARROW_HOLD("r10"),
                      MOTE_NARROW_PUT(6), MOTE_NARROW_PUT(7), MOTE_NARROW_PUT(8),
                      MOTE_NARROW_START_1, MOTE_NARROW_COLUMN, "", MOTE_NARROW_MOVE_ON)
MOTE_DEPTHWISE_NARROW(mote_depthwise_narrow_2,
                      MOTE_NARROW_HOLD("r9"), MOTE_NARROW_PUT(1), MOTE_NARROW_HOLD("r8"),
                      MOTE_NARROW_HOLD("r11"), MOTE_NARROW_PUT(4), MOTE_NARROW_HOLD("r10"),
                      MOTE_NARROW_PUT(6), MOTE_NARROW_PUT(7), MOTE_NARROW_HOLD("lr"),
                      MOTE_NARROW_START_2, MOTE_NARROW_ODD MOTE_NARROW_NEXT_COLUMN MOTE_NARROW_EVEN,
                      MOTE_NARROW_ODD, "movs r6, r7\n\t")

/* stride: from window to window, 1 or 2. */
static inline void mote_depthwise_narrow(const mote_depthwise_narrow_job *job, int32_t stride)
{
    if (stride == 1)
        mote_depthwise_narrow_1(job);
    else
        mote_depthwise_narrow_2(job);
}

#else

static inline void mote_depthwise_narrow(const mote_depthwise_narrow_job *job, int32_t stride)
{
    const int32_t pixel = job->x_pixel, main = -job->main_columns / pixel;
    const int32_t before = (job->main_columns - job->columns) / pixel, outside = 3 - stride - before;
    const int32_t width = main / stride + (int32_t)job->right_pad;
    const int8_t *w = job->w;
    const int32_t *narrow = job->narrow;
    for (int32_t c = 0; c < (int32_t)job->channels; c++, w += 9, narrow += 3 + job->layer.is_bent) {
        const int8_t *const *x = job->x;
        int8_t *y = job->y + c;
        for (uint32_t row = 0; row < job->rows; row++, x += job->x_step / sizeof *x)
            for (int32_t ox = 0; ox < width; ox++, y += job->y_pixel) {
                int32_t sum = 0;
                for (int32_t kx = 0; kx < 3; kx++) {
                    const int32_t at = job->x_end + job->columns + (ox * stride + kx - outside) * pixel + c;
                    const int is_left = ox == 0 && kx < outside;
                    const int is_right = ox == width - 1 && kx == 2 && job->right_pad;
                    for (int32_t ky = 0; ky < 3; ky++)
                        sum += w[3 * ky + kx] * (is_left ? job->left : is_right ? job->right : x[ky][at]);
                }
                *y = mote_narrow(sum, narrow, &job->layer);
            }
    }
}

#endif

#endif
