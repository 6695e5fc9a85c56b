/* SPDX-License-Identifier: Apache-2.0
 *
 * The part of mote_chain.h that sums in pieces (MOTE_SPLIT), where the slots would not hold a sum of all taps.
 *
 * After each piece but the last, its slots are added to 12 sums of 32 bits; in the end these are added to the
 * slots of the last piece. Weights are wA + wB * 2^21, and the slots of a piece are
 *     x0.A + offset,  x1.A + x0.B + offset,  x1.B
 * without bias. The weights begin with piece_bytes. For each four channels stand there: of each piece, what its
 * sums start at (2 * 64 bits; MOTE_PACKED: 4 * 64 bits, first and second sums), then the words of its taps; then for A and B and for C and D twice the sum of the
 * offsets, less the bias of A; twice the bias of B; and of each channel multiplier, place and shift as ever.
 *
 * Exact: the slots of every piece are in [0, 2^21[, the third in [-2^21, 2^21[, as lower/chain_split.py proves. */
#ifndef MOTE_CHAIN_SPLIT_H
#define MOTE_CHAIN_SPLIT_H

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP

/* The stack holds: x, end of the piece, x_end, y, y_1, y_2, zero, weights_end, piece_bytes, end of the first
 * piece, and from 40 on the sums: three for each accumulator. Registers as in mote_chain.h. */
#define MOTE_CHAIN_STACK "#88"
#define MOTE_CHAIN_END "#4"

/* Slots of an accumulator become sums, or are added to them; r12 points to these. */
#define MOTE_CHAIN_FIRST(l, h)                                                                       \
    "ubfx r10, " l ", #0, #21\n\t"                                                                   \
    "lsr r11, " l ", #21\n\t"                                                                        \
    "bfi r11, " h ", #11, #10\n\t"                                                                   \
    "asr lr, " h ", #10\n\t"                                                                         \
    "stm r12!, {r10, r11, lr}\n\t"
#define MOTE_CHAIN_ADD(l, h)                                                                         \
    "ldm r12, {r10, r11, lr}\n\t"                                                                    \
    "add r11, r11, " l ", lsr #21\n\t"                                                               \
    "ubfx " l ", " l ", #0, #21\n\t"                                                                 \
    "add r10, r10, " l "\n\t"                                                                        \
    "add lr, lr, " h ", asr #10\n\t"                                                                 \
    "ubfx " h ", " h ", #0, #10\n\t"                                                                 \
    "add r11, r11, " h ", lsl #11\n\t"                                                               \
    "stm r12!, {r10, r11, lr}\n\t"

/* What a piece starts at, whether the number of its fours is odd, and what is done in its end. Words of one tap
 * have no shorter way for pixels of the same x. */
#if MOTE_PACKED
#define MOTE_CHAIN_4_TAPS MOTE_PACKED_4_TAPS
#define MOTE_CHAIN_CLEAN MOTE_PACKED_CLEAN("r0", "r1", "r2", "r3") MOTE_PACKED_CLEAN("r4", "r5", "r6", "r7")
#define MOTE_CHAIN_ONE
#define MOTE_CHAIN_START                                                                             \
    "sub r12, r12, r8\n\t"                                                                           \
    "ldm r9!, {r0-r7}\n\t"                                                                           \
    "tst r12, #16\n\t"
#else
#define MOTE_CHAIN_CLEAN "11:\n\t"
#define MOTE_CHAIN_START                                                                             \
    "ldr r10, [sp, #20]\n\t"                                                                         \
    "sub r12, r12, r8\n\t"                                                                           \
    "ldm r9!, {r0, r1, r4, r5}\n\t"                                                                  \
    "cmp r10, #0\n\t"                                                                                \
    "beq 9f\n\t"                                                                                     \
    "mov r2, r0\n\t"                                                                                 \
    "mov r3, r1\n\t"                                                                                 \
    "mov r6, r4\n\t"                                                                                 \
    "mov r7, r5\n\t"                                                                                 \
    "tst r12, #32\n\t"
#endif

