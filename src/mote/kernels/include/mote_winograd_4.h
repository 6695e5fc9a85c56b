/* SPDX-License-Identifier: Apache-2.0
 *
 * The transforms of Winograd's F(4 x 4, 3 x 3): 6 x 6 inputs and 36 products give 4 x 4 results.
 *
 * With the points 0, 1, -1, 2, -2 and infinity (Lavin and Gray 2016, "Fast algorithms for convolutional neural
 * networks", section 4.2), and denominators moved from the weights to the results:
 *   B' = (4 0 -5 0 1 0; 0 -4 -4 1 1 0; 0 4 -4 -1 1 0; 0 -2 -1 2 1 0; 0 2 -1 -2 1 0; 0 4 0 -5 0 1)
 *   G = (6 0 0; -1 -1 -1; -1 1 -1; 1 2 4; 1 -2 4; 0 0 6)
 *   A' = (1 4 4 1 1 0; 0 2 -2 1 -1 0; 0 1 1 1 1 0; 0 1 -1 2 -2 1)
 * the sum in row i and column j of a tile comes out as s[i] * s[j] times what it is, s = (24, 12, 6, 6).
 *
 * No overflow: inputs count from -128, as 0..255. In a first pass a column of B' x reaches [-2040, 510] or
 * less, in a second one B' x B stays below 8 * 2040 + 2 * 510 < 2^15; |G w G'| <= 7 * 7 * 128 < 2^15.
 * Two channels share a word as the integer 2^16 * second + first, on which B' works as on plain numbers, and
 * become lanes in the end. A sum, start included, is right modulo 2^32; 576 * |sum| < 2^31, checked at
 * compile time, makes it exact: s[i] * s[j] = 9 * 2^k, the shift divides by 2^(k - 1), and 954437177 * 9 = 1
 * modulo 2^32 by 9 and leaves twice the sum. */
#ifndef MOTE_WINOGRAD_4_H
#define MOTE_WINOGRAD_4_H

#include "mote_winograd_input_4.h"
#include "mote_winograd_output_4.h"

#define MOTE_WINOGRAD_4_POSITIONS 36

#endif
