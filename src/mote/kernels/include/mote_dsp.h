/* SPDX-License-Identifier: Apache-2.0
 *
 * The DSP instructions that the *_dsp kernels use, under their Arm names. On cores without them the
 * same meaning in portable C, so that these kernels run, and are sanitised, on any machine.
 *
 * A word holds two int16 lanes, written (low, high). */
#ifndef MOTE_DSP_H
#define MOTE_DSP_H

#include <stdint.h>
#include <string.h>

/* Four bytes from any address, little-endian. */
static inline uint32_t mote_read32(const void *p)
{
    uint32_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

/* Two bytes alike. */
static inline uint32_t mote_read16(const void *p)
{
    uint16_t half;
    memcpy(&half, p, sizeof half);
    return half;
}

static inline void mote_write32(void *p, uint32_t word)
{
    memcpy(p, &word, sizeof word);
}

#if defined(__GNUC__)
#define MOTE_NOT_INLINE __attribute__((noinline, unused))
#else
#define MOTE_NOT_INLINE
#endif

/* One copy serves all kernels that are linked: --gc-sections drops the others. */
#if defined(__GNUC__) && defined(__ELF__)
#define MOTE_SHARED __attribute__((weak, noinline))
#else
#define MOTE_SHARED MOTE_NOT_INLINE static
#endif

/* Keeps a counter in a register of its own: compilers would count with an end of the array and compute what is
 * left afterwards, with more instructions than short loops have, and with registers that must be saved. */
#if defined(__GNUC__)
#define MOTE_COUNTER(count) __asm("" : "+r"(count))
#else
#define MOTE_COUNTER(count) ((void)0)
#endif

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP

/* acc + a.low * b.low + a.high * b.high */
static inline int32_t mote_smlad(uint32_t a, uint32_t b, int32_t acc)
{
    int32_t result;
    __asm("smlad %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(acc));
    return result;
}

/* acc + a.low * b.low */
static inline int32_t mote_smlabb(uint32_t a, uint32_t b, int32_t acc)
{
    int32_t result;
    __asm("smlabb %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(acc));
    return result;
}

/* (byte 0, byte 2), signed */
static inline uint32_t mote_sxtb16(uint32_t a)
{
    uint32_t result;
    __asm("sxtb16 %0, %1" : "=r"(result) : "r"(a));
    return result;
}

/* (byte 1, byte 3), signed */
static inline uint32_t mote_sxtb16_ror8(uint32_t a)
{
    uint32_t result;
    __asm("sxtb16 %0, %1, ror #8" : "=r"(result) : "r"(a));
    return result;
}

/* (a.low, b.low) */
static inline uint32_t mote_pkhbt(uint32_t a, uint32_t b)
{
    uint32_t result;
    __asm("pkhbt %0, %1, %2, lsl #16" : "=r"(result) : "r"(a), "r"(b));
    return result;
}

/* (a.low + byte 0, a.high + byte 2), bytes signed */
static inline uint32_t mote_sxtab16(uint32_t a, uint32_t b)
{
    uint32_t result;
    __asm("sxtab16 %0, %1, %2" : "=r"(result) : "r"(a), "r"(b));
    return result;
}

/* (a.low + byte 1, a.high + byte 3), bytes signed */
static inline uint32_t mote_sxtab16_ror8(uint32_t a, uint32_t b)
{
    uint32_t result;
    __asm("sxtab16 %0, %1, %2, ror #8" : "=r"(result) : "r"(a), "r"(b));
    return result;
}

/* (a.low + b.low, a.high + b.high) */
static inline uint32_t mote_sadd16(uint32_t a, uint32_t b)
{
    uint32_t result;
    __asm("sadd16 %0, %1, %2" : "=r"(result) : "r"(a), "r"(b));
    return result;
}

/* (a.low - b.low, a.high - b.high) */
static inline uint32_t mote_ssub16(uint32_t a, uint32_t b)
{
    uint32_t result;
    __asm("ssub16 %0, %1, %2" : "=r"(result) : "r"(a), "r"(b));
    return result;
}

/* (2 * a.low, 2 * a.high) */
static inline uint32_t mote_twice16(uint32_t a)
{
    uint32_t result;
    __asm("sadd16 %0, %1, %1" : "=r"(result) : "r"(a));
    return result;
}

/* acc + round(a * b / 2^32), halves up */
static inline int32_t mote_smmlar(int32_t a, int32_t b, int32_t acc)
{
    int32_t result;
    __asm("smmlar %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(acc));
    return result;
}

/* acc + floor(a * b / 2^32) */
static inline int32_t mote_smmla(int32_t a, int32_t b, int32_t acc)
{
    int32_t result;
    __asm("smmla %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(acc));
    return result;
}

/* a, saturated to int8 */
static inline int32_t mote_ssat8(int32_t a)
{
    int32_t result;
    __asm("ssat %0, #8, %1" : "=r"(result) : "r"(a));
    return result;
}

#else

static inline int32_t mote_low(uint32_t a)
{
    return (int16_t)(uint16_t)a;
}

static inline int32_t mote_high(uint32_t a)
{
    return (int16_t)(uint16_t)(a >> 16);
}

/* Sums wrap around as the instructions do. */
static inline int32_t mote_wrapping_add(int32_t a, int32_t b)
{
    return (int32_t)((uint32_t)a + (uint32_t)b);
}

static inline int32_t mote_smlad(uint32_t a, uint32_t b, int32_t acc)
{
    return mote_wrapping_add(mote_wrapping_add(acc, mote_low(a) * mote_low(b)), mote_high(a) * mote_high(b));
}

static inline int32_t mote_smlabb(uint32_t a, uint32_t b, int32_t acc)
{
    return mote_wrapping_add(acc, mote_low(a) * mote_low(b));
}

static inline uint32_t mote_pkhbt(uint32_t a, uint32_t b)
{
    return (a & 0xffffu) | (b << 16);
}

static inline uint32_t mote_sxtb16(uint32_t a)
{
    return mote_pkhbt((uint32_t)(int32_t)(int8_t)(uint8_t)a,
                      (uint32_t)(int32_t)(int8_t)(uint8_t)(a >> 16));
}

static inline uint32_t mote_twice16(uint32_t a)
{
    return mote_pkhbt(a << 1, a >> 16 << 1);
}

static inline uint32_t mote_sxtb16_ror8(uint32_t a)
{
    return mote_sxtb16(a >> 8);
}

static inline uint32_t mote_sadd16(uint32_t a, uint32_t b)
{
    return mote_pkhbt(a + b, (a >> 16) + (b >> 16));
}

static inline uint32_t mote_sxtab16(uint32_t a, uint32_t b)
{
    return mote_sadd16(a, mote_sxtb16(b));
}

static inline uint32_t mote_sxtab16_ror8(uint32_t a, uint32_t b)
{
    return mote_sadd16(a, mote_sxtb16_ror8(b));
}

static inline uint32_t mote_ssub16(uint32_t a, uint32_t b)
{
    return mote_pkhbt(a - b, (a >> 16) - (b >> 16));
}

static inline int32_t mote_smmlar(int32_t a, int32_t b, int32_t acc)
{
    return mote_wrapping_add(acc, (int32_t)(((int64_t)a * b + ((int64_t)1 << 31)) >> 32));
}

static inline int32_t mote_smmla(int32_t a, int32_t b, int32_t acc)
{
    return mote_wrapping_add(acc, (int32_t)(((int64_t)a * b) >> 32));
}

static inline int32_t mote_ssat8(int32_t a)
{
    a = a < -128 ? -128 : a;
    return a > 127 ? 127 : a;
}

#endif

/* The int8 result of an accumulator, given twice the accumulator.
 *
 * offset = (2 * y_zero + 1) << (right - 1) adds the zero point and the half that rounds.
 * Double rounding: the high half rounds halves up; the division by 2^right rounds halves away from
 * zero, hence one less for negative values.
 * Needs |2 * acc| < 2^31 and 1 <= right <= 16, checked at compile time. */
static inline int32_t mote_finish_double(int32_t twice, int32_t multiplier, int32_t offset, int right)
{
    int32_t high = mote_smmlar(twice, multiplier, offset) + (twice >> 31);
    return mote_ssat8(high >> right);
}

/* The same with one rounding, halves up. */
static inline int32_t mote_finish_single(int32_t twice, int32_t multiplier, int32_t offset, int right)
{
    return mote_ssat8(mote_smmla(twice, multiplier, offset) >> right);
}

static inline int32_t mote_finish(int32_t twice, int32_t multiplier, int32_t offset, int right,
                                  int is_double)
{
    return is_double ? mote_finish_double(twice, multiplier, offset, right)
                     : mote_finish_single(twice, multiplier, offset, right);
}

#endif
