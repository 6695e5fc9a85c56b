/* SPDX-License-Identifier: Apache-2.0
 *
 * Depthwise convolution 3 x 3 with SMLAD in as few bytes of code and constants as go, for any width and both strides,
 * through mote_depthwise_slide.h: a channel of a row at a time.
 *
 * y[oy,ox,c] = clamp(line(bias[c] + sum_{ky,kx} x[iy][ix,c] * weights[c,ky,kx]))
 * with iy = oy * stride_height + ky, ix = ox * stride_width + kx - left_pad
 *
 * x: rows, as mote_kernels_convolution.h says; every window has one that is not null.  y: [y_height, y_width,
 * channels], must not overlap a row of x.
 * weights: [channels][9].  bias: [channels].  multiplier: [channels], as mote_multiply_small.h says, and so the line.
 * columns: of x that windows read.
 * Window rows outside of the image read any row that exists, with weights 0; what those rows (x_zero) contribute
 * joins the sum.
 * Overflow: as mote_depthwise_slide.h says.  Scratch: none. */
#include "mote_depthwise_slide.h"
#include "mote_distance.h"
#include "mote_kernels.h"
#include "mote_requantize.h"

void mote_depthwise_conv_2d_s8_dsp_small(const mote_depthwise_small *layer, const int8_t *const *x, int8_t *y)
{
    mote_slide_job job;
    job.scale = layer->scale;
    job.shift = layer->shift;
    job.stride = layer->stride_width;
    job.channels = layer->channels;
    job.zeros = (uint16_t)layer->x_zero * 0x10001u;
    job.right_pad = layer->right_pad;
    job.columns = layer->columns;
    job.first = 3 - layer->left_pad;
    for (int32_t left = layer->y_height; left > 0; left--) {
        const uint32_t inside = (x[0] ? 0xffffu : 0) | (x[1] ? 0xffff0000u : 0), inside_2 = x[2] ? 0xffffffffu : 0;
        const int8_t *const any = x[2] ? x[2] : x[1] ? x[1] : x[0];
        const int32_t row_0 = (int32_t)mote_distance(any, x[0] ? x[0] : any);
        const int32_t row_1 = (int32_t)mote_distance(any, x[1] ? x[1] : any);
        const int is_whole = x[0] && x[1] && x[2];
        const int8_t *w = layer->weights;
        const uint8_t *multiplier = layer->multiplier;
        for (int32_t c = 0; c < layer->channels; c++, w += 9) {
            job.w[0] = mote_pkhbt((uint32_t)w[0], (uint32_t)w[3]);
            job.w[1] = mote_pkhbt((uint32_t)w[1], (uint32_t)w[4]);
            job.w[2] = mote_pkhbt((uint32_t)w[2], (uint32_t)w[5]);
            job.w[3] = mote_pkhbt((uint32_t)w[6], (uint32_t)w[7]);
            job.w[4] = (uint32_t)w[8] & 0xffffu;
            job.cut = 0;
            for (uint32_t i = 0; i < 5 && !is_whole; i++) {
                const uint32_t all = job.w[i], kept = i < 3 ? inside : inside_2;
                job.w[i] = all & kept;
                job.cut = mote_smlad(all & ~kept, job.zeros, job.cut);
            }
            job.bias = layer->bias[c];
            job.multiplier = (int32_t)mote_read32(multiplier);
            job.y = y + c;
            multiplier += layer->multiplier_bytes;
            mote_depthwise_slide(any + c, row_0, row_1, &job);
        }
        x += layer->stride_height;
        y = mote_clamp_results(y, layer->y_width * layer->channels, layer->y_min, layer->y_max);
    }
}
