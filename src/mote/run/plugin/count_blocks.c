/* SPDX-License-Identifier: Apache-2.0
 *
 * QEMU TCG plugin: counts executions of every basic block during one call of a model, by layer.
 *
 * Arguments:
 *   out=FILE     result, one line for each block and row that executed:
 *                address end instructions row executed taken_in taken_out fetch_misses
 *                load_misses (addresses in hex)
 *   plan=FILE    what to watch, lines of "begin ADDR", "end ADDR", "run_end ADDR",
 *                "riscv 0|1", "between START END", "layer ADDR ROW", "flash START END", "fetch_cache LINE_BYTES LINES WAYS",
 *                "load_cache LINE_BYTES LINES WAYS", all numbers hexadecimal
 *
 * Counting starts when the block at `begin` executes and stops for good at `end`. Blocks inside
 * [begin, run_end), or of a range "between", belong to row 0. A block that starts at a layer's address makes its row current.
 * taken_in counts entries that did not come from the bytes just before, taken_out the exits that did
 * not go on to the bytes just after.
 *
 * With a fetch_cache, misses of instruction fetches and of loads inside [START, END) are counted:
 * caches start empty, and replace the line of a set that was used longest ago. Without a load_cache
 * loads go through the fetch_cache.
 *
 * Plugin API 1 (QEMU up to 8.2.3) and 2 (newer ones accept it): prototypes are declared here, since
 * distributions ship QEMU without its header. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))
#define BUCKETS 16384u
#define MAX_BETWEEN 8u

struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef uint64_t plugin_id;
typedef void (*exec_callback)(unsigned cpu, void *data);
typedef void (*memory_callback)(unsigned cpu, uint32_t info, uint64_t address, void *data);
typedef void (*translate_callback)(plugin_id id, struct qemu_plugin_tb *tb);
typedef void (*exit_callback)(plugin_id id, void *data);

extern void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id, translate_callback callback);
extern void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb, exec_callback callback,
                                                 int flags, void *data);
extern void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn,
                                             memory_callback callback, int flags, int access,
                                             void *data);
extern unsigned qemu_plugin_mem_size_shift(uint32_t info);
extern _Bool qemu_plugin_mem_is_store(uint32_t info);
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
    uint64_t executed, taken_in, taken_out, fetch_misses, load_misses;
} counter;

typedef struct block {
    struct block *next;
    uint32_t address, end, instructions;
    uint32_t row; /* of the layer or run function that the block is in; NO_ROW elsewhere */
    counter *counters; /* [rows] */
} block;

typedef struct {
    uint32_t line_bytes, lines, ways; /* line_bytes is 0 when there is none */
    uint32_t *held;                   /* [lines]: number of the held line of flash, plus 1 */
    uint64_t *used;                   /* [lines]: when it was used last */
    uint32_t *place;                  /* [lines of flash]: where it is held, plus 1 */
} cache;

enum { NO_ROW = UINT32_MAX };
enum { LOADS_AND_STORES = 3 }; /* QEMU 7.2, asked for loads only, reports the stores only */
enum { WAITING, COUNTING, DONE };

typedef struct {
    uint32_t address, row;
} layer;

static block *blocks[BUCKETS];
static layer *layers;
static struct {
    uint32_t start, end;
} between[MAX_BETWEEN];
static uint32_t between_count;
static uint32_t layer_count, rows = 1;
static uint32_t begin = UINT32_MAX, end = UINT32_MAX, run_end;
static uint32_t riscv;
static const char *out = "blocks.txt";

static int state = WAITING;
static uint32_t row, previous_end;
static counter outside, *previous = &outside;

static uint32_t flash_start, flash_end;
static cache fetch_cache, load_cache;
static uint64_t now;

static void use(cache *c, uint32_t address, uint32_t end, uint64_t *misses)
{
    if (address < flash_start || end > flash_end) {
        return;
    }
    const uint32_t last = (end - flash_start - 1) / c->line_bytes;
    for (uint32_t line = (address - flash_start) / c->line_bytes; line <= last; line++) {
        uint32_t at = c->place[line];
        now++;
        if (at) {
            c->used[at - 1] = now;
            continue;
        }
        const uint32_t set = line % (c->lines / c->ways) * c->ways;
        at = set;
        for (uint32_t i = set; i < set + c->ways; i++) {
            if (c->used[i] < c->used[at]) {
                at = i;
            }
        }
        if (c->held[at]) {
            c->place[c->held[at] - 1] = 0;
        }
        c->held[at] = line + 1;
        c->used[at] = now;
        c->place[line] = at + 1;
        ++*misses;
    }
}