/* From the job to the sums of the last piece in r0-r7; the flags say whether it is the only one. */
#define MOTE_CHAIN_PIECES                                                                            \
    "ldr r10, [r0, #36]\n\t"                                                                         \
    "ldm r0, {r1-r9}\n\t"                                                                            \
    "add r11, r1, r10\n\t"                                                                           \
    "sub sp, sp, #48\n\t"                                                                            \
    "push {r10, r11}\n\t"                                                                            \
    "push {r1-r8}\n\t"                                                                               \
    "1: ldr r8, [sp]\n\t"                                                                            \
    "ldr r12, [sp, #36]\n\t"                                                                         \
    ".balign 4\n\t"                                                                                  \
    "4: str r12, [sp, #4]\n\t" MOTE_CHAIN_START                                                      \
    "bne 3f\n\t"                                                                                     \
    ".balign 4\n\t"                                                                                  \
    "2:\n\t" MOTE_CHAIN_4_TAPS                                                                       \
    "3:\n\t" MOTE_CHAIN_4_TAPS                                                                       \
    "ldr r12, [sp, #4]\n\t"                                                                          \
    "cmp r8, r12\n\t"                                                                                \
    "bne 2b\n\t" MOTE_CHAIN_CLEAN                                                                    \
    "ldr r11, [sp, #8]\n\t"                                                                          \
    "ldr r10, [sp, #36]\n\t"                                                                         \
    "cmp r8, r11\n\t"                                                                                \
    "beq 7f\n\t"                                                                                     \
    "cmp r8, r10\n\t"                                                                                \
    "add r12, sp, #40\n\t"                                                                           \
    "bne 5f\n\t"                                                                                     \
    MOTE_CHAIN_FIRST("r0", "r1") MOTE_CHAIN_FIRST("r2", "r3")                                        \
    MOTE_CHAIN_FIRST("r4", "r5") MOTE_CHAIN_FIRST("r6", "r7")                                        \
    "b 6f\n\t"                                                                                       \
    "5:\n\t"                                                                                         \
    MOTE_CHAIN_ADD("r0", "r1") MOTE_CHAIN_ADD("r2", "r3")                                            \
    MOTE_CHAIN_ADD("r4", "r5") MOTE_CHAIN_ADD("r6", "r7")                                            \
    "6: ldr r10, [sp, #8]\n\t"                                                                       \
    "ldr r12, [sp, #32]\n\t"                                                                         \
    "add r12, r12, r8\n\t"                                                                           \
    "cmp r12, r10\n\t"                                                                               \
    "it hi\n\t"                                                                                      \
    "movhi r12, r10\n\t"                                                                             \
    "b 4b\n\t"                                                                                       \
    "7: cmp r8, r10\n\t"

/* From the sums l1, h1 and l2, h2 of two words to twice those of A in a0, l1, r12 and of B in r11, h1, h2; sums
 * of the pieces before stand from sums on. */
#define MOTE_CHAIN_PART(l1, h1, l2, h2, a0, offset, sums)                                            \
    "ubfx " a0 ", " l1 ", #0, #21\n\t"                                                               \
    "lsr r11, " l1 ", #21\n\t"                                                                       \
    "bfi r11, " h1 ", #11, #10\n\t"                                                                  \
    "asr " h1 ", " h1 ", #10\n\t"                                                                    \
    "ubfx " l1 ", " l2 ", #0, #21\n\t"                                                               \
    "lsr r12, " l2 ", #21\n\t"                                                                       \
    "bfi r12, " h2 ", #11, #10\n\t"                                                                  \
    "asr " h2 ", " h2 ", #10\n\t"                                                                    \
    "beq 8f\n\t"                                                                                     \
    MOTE_CHAIN_ADD_2(a0, "r11", offset, l2, sums)                                                    \
    MOTE_CHAIN_ADD_2(h1, l1, offset, l2, sums " + 8")                                                \
    MOTE_CHAIN_ADD_2("r12", h2, offset, l2, sums " + 16")                                            \
    "8: ldr " offset ", [r9], #4\n\t"                                                                \
    "ldr " l2 ", [r9], #4\n\t"                                                                       \
    "sub r11, r11, " l1 "\n\t"                                                                       \
    "sub r12, r12, " h1 "\n\t"                                                                       \
    "rsb " a0 ", " offset ", " a0 ", lsl #1\n\t"                                                     \
    "rsb " l1 ", " offset ", " l1 ", lsl #1\n\t"                                                     \
    "rsb r12, " offset ", r12, lsl #1\n\t"                                                           \
    "add r11, " l2 ", r11, lsl #1\n\t"                                                               \
    "add " h1 ", " l2 ", " h1 ", lsl #1\n\t"                                                         \
    "add " h2 ", " l2 ", " h2 ", lsl #1\n\t"
#define MOTE_CHAIN_ADD_2(a, b, t, u, sums)                                                           \
    "ldr " t ", [sp, " sums "]\n\t"                                                                  \
    "ldr " u ", [sp, " sums " + 4]\n\t"                                                              \
    "add " a ", " a ", " t "\n\t"                                                                    \
    "add " b ", " b ", " u "\n\t"

#endif

#endif
