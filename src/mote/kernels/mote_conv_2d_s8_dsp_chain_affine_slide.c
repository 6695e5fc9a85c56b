/* SPDX-License-Identifier: Apache-2.0
 *
 * Convolution of 3 input channels through mote_line_slide.h: mote_conv_2d_s8_dsp_chain_affine with less code, for layers
 * with slides and copies.
 *
 * x, y, weights, constants: as mote_conv_2d_chain_affine.h says.  Scratch: as there. */
#include "mote_line_layer.h"
#include "mote_line_slide.h"

void mote_conv_2d_s8_dsp_chain_affine_slide(const mote_conv_2d_line *layer, const int8_t *const *x, int8_t *y,
                                            void *scratch)
{
    const int32_t y_pixel = layer->y_channels, stride = layer->stride_height;
    const int32_t columns = (layer->y_width - 1) * layer->stride_width + layer->kernel_width;
    uint32_t *const copies = (uint32_t *)scratch + layer->slides;
    int8_t *to = y;
    mote_line_job job;

    mote_line_start(layer, y, (uint32_t)y_pixel, layer->kernel_height * layer->kernel_width * 3u, scratch, &job);
    for (int32_t left = layer->y_height; left > 0;) {
        const int32_t rows = left < layer->copies ? left : layer->copies;
        mote_line_copy(layer, x, (rows - 1) * stride + layer->kernel_height, -layer->pad_left, columns, copies);
        x += rows * stride;
        for (int32_t k = 0; k < rows; k++, left--, to += layer->y_width * y_pixel)
            mote_line_slide(layer, copies + k * stride, copies, to, y_pixel, left > 1, &job);
    }
    mote_line_clamp(layer, y, (uint32_t)y_pixel);
}