static void count_access(unsigned cpu, uint32_t info, uint64_t address, void *data)
{
    (void)cpu;
    (void)data;
    if (state == COUNTING && !qemu_plugin_mem_is_store(info)) {
        const uint32_t start = (uint32_t)address;
        use(load_cache.line_bytes ? &load_cache : &fetch_cache, start,
            start + (1u << qemu_plugin_mem_size_shift(info)), &previous->load_misses);
    }
}

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
    if (fetch_cache.line_bytes) {
        use(&fetch_cache, b->address, b->end, &c->fetch_misses);
    }
}

static uint32_t row_at(uint32_t address)
{
    if (address >= begin && address < run_end) {
        return 0;
    }
    for (uint32_t i = 0; i < between_count; i++) {
        if (address >= between[i].start && address < between[i].end) {
            return 0;
        }
    }
    for (uint32_t i = 0; i < layer_count; i++) {
        if (layers[i].address == address) {
            return layers[i].row;
        }
    }
    return NO_ROW;
}

/* From the instruction's own bytes: QEMU 7.2 reports too large a size at the end of a page. */
static uint32_t length(const struct qemu_plugin_insn *insn)
{
    const uint8_t *bytes = qemu_plugin_insn_haddr(insn);
    if (riscv) {
        return (bytes[0] & 3) == 3 ? 4 : 2;
    }
    return bytes[1] >> 3 >= 0x1D ? 4 : 2;
}

static void watch_block(plugin_id id, struct qemu_plugin_tb *tb)
{
    const uint32_t address = (uint32_t)qemu_plugin_tb_vaddr(tb);
    const size_t count = qemu_plugin_tb_n_insns(tb);
    const struct qemu_plugin_insn *last = qemu_plugin_tb_get_insn(tb, count - 1);
    const uint32_t block_end = (uint32_t)qemu_plugin_insn_vaddr(last) + length(last);
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
    for (size_t i = 0; fetch_cache.line_bytes && i < count; i++) {
        qemu_plugin_register_vcpu_mem_cb(qemu_plugin_tb_get_insn(tb, i), count_access, 0,
                                         LOADS_AND_STORES, NULL);
    }
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
                    fprintf(file, "%x %x %u %u %llu %llu %llu %llu %llu\n", b->address, b->end,
                            b->instructions, r, (unsigned long long)c->executed,
                            (unsigned long long)c->taken_in, (unsigned long long)c->taken_out,
                            (unsigned long long)c->fetch_misses,
                            (unsigned long long)c->load_misses);
                }
            }
        }
    }
    fprintf(file, "%s\n", state == DONE ? "done" : "incomplete");
    fclose(file);
}

/* The flash range is known. */
static int build_cache(cache *c)
{
    if (!c->line_bytes) {
        return 0;
    }
    if (!c->ways || !c->lines || c->lines % c->ways || flash_end <= flash_start) {
        return -1;
    }
    c->held = calloc(c->lines, sizeof *c->held);
    c->used = calloc(c->lines, sizeof *c->used);
    c->place = calloc((flash_end - flash_start) / c->line_bytes + 1, sizeof *c->place);
    return c->held && c->used && c->place ? 0 : -1;
}

static int read_cache(FILE *file, uint32_t line_bytes, cache *c)
{
    c->line_bytes = line_bytes;
    return fscanf(file, "%x %x", &c->lines, &c->ways) == 2;
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
        } else if (!strcmp(word, "riscv")) {
            riscv = value;
        } else if (!strcmp(word, "between") && between_count < MAX_BETWEEN &&
                   fscanf(file, "%x", &number) == 1) {
            between[between_count].start = value;
            between[between_count++].end = number;
        } else if (!strcmp(word, "flash") && fscanf(file, "%x", &number) == 1) {
            flash_start = value;
            flash_end = number;
        } else if (!strcmp(word, "fetch_cache") && read_cache(file, value, &fetch_cache)) {
            continue;
        } else if (!strcmp(word, "load_cache") && read_cache(file, value, &load_cache)) {
            continue;
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
    return build_cache(&fetch_cache) || build_cache(&load_cache);
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
