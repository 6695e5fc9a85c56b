/* SPDX-License-Identifier: Apache-2.0
 *
 * y[i] = round(2^15 * sigmoid(x_scale * x[i])), or tanh of it: tanh(x) = 2 * sigmoid(2x) - 1.
 *
 * Inputs become 1 / 12288ths, (x * multiplier + half) >> right. The table holds sigmoid for every 512th of them,
 * TFLite's values; between entries it is interpolated, beyond the last it is 1.
 * x, y: [elements] int16; y may be x or start below it.
 * Scratch: none. Cost: two multiplications per element.
 * No overflow: |x * multiplier| + half < 2^31, as multiplier < 2^16 and right is 0 from 2^15 on. */
#include "mote_kernels.h"

/* sigmoid(i / 24) in Q0.16 */
static const uint16_t table[256] = {
    32768, 33451, 34133, 34813, 35493, 36169, 36843, 37513, 38180, 38841, 39498, 40149, 40794, 41432,
    42064, 42688, 43304, 43912, 44511, 45102, 45683, 46255, 46817, 47369, 47911, 48443, 48964, 49475,
    49975, 50464, 50942, 51409, 51865, 52311, 52745, 53169, 53581, 53983, 54374, 54755, 55125, 55485,
    55834, 56174, 56503, 56823, 57133, 57433, 57724, 58007, 58280, 58544, 58800, 59048, 59288, 59519,
    59743, 59959, 60168, 60370, 60565, 60753, 60935, 61110, 61279, 61441, 61599, 61750, 61896, 62036,
    62172, 62302, 62428, 62549, 62666, 62778, 62886, 62990, 63090, 63186, 63279, 63368, 63454, 63536,
    63615, 63691, 63765, 63835, 63903, 63968, 64030, 64090, 64148, 64204, 64257, 64308, 64357, 64405,
    64450, 64494, 64536, 64576, 64614, 64652, 64687, 64721, 64754, 64786, 64816, 64845, 64873, 64900,
    64926, 64950, 64974, 64997, 65019, 65039, 65060, 65079, 65097, 65115, 65132, 65149, 65164, 65179,
    65194, 65208, 65221, 65234, 65246, 65258, 65269, 65280, 65291, 65301, 65310, 65319, 65328, 65337,
    65345, 65352, 65360, 65367, 65374, 65381, 65387, 65393, 65399, 65404, 65410, 65415, 65420, 65425,
    65429, 65433, 65438, 65442, 65445, 65449, 65453, 65456, 65459, 65462, 65465, 65468, 65471, 65474,
    65476, 65479, 65481, 65483, 65485, 65488, 65489, 65491, 65493, 65495, 65497, 65498, 65500, 65501,
    65503, 65504, 65505, 65507, 65508, 65509, 65510, 65511, 65512, 65513, 65514, 65515, 65516, 65517,
    65517, 65518, 65519, 65520, 65520, 65521, 65522, 65522, 65523, 65523, 65524, 65524, 65525, 65525,
    65526, 65526, 65526, 65527, 65527, 65528, 65528, 65528, 65529, 65529, 65529, 65529, 65530, 65530,
    65530, 65530, 65531, 65531, 65531, 65531, 65531, 65532, 65532, 65532, 65532, 65532, 65532, 65533,
    65533, 65533, 65533, 65533, 65533, 65533, 65533, 65534, 65534, 65534, 65534, 65534, 65534, 65534,
    65534, 65534, 65534, 65535,
};

/* 2^bits units from entry to entry; saturated is 1 in the result's units. */
static inline int32_t between(uint32_t units, int bits, int32_t saturated)
{
    const uint32_t i = units >> bits;
    if (i >= 255)
        return saturated;
    return (int32_t)(((uint32_t)table[i] << bits) +
                     (units & ((1u << bits) - 1u)) * ((uint32_t)table[i + 1] - table[i]));
}

static inline int16_t sigmoid(int32_t units)
{
    const int32_t value = between((uint32_t)(units < 0 ? -units : units), 9, 0x7fff << 10);
    return (int16_t)((units < 0 ? (1 << 25) - value + 511 : value + 512) >> 10);
}

static inline int16_t hyperbolic_tangent(int32_t units)
{
    const int32_t value = between((uint32_t)(units < 0 ? -units : units), 8, 0xffff << 8) - (1 << 23);
    return (int16_t)((units < 0 ? 127 - value : value + 128) >> 8);
}

void mote_sigmoid_s16(const mote_sigmoid *layer, const int16_t *x, int16_t *y)
{
    const mote_sigmoid p = *layer; /* y may alias the struct in the compiler's eyes */
    const int32_t half = (int32_t)((1u << p.right) >> 1);
    for (uint32_t n = p.elements; n > 0; n--) {
        const int32_t units = (*x++ * p.multiplier + half) >> p.right;
        *y++ = p.is_tanh ? hyperbolic_tangent(units) : sigmoid(units);
    }
}
