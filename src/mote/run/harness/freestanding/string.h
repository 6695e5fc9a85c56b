/* SPDX-License-Identifier: Apache-2.0
 *
 * The functions of string.h that generated code and the compiler call, for compilers that come
 * without a C library. C99 7.21.2, 7.21.4 and 7.21.6. */
#ifndef MOTE_FREESTANDING_STRING_H
#define MOTE_FREESTANDING_STRING_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *to, int value, size_t bytes);
int memcmp(const void *a, const void *b, size_t bytes);

#endif
