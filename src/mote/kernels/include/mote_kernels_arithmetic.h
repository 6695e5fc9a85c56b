/* SPDX-License-Identifier: Apache-2.0
 *
 * The kernels of sums, differences and products. Part of mote_kernels.h, which says what holds for all. */
#ifndef MOTE_KERNELS_ARITHMETIC_H
#define MOTE_KERNELS_ARITHMETIC_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* y = clamp((x0 * x0_multiplier + x1 * x1_multiplier + offset) >> shift), operands of one shape */
typedef struct {
    int32_t x0_multiplier, x1_multiplier, offset;
    uint32_t elements;
    uint8_t shift;
    int8_t y_min, y_max;
} mote_add;

/* Sums and differences of operands that repeat, or that mote_add does not get exactly; formula in
 * mote_add.h. Steps are in elements, 0 along dimensions in which an operand repeats. */
typedef struct {
    const int8_t *constant; /* operand 1 of the kernels of constants */
    int32_t x0_multiplier, x1_multiplier, y_multiplier;
    uint32_t size[4]; /* of y */
    uint32_t x0_step[4], x1_step[4];
    int8_t x0_right, x1_right, y_right; /* right shifts */
    int8_t x0_zero, x1_zero, y_zero, y_min, y_max;
    uint8_t constant_first; /* mote_sub_constant_s8: operand 0 is the constant */
} mote_add_general;

/* Products; formula in mote_mul.h. Steps as in mote_add_general. */
typedef struct {
    const int8_t *constant; /* operand 1 of the kernel of constants */
    int32_t multiplier, offset;
    uint32_t size[4]; /* of y */
    uint32_t x0_step[4], x1_step[4];
    int8_t right; /* right shift, -15..18 */
    int8_t x0_zero, x1_zero, y_zero, y_min, y_max;
} mote_mul;

/* Sums and differences with a constant. Steps as in mote_add_general, x1_step in the offsets. */
typedef struct {
    const int32_t *offset;
    int32_t multiplier;
    uint32_t size[4]; /* of y */
    uint32_t x0_step[4], x1_step[4];
    uint8_t shift;
    int8_t y_min, y_max;
} mote_affine;

/* Sums, differences and products of int16; formula in mote_arithmetic_s16.h. */
typedef struct {
    const int16_t *constant;
    int32_t x0_multiplier, x1_multiplier, y_multiplier; /* those of operands unused in products */
    uint32_t size[4];
    uint32_t x0_step[4], x1_step[4];
    int8_t x0_right, x1_right, y_right; /* right shifts, not negative */
    uint8_t constant_first;             /* mote_sub_constant_s16: operand 0 is the constant */
    int16_t y_min, y_max;
} mote_arithmetic_s16;

void mote_add_s8(const mote_add *layer, const int8_t *x0, const int8_t *x1, int8_t *y);
void mote_add_broadcast_s8(const mote_add_general *layer, const int8_t *x0, const int8_t *x1,
                           int8_t *y);
void mote_add_constant_s8(const mote_add_general *layer, const int8_t *x, int8_t *y);
void mote_add_s16(const mote_arithmetic_s16 *layer, const int16_t *x0, const int16_t *x1, int16_t *y);
void mote_add_constant_s16(const mote_arithmetic_s16 *layer, const int16_t *x, int16_t *y);
void mote_sub_s8(const mote_add *layer, const int8_t *x0, const int8_t *x1, int8_t *y);
void mote_sub_broadcast_s8(const mote_add_general *layer, const int8_t *x0, const int8_t *x1,
                           int8_t *y);
void mote_sub_constant_s8(const mote_add_general *layer, const int8_t *x, int8_t *y);
void mote_sub_s16(const mote_arithmetic_s16 *layer, const int16_t *x0, const int16_t *x1, int16_t *y);
void mote_sub_constant_s16(const mote_arithmetic_s16 *layer, const int16_t *x, int16_t *y);
void mote_mul_s8(const mote_mul *layer, const int8_t *x0, const int8_t *x1, int8_t *y);
void mote_mul_constant_s8(const mote_mul *layer, const int8_t *x, int8_t *y);
void mote_affine_s8(const mote_affine *layer, const int8_t *x, int8_t *y);
void mote_mul_s16(const mote_arithmetic_s16 *layer, const int16_t *x0, const int16_t *x1, int16_t *y);
void mote_mul_constant_s16(const mote_arithmetic_s16 *layer, const int16_t *x, int16_t *y);

#ifdef __cplusplus
}
#endif

#endif
