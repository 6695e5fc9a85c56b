/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs kernel calls that a page of words describes, as kernel_jobs.py writes it; a table of all kernels, mote_calls,
 * stands before this text.
 *
 * Page: number of jobs, then the jobs, each: kernel, numbers of buffers, pointers, calls, arguments of a call, rounds.
 * Buffer: kind + 8 * bytes from a word's start to its own, size; then its bytes, filled up to words, if constant.
 * Pointer, which stands in a constant: buffer, offset there, buffer that it leads to, offset there.
 * Argument of a call: buffer, or NONE; offset there, or the number itself.
 * Round: the bytes of each input, which may be an output at the same time.
 * Results, of each round: 0, or a number that tells which buffer was written beside, then the bytes of each output.
 *
 * On the host every buffer is allocated apart, of exactly its size, for the sanitizer to guard; elsewhere bytes that
 * may not change stand between them. */
#include <stdint.h>
#include <string.h>

#define NONE 0xFFFFFFFFu
#define MOST_BUFFERS 1024u
#define GUARD_BYTES 32u
#define GUARD 0xA5
#define BLANK 0x55

enum { CONSTANT = 0, INPUT = 1, OUTPUT = 2, OTHER = 3, BOTH = 4 };

typedef struct {
    uint8_t *at;
    uint32_t kind, bytes;
} buffer;

static buffer buffers[MOST_BUFFERS];

static uint32_t words_of(uint32_t bytes) { return (bytes + 3u) / 4u; }

#if MOTE_ON_HOST
#include <stdlib.h>
static uint8_t *allocate(uint8_t **heap, uint32_t head, uint32_t bytes)
{
    (void)heap;
    return (uint8_t *)malloc(head + bytes + (bytes == 0)) + head;
}
static void release(uint8_t *at, uint32_t head) { free(at - head); }
static uint32_t is_damaged(const buffer *b)
{
    (void)b;
    return 0;
}
#else
static uint8_t *allocate(uint8_t **heap, uint32_t head, uint32_t bytes)
{
    uint8_t *const at = *heap + GUARD_BYTES + head;
    memset(*heap, GUARD, GUARD_BYTES + head);
    *heap = (uint8_t *)(((uintptr_t)at + bytes + GUARD_BYTES + 7u) & ~(uintptr_t)7u);
    memset(at + bytes, GUARD, GUARD_BYTES);
    return at;
}
static void release(uint8_t *at, uint32_t head)
{
    (void)at;
    (void)head;
}
static uint32_t is_damaged(const buffer *b)
{
    for (uint32_t i = 0; i < GUARD_BYTES; i++) {
        if (b->at[-1 - (int32_t)i] != GUARD || b->at[b->bytes + i] != GUARD) {
            return 1;
        }
    }
    return 0;
}
#endif

static void run_calls(uint32_t kernel, const uint32_t *call, uint32_t calls, uint32_t arguments)
{
    for (; calls != 0; calls--) {
        mote_argument given[8] = {{0, 0}};
        for (uint32_t i = 0; i < arguments; i++, call += 2) {
            given[i].pointer = call[0] == NONE ? 0 : buffers[call[0]].at + call[1];
            given[i].value = call[1];
        }
        mote_calls[kernel](given);
    }
}

static const uint32_t *run_job(const uint32_t *word, uint32_t **results, uint8_t *heap)
{
    const uint32_t kernel = word[0], count = word[1], pointers = word[2], calls = word[3], arguments = word[4];
    const uint32_t *calling;
    uint32_t heads[MOST_BUFFERS / 16u] = {0};
    uint32_t rounds = word[5];

    word += 6;
    for (uint32_t i = 0; i < count; i++) {
        buffer *const b = &buffers[i];
        const uint32_t head = word[0] >> 3;
        b->kind = word[0] & 7u;
        b->bytes = word[1];
        b->at = allocate(&heap, head, b->bytes);
        heads[i / 16u] |= head << (i % 16u * 2u);
        word += 2;
        if (b->kind == CONSTANT) {
            memcpy(b->at, word, b->bytes);
            word += words_of(b->bytes);
        }
    }
    for (uint32_t i = 0; i < pointers; i++, word += 4) {
        void *const to = buffers[word[2]].at + word[3];
        memcpy(buffers[word[0]].at + word[1], &to, sizeof to);
    }
    calling = word;
    word += 2u * calls * arguments;
    for (; rounds != 0; rounds--) {
        uint32_t *const status = (*results)++;
        *status = 0;
        for (uint32_t i = 0; i < count; i++) {
            buffer *const b = &buffers[i];
            if (b->kind == INPUT || b->kind == BOTH) {
                memcpy(b->at, word, b->bytes);
                word += words_of(b->bytes);
            } else if (b->kind != CONSTANT) {
                memset(b->at, BLANK, b->bytes);
            }
        }
        run_calls(kernel, calling, calls, arguments);
        for (uint32_t i = 0; i < count; i++) {
            if (is_damaged(&buffers[i])) {
                *status = i + 1u;
            }
            if (buffers[i].kind == OUTPUT || buffers[i].kind == BOTH) {
                memcpy(*results, buffers[i].at, buffers[i].bytes);
                *results += words_of(buffers[i].bytes);
            }
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        release(buffers[i].at, heads[i / 16u] >> (i % 16u * 2u) & 3u);
    }
    return word;
}

static void run_page(const uint32_t *word, uint32_t *results, uint8_t *heap)
{
    for (uint32_t jobs = *word++; jobs != 0; jobs--) {
        word = run_job(word, &results, heap);
    }
}

#if MOTE_ON_HOST
#include <stdio.h>
int main(void)
{
    static uint32_t page[PAGE_BYTES / 4u], results[RESULT_BYTES / 4u];

    while (fread(page, 1, sizeof page, stdin) == sizeof page) {
        run_page(page, results, 0);
        fwrite(results, 1, sizeof results, stdout);
        fflush(stdout);
    }
    return 0;
}
#else
void jobs_run(void *arena)
{
    uint8_t *const bytes = arena;
    run_page(arena, (uint32_t *)(void *)(bytes + PAGE_BYTES), bytes + PAGE_BYTES + RESULT_BYTES);
}
#endif
