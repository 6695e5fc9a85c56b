/* SPDX-License-Identifier: Apache-2.0
 *
 * The kernels that move elements, and resize. Part of mote_kernels.h, which says what holds for all. */
#ifndef MOTE_KERNELS_MOVEMENT_H
#define MOTE_KERNELS_MOVEMENT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Rows of x with gaps between them, full of border; all sizes are in elements. */
typedef struct {
    uint32_t rows[3];
    uint32_t row;
    uint32_t first_gap;
    uint32_t gap[3];
    uint32_t elements; /* of y */
    int16_t border;
} mote_pad;

/* Blocks of x with mirrored ones around them. */
typedef struct {
    uint32_t x_size[4], y_size[4]; /* in blocks */
    uint32_t before[4];            /* less than x_size */
    uint32_t block;                /* in elements */
} mote_pad_reflect;

/* Elements of x at regular steps. */
typedef struct {
    uint32_t size[4]; /* of y */
    uint32_t step[4]; /* in elements of x */
    uint32_t offset;  /* of the first one */
} mote_walk;

/* Operands one after the other in every row of y. */
typedef struct {
    const int32_t *bytes;   /* [operands] of an operand in one row */
    const int8_t *constant; /* the operands that are constants, in the order of y */
    uint32_t rows;
    uint16_t operands;
} mote_concat;

/* Row i of an image of the result reads row rows[i] and, bilinear, with row_weights[i] / 1024 the one after it.
 * A call that computes rows from row on has pointers to the rows from rows[row] on, [x_width, channels]. */
typedef struct {
    const int16_t *rows, *columns;               /* [rows of an image], [y_width] */
    const int16_t *row_weights, *column_weights; /* 0..1023; unused by nearest */
    uint16_t y_height, y_width;                  /* of one call */
    uint16_t channels;
} mote_resize;

typedef struct {
    const int8_t *table; /* [last + 1, row] */
    uint32_t indices, row;
    int32_t last;
} mote_embedding;

typedef struct {
    const int16_t *table;
    uint32_t indices, row;
    int32_t last;
} mote_embedding_wide;

void mote_pad_s8(const mote_pad *layer, const int8_t *x, int8_t *y);
void mote_pad_s16(const mote_pad *layer, const int16_t *x, int16_t *y);
void mote_pad_reflect_s8(const mote_pad_reflect *layer, const int8_t *x, int8_t *y);
void mote_pad_reflect_s16(const mote_pad_reflect *layer, const int16_t *x, int16_t *y);
void mote_concat_s8(const mote_concat *layer, const void *const *x, int8_t *y);
void mote_concat_u8(const mote_concat *layer, const void *const *x, uint8_t *y);
void mote_concat_s16(const mote_concat *layer, const void *const *x, int16_t *y);
void mote_slice_s8(const mote_walk *layer, const int8_t *x, int8_t *y);
void mote_slice_u8(const mote_walk *layer, const uint8_t *x, uint8_t *y);
void mote_slice_s16(const mote_walk *layer, const int16_t *x, int16_t *y);
void mote_transpose_s8(const mote_walk *layer, const int8_t *x, int8_t *y);
void mote_transpose_u8(const mote_walk *layer, const uint8_t *x, uint8_t *y);
void mote_transpose_s16(const mote_walk *layer, const int16_t *x, int16_t *y);
void mote_resize_nearest_s8(const mote_resize *layer, const int8_t *const *x, int8_t *y, uint32_t row);
void mote_resize_nearest_s16(const mote_resize *layer, const int16_t *const *x, int16_t *y, uint32_t row);
void mote_resize_bilinear_s8(const mote_resize *layer, const int8_t *const *x, int8_t *y, uint32_t row);
void mote_resize_bilinear_s16(const mote_resize *layer, const int16_t *const *x, int16_t *y, uint32_t row);
void mote_embedding_s8(const mote_embedding *layer, const int32_t *x, int8_t *y);
void mote_embedding_s16(const mote_embedding_wide *layer, const int32_t *x, int16_t *y);

#ifdef __cplusplus
}
#endif

#endif
