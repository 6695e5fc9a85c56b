/* SPDX-License-Identifier: Apache-2.0
 *
 * The types of stdint.h, for a GCC that was built for use with a C library and comes without one. */
#ifndef MOTE_FREESTANDING_STDINT_H
#define MOTE_FREESTANDING_STDINT_H

#include <stdint-gcc.h>

#endif
