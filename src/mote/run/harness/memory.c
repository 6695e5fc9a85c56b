/* SPDX-License-Identifier: Apache-2.0
 *
 * memcpy, memmove, memset and memcmp for compilers that come without a C library: words while all
 * addresses are aligned to words, then bytes, so that no access is unaligned. */
#include <stdint.h>
#include <string.h>

typedef uint32_t __attribute__((may_alias)) word;

/* How many of the bytes may be accessed as words. */
static size_t in_words(uintptr_t addresses, size_t bytes)
{
    return (addresses & 3u) == 0 ? bytes & ~(size_t)3 : 0;
}

/* From the first byte on: right where the target begins at or before the source. */
static void *copy_upwards(uint8_t *to, const uint8_t *from, size_t bytes)
{
    uint8_t *y = to;
    const uint8_t *const end = to + bytes;
    const uint8_t *const words = to + in_words((uintptr_t)to | (uintptr_t)from, bytes);
    for (; y != words; y += 4, from += 4) {
        *(word *)(void *)y = *(const word *)(const void *)from;
    }
    while (y != end) {
        *y++ = *from++;
    }
    return to;
}

void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
    return copy_upwards(to, from, bytes);
}

void *memmove(void *to, const void *from, size_t bytes)
{
    if ((uintptr_t)to <= (uintptr_t)from) {
        return copy_upwards(to, from, bytes);
    }
    uint8_t *const y = to;
    for (const uint8_t *const x = from; bytes != 0;) {
        bytes--;
        y[bytes] = x[bytes];
    }
    return to;
}

void *memset(void *to, int value, size_t bytes)
{
    uint8_t *y = to;
    uint8_t *const end = y + bytes;
    uint8_t *const words = y + in_words((uintptr_t)to, bytes);
    for (; y != words; y += 4) {
        *(word *)(void *)y = (uint8_t)value * 0x01010101u;
    }
    while (y != end) {
        *y++ = (uint8_t)value;
    }
    return to;
}

int memcmp(const void *a, const void *b, size_t bytes)
{
    const uint8_t *x = a, *y = b;
    for (; bytes != 0; bytes--, x++, y++) {
        if (*x != *y) {
            return *x < *y ? -1 : 1;
        }
    }
    return 0;
}
