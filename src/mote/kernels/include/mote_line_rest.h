/* SPDX-License-Identifier: Apache-2.0
 *
 * The few channels of a 1 x 1 convolution through mote_line_points.h that have no line there, one after the other.
 *
 * y[oy,ox,o] = clamp(requantize(bias[o] + sum_i x[oy * stride_height][ox * stride_width,i] * weights[o,i]) + y_zero)
 *
 * rest: behind the weights of the other channels: how many channels, whether rounding is double; then of each its
 * place in y, the bias, the multiplier, the right shift, (2 * y_zero + 1) << (right - 1), and x_channels bytes of
 * weights, filled up with zeros to words.
 * No overflow: twice a sum is below 2^31, and 1 <= right < 23, both checked at compile time.
 * Cost: about 3.5 cycles a weight. */
#ifndef MOTE_LINE_REST_H
#define MOTE_LINE_REST_H

#include "mote_line_layer.h"

#define MOTE_REST_TABLE 5 /* words */

static inline int32_t mote_line_rest_sum(const int8_t *x, const int32_t *words, int32_t taps, int32_t sum)
{
    for (; taps >= 4; taps -= 4, x += 4) {
        const uint32_t four = mote_read32(x), w = (uint32_t)*words++;
        sum = mote_smlad(mote_sxtb16(four), mote_sxtb16(w), sum);
        sum = mote_smlad(mote_sxtb16_ror8(four), mote_sxtb16_ror8(w), sum);
    }
    for (const int8_t *w = (const int8_t *)words; taps > 0; taps--)
        sum += *x++ * *w++;
    return sum;
}

static inline void mote_line_rest(const mote_conv_2d_line *layer, const int8_t *const *x, int8_t *y)
{
    const int32_t taps = layer->x_channels, step = layer->stride_width * taps;
    const int32_t *rest = layer->weights + layer->fours * (2 * (uint32_t)taps + 14);
    const int32_t *channel = rest + 2;

    for (int32_t count = rest[0]; count > 0; count--, channel += MOTE_REST_TABLE + (taps + 3) / 4) {
        int8_t *to = y + channel[0];
        for (int32_t row = 0; row < layer->y_height; row++) {
            const int8_t *pixel = x[row * layer->stride_height];
            for (int32_t i = 0; i < layer->y_width; i++, pixel += step, to += layer->y_channels) {
                const int32_t sum = mote_line_rest_sum(pixel, channel + MOTE_REST_TABLE, taps, channel[1]);
                const int32_t found = mote_finish(2 * sum, channel[2], channel[4], channel[3], rest[1]);
                *to = mote_clamp_s8(found, layer->y_min, layer->y_max);
            }
        }
    }
}

#endif
