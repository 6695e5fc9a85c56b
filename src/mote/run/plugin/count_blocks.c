/* SPDX-License-Identifier: Apache-2.0
 *
 * QEMU TCG plugin: counts executions of every basic block during one call of a model, by layer.
 *
 * Arguments:
 *   out=FILE     result, one line for each block and row that executed:
 *                address end instructions row executed taken_in taken_out (addresses in hex)
 *   plan=FILE    what to watch, lines of "begin ADDR", "end ADDR", "run_end ADDR",
 *                "layer ADDR ROW", all numbers hexadecimal
 *
 * Counting starts when the block at `begin` executes and stops for good at `end`. Blocks inside
 * [begin, run_end) belong to row 0. A block that starts at a layer's address makes its row current.
 * taken_in counts entries that did not come from the bytes just before, taken_out the exits that did
 * not go on to the bytes just after.
 *
 * Plugin API 1 (QEMU up to 8.2.3) and 2 (newer ones accept it): prototypes are declared here, since
 * distributions ship QEMU without its header. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))
#define BUCKETS 16384u

struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef uint64_t plugin_id;
typedef void (*exec_callback)(unsigned cpu, void *data);
typedef void (*translate_callback)(plugin_id id, struct qemu_plugin_tb *tb);
typedef void (*exit_callback)(plugin_id id, void *data);

extern void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id, translate_callback callback);
extern void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb, exec_callback callback,
                                                 int flags, void *data);
extern void qemu_plugin_register_atexit_cb(plugin_id id, exit_callback callback, void *data);
extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
extern struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t i);
extern uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
extern uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
extern void *qemu_plugin_insn_haddr(const struct qemu_plugin_insn *insn);
extern int qemu_plugin_n_vcpus(void) __attribute__((weak)); /* API 1 has it, API 2 removed it */

EXPORT int qemu_plugin_version = 2;

__attribute__((constructor)) static void choose_version(void)
{
    if (qemu_plugin_n_vcpus) {
        qemu_plugin_version = 1;
    }
}

typedef struct {
    uint64_t executed, taken_in, taken_out;
} counter;

typedef struct block {
    struct block *next;
    uint32_t address, end, instructions;
    uint32_t row; /* of the layer or run function that the block is in; NO_ROW elsewhere */
    counter *counters; /* [rows] */
} block;

enum { NO_ROW = UINT32_MAX };
enum { WAITING, COUNTING, DONE };

typedef struct {
    uint32_t address, row;
} layer;

static block *blocks[BUCKETS];
static layer *layers;
static uint32_t layer_count, rows = 1;
static uint32_t begin = UINT32_MAX, end = UINT32_MAX, run_end;
static const char *out = "blocks.txt";

static int state = WAITING;
static uint32_t row, previous_end;
static counter outside, *previous = &outside;

static void count_execution(unsigned cpu, void *data)
{
    const block *b = data;
    (void)cpu;
    if (state != COUNTING) {
        if (state == DONE || b->address != begin) {
            return;
        }
        state = COUNTING;
    }
    if (b->address == end) {
        previous->taken_out++;
        state = DONE;
        return;
    }
    if (b->row != NO_ROW) {
        row = b->row;
    }
    counter *c = &b->counters[row];
    c->executed++;
    if (b->address != previous_end) {
        previous->taken_out++;
        c->taken_in++;
    }
    previous = c;
    previous_end = b->end;
}

static uint32_t row_at(uint32_t address)
{
    if (address >= begin && address < run_end) {
        return 0;
    }
    for (uint32_t i = 0; i < layer_count; i++) {
        if (layers[i].address == address) {
            return layers[i].row;
        }
    }
    return NO_ROW;
}

/* From the instruction's own bytes: QEMU 7.2 reports too large a size at the end of a page. */
static uint32_t thumb_length(const struct qemu_plugin_insn *insn)
{
    const uint8_t *bytes = qemu_plugin_insn_haddr(insn);
    return bytes[1] >> 3 >= 0x1D ? 4 : 2;
}

static void watch_block(plugin_id id, struct qemu_plugin_tb *tb)
{
    const uint32_t address = (uint32_t)qemu_plugin_tb_vaddr(tb);
    const size_t count = qemu_plugin_tb_n_insns(tb);
    const struct qemu_plugin_insn *last = qemu_plugin_tb_get_insn(tb, count - 1);
    const uint32_t block_end = (uint32_t)qemu_plugin_insn_vaddr(last) + thumb_length(last);
    block **bucket = &blocks[(address >> 1) % BUCKETS], *b = *bucket;
    (void)id;
    while (b && (b->address != address || b->end != block_end)) {
        b = b->next;
    }
    if (!b) {
        b = calloc(1, sizeof *b);
        counter *counters = calloc(rows, sizeof *counters);
        if (!b || !counters) {
            abort();
        }
        *b = (block){*bucket, address, block_end, (uint32_t)count, row_at(address), counters};
        *bucket = b;
    }
    qemu_plugin_register_vcpu_tb_exec_cb(tb, count_execution, 0 /* reads no registers */, b);
}

static void write_counts(plugin_id id, void *data)
{
    FILE *file = fopen(out, "w");
    (void)id;
    (void)data;
    if (!file) {
        return;
    }
    for (uint32_t i = 0; i < BUCKETS; i++) {
        for (const block *b = blocks[i]; b; b = b->next) {
            for (uint32_t r = 0; r < rows; r++) {
                const counter *c = &b->counters[r];
                if (c->executed) {
                    fprintf(file, "%x %x %u %u %llu %llu %llu\n", b->address, b->end,
                            b->instructions, r, (unsigned long long)c->executed,
                            (unsigned long long)c->taken_in, (unsigned long long)c->taken_out);
                }
            }
        }
    }
    fprintf(file, "%s\n", state == DONE ? "done" : "incomplete");
    fclose(file);
}

static int read_plan(const char *name)
{
    FILE *file = fopen(name, "r");
    char word[16];
    uint32_t value, number;
    if (!file) {
        return -1;
    }
    while (fscanf(file, "%15s %x", word, &value) == 2) {
        if (!strcmp(word, "begin")) {
            begin = value;
        } else if (!strcmp(word, "end")) {
            end = value;
        } else if (!strcmp(word, "run_end")) {
            run_end = value;
        } else if (!strcmp(word, "layer") && fscanf(file, "%x", &number) == 1) {
            layer *grown = realloc(layers, (layer_count + 1) * sizeof *layers);
            if (!grown) {
                fclose(file);
                return -1;
            }
            layers = grown;
            layers[layer_count++] = (layer){value, number};
            if (number >= rows) {
                rows = number + 1;
            }
        } else {
            fclose(file);
            return -1;
        }
    }
    fclose(file);
    return 0;
}

EXPORT int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv)
{
    (void)info;
    for (int i = 0; i < argc; i++) {
        if (!strncmp(argv[i], "out=", 4)) {
            out = strdup(argv[i] + 4);
        } else if (strncmp(argv[i], "plan=", 5) || read_plan(argv[i] + 5)) {
            fprintf(stderr, "count_blocks: bad argument %s\n", argv[i]);
            return -1;
        }
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, watch_block);
    qemu_plugin_register_atexit_cb(id, write_counts, NULL);
    return 0;
}
