"""Flash stalls are exact: hand-written loops and loads with a known number of cache misses."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import mote
from mote.build import Build
from mote.cli.main import main
from mote.run.count import BlockCount, Caches
from mote.run.cycles import disassemble, estimate
from mote.run.elf import read_image, window
from mote.run.firmware import Firmware
from mote.run.machine import MACHINES
from mote.run.profile import Profile
from mote.run.qemu import run
from mote.target import Cache, Core, resolve
from mote.target.cores import CORES
from small_model import INPUT_SHAPE, small_graph, write_small_model
from toy_project import toy_firmware, words

M4 = CORES["cortex-m4"]
LAYERS = ["layer_00_subject", "layer_99_return"]
RETURN = '__attribute__((naked)) void layer_99_return(uint8_t *a) { __asm volatile("bx lr"); }\n'
TABLE = "const uint8_t table[1024] __attribute__((aligned(32), used)) = {1};\n"
TO_TABLE = ("movw r2, #:lower16:table", "movt r2, #:upper16:table")
ROUNDS = 20
FOUR_LINES = Cache(line_bytes=32, lines=4, ways=4)
LARGE = Cache(line_bytes=32, lines=1024, ways=1024)

both_machines = pytest.mark.parametrize("core", [M4, CORES["cortex-m33"]], ids=lambda c: c.name)


def subject(*lines: str) -> str:
    """A layer that shares no 32-byte line of flash with anything else."""
    text = "\\n\\t".join((".syntax unified", *lines, ".balign 32"))
    name = f'layer_00_subject(uint8_t *a) {{ __asm volatile("{text}"); }}\n'
    return f"__attribute__((naked, aligned(32))) void {name}{RETURN}"


def loop(lines: int) -> str:
    """ROUNDS rounds of a loop that fills ``lines`` lines, with one line before and one after it."""
    nops = ["nop"] * ((32 * lines - 6) // 2)
    start = (f"movs r1, #{ROUNDS}", "b.w 7f", ".balign 32")
    return subject(*start, "7: subs r1, #1", *nops, "bne.w 7b", "bx lr")


def counts(
    firmware: Firmware, instruction: Cache | None, data: Cache | None = None
) -> tuple[BlockCount, ...]:
    machine = MACHINES[firmware.core.machine]
    watched = window(read_image(firmware.elf), "toy", LAYERS)
    if instruction:
        flash = (machine.flash, machine.flash + machine.flash_bytes)
        watched = replace(watched, caches=Caches(flash, instruction, data))
    return run(firmware, [words(0)], window=watched).counts


def misses(
    code: str, core: Core, directory: Path, instruction: Cache, data: Cache | None = None
) -> tuple[int, int]:
    """Of the fetches, and of the loads, of the subject."""
    found = counts(toy_firmware(code, LAYERS, core, directory), instruction, data)
    own = [c for c in found if c.row == 1]
    return sum(c.fetch_misses for c in own), sum(c.load_misses for c in own)


@pytest.mark.parametrize("lines", [1, 3, 4])
@both_machines
def test_a_loop_that_fits_misses_each_of_its_lines_once(
    core: Core, lines: int, tmp_path: Path
) -> None:
    assert misses(loop(lines), core, tmp_path, FOUR_LINES) == (1 + lines + 1, 0)


@pytest.mark.parametrize("lines", [5, 7])
@both_machines
def test_a_loop_of_one_line_too_many_misses_them_all_in_every_round(
    core: Core, lines: int, tmp_path: Path
) -> None:
    assert misses(loop(lines), core, tmp_path, FOUR_LINES) == (1 + lines * ROUNDS + 1, 0)


def test_lines_compete_only_within_their_set(tmp_path: Path) -> None:
    """Of five consecutive lines, three share a set of two ways; the other two fit."""
    two_sets = replace(FOUR_LINES, ways=2)
    assert misses(loop(5), M4, tmp_path, two_sets) == (1 + 3 * ROUNDS + 2 + 1, 0)


def test_a_loop_longer_than_a_page_of_the_emulator_misses_the_same(tmp_path: Path) -> None:
    assert misses(loop(200), M4, tmp_path, LARGE) == (1 + 200 + 1, 0)


@pytest.mark.parametrize(
    ("load", "steps"), [("ldr r3, [r2], #4", 256), ("ldrb r3, [r2], #1", 1024)]
)
def test_loads_that_stream_through_flash_miss_once_in_a_line(
    load: str, steps: int, tmp_path: Path
) -> None:
    lines = (*TO_TABLE, f"mov r1, #{steps}", f"1: {load}", "subs r1, #1", "bne 1b", "bx lr")
    code = TABLE + subject(*lines)
    assert misses(code, M4, tmp_path, LARGE, FOUR_LINES)[1] == 1024 // 32


@pytest.mark.parametrize(("lines", "expected"), [(4, 4), (5, 5 * ROUNDS)])
def test_a_table_is_loaded_once_when_it_fits_and_always_when_it_does_not(
    lines: int, expected: int, tmp_path: Path
) -> None:
    code = TABLE + subject(
        *(f"movs r1, #{ROUNDS}", "1:", *TO_TABLE, f"movs r0, #{lines}"),
        *("2: ldr r3, [r2], #32", "subs r0, #1", "bne 2b", "subs r1, #1", "bne 1b", "bx lr"),
    )
    assert misses(code, M4, tmp_path, LARGE, FOUR_LINES)[1] == expected


def test_the_line_used_longest_ago_makes_room(tmp_path: Path) -> None:
    """Lines 0, 1, 0, 2, 0: line 2 takes the place of line 1."""
    two_lines = Cache(line_bytes=32, lines=2, ways=2)
    loads = [f"ldr r3, [r2, #{32 * line}]" for line in (0, 1, 0, 2, 0)]
    code = TABLE + subject(*TO_TABLE, *loads, "bx lr")
    assert misses(code, M4, tmp_path, LARGE, two_lines)[1] == 3


def test_a_load_across_two_lines_needs_both(tmp_path: Path) -> None:
    code = TABLE + subject(*TO_TABLE, "ldr r3, [r2, #30]", "bx lr")
    assert misses(code, M4, tmp_path, LARGE, FOUR_LINES)[1] == 2


def test_ram_and_stores_do_not_count(tmp_path: Path) -> None:
    code = subject("ldr r3, [r0]", "str r3, [r0, #4]", "push {r4, lr}", "pop {r4, pc}")
    assert misses(code, M4, tmp_path, LARGE, FOUR_LINES) == (1, 0)


def test_a_literal_counts_as_data(tmp_path: Path) -> None:
    code = subject("ldr r1, 7f", "bx lr", ".balign 32", "7: .word 1")
    assert misses(code, M4, tmp_path, LARGE, FOUR_LINES) == (1, 1)


def test_without_a_data_cache_loads_use_the_instruction_cache(tmp_path: Path) -> None:
    """The literal stands in the line that was fetched; the table is in others."""
    code = TABLE + subject(
        *TO_TABLE, "ldr r1, 7f", "ldr r3, [r2]", "bx lr", ".balign 4", "7: .word 1"
    )
    assert misses(code, M4, tmp_path, LARGE) == (1, 1)
    assert misses(code, M4, tmp_path, LARGE, FOUR_LINES) == (1, 2)


def test_simulated_caches_change_no_other_count_and_stalls_add_to_the_cycles(
    tmp_path: Path,
) -> None:
    firmware = toy_firmware(loop(5), LAYERS, M4, tmp_path)
    plain, cached = counts(firmware, None), counts(firmware, FOUR_LINES, FOUR_LINES)
    assert plain == tuple(replace(c, fetch_misses=0, load_misses=0) for c in cached)
    assert cached == counts(firmware, FOUR_LINES, FOUR_LINES)
    code = disassemble(firmware.elf, M4)
    zero, five = estimate(plain, code, M4)[1], estimate(cached, code, M4, wait_states=5)[1]
    assert estimate(cached, code, M4)[1] == zero
    assert zero.flash_stall_cycles == 0
    assert five.flash_stall_cycles == 5 * (1 + 5 * ROUNDS + 1)
    assert five.cycles == zero.cycles + five.flash_stall_cycles


def profile(build: Build) -> Profile:
    x = np.arange(np.prod(INPUT_SHAPE), dtype=np.int8).reshape(INPUT_SHAPE)
    return build.profile(x)


def test_the_stalls_of_a_board_are_what_it_takes_longer_than_its_core() -> None:
    waiting = mote.compile(small_graph(), target="nucleo-l4r5zi")
    at_once = replace(waiting, target=resolve("cortex-m4"))  # the same program
    board, core = profile(waiting), profile(at_once)
    stalls = board.totals.flash_stall_cycles
    assert stalls is not None
    assert stalls > 0
    assert stalls % 5 == 0
    assert board.totals.cycles == core.totals.cycles + stalls
    assert board.totals.instructions == core.totals.instructions
    assert core.totals.flash_stall_cycles == 0
    parts = [layer.flash_stall_cycles or 0 for layer in board.layers]
    assert sum(parts) + board.run.flash_stall_cycles == stalls
    assert board == profile(mote.compile(small_graph(), target="nucleo-l4r5zi"))


def test_a_board_whose_flash_is_not_modelled_has_no_figure_and_zero_wait_cycles() -> None:
    board, core = (profile(mote.compile(small_graph(), t)) for t in ("samg55j19", "cortex-m4"))
    assert board.totals.flash_stall_cycles is None
    assert {layer.flash_stall_cycles for layer in board.layers} == {None}
    assert board.totals.cycles == core.totals.cycles


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("nucleo-l4r5zi", "±13 %, 5 flash wait states included"),
        ("cortex-m4", "±13 % with flash modelled; zero wait states here"),
        ("samg55j19", "±13 % with flash modelled; 8 flash wait states not modelled"),
        ("nrf52840-dk", "±13 % with flash modelled; flash wait states not modelled"),
        ("cortex-m33", "±7 % with flash modelled; zero wait states here"),
        ("cortex-m7", "unvalidated; zero wait states here"),
        ("nucleo-h743zi", "unvalidated; 4 flash wait states not modelled"),
        ("corstone-300", "unvalidated"),
    ],
)
def test_the_error_claims_no_more_than_was_validated(target: str, said: str) -> None:
    assert resolve(target).cycle_error == said


def test_profile_prints_the_stalls_where_there_are_some(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = str(write_small_model(tmp_path))
    for target, shown in (("nucleo-l4r5zi", True), ("cortex-m4", False), ("samg55j19", False)):
        assert main(["profile", model, "--target", target]) == 0
        assert ("flash stalls" in capsys.readouterr().out) == shown
