"""The bound of the stack from machine code: it holds, it is tight, and what has none is refused."""

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

import mote
from mote.errors import FitError, ToolError
from mote.ir import DType, Graph, Node, Quantization, Tensor
from mote.ir.ops import Conv2D, Padding
from mote.lower import winograd
from mote.lower.winograd_scheme import ROW
from mote.run.cycles import disassemble
from mote.run.cycles.instruction import Instruction
from mote.run.elf import Image, read_image, source_name
from mote.run.firmware import CFLAGS, FREESTANDING, build
from mote.run.qemu import run
from mote.run.stack import StackBound, frame_bytes, model_stack, stack_bound
from mote.run.toolchain import call
from mote.target import Core
from mote.target.cores import CORES
from mote.target.tools import RISC_V
from small_model import small_graph
from toy_project import every_core, toy_firmware, words

M4 = CORES["cortex-m4"]
LAYER = "layer_00_toy"
HEAD = f"__attribute__((noinline)) void {LAYER}(uint8_t *arena)"


def parts(elf: Path, core: Core) -> tuple[Image, Mapping[int, Instruction]]:
    return read_image(elf), disassemble(elf, core)


def bound_and_painted(code: str, core: Core, directory: Path) -> tuple[StackBound, int]:
    firmware = toy_firmware(code, [LAYER, "layer_01_end"], core, directory)
    image, instructions = parts(firmware.elf, core)
    bound = stack_bound(image, instructions, "toy_run", through_pointers={LAYER: [LAYER]})
    return bound, run(firmware, [words()]).stack_bytes


END = """
__attribute__((naked)) void layer_01_end(uint8_t *arena)
{
#if defined(__riscv)
    __asm("ret");
#else
    __asm("bx lr");
#endif
}
"""


@every_core
@pytest.mark.parametrize("frame", [64, 500, 3000, 12_000])
def test_frames_of_every_size_are_found_to_the_word(frame: int, core: Core, tmp_path: Path) -> None:
    code = f"""
__attribute__((noinline)) static void fill(volatile uint8_t *end, uint32_t n)
{{
    while (n) end[--n] = 1;
}}
{HEAD}
{{
    volatile uint8_t frame[{frame}];
    fill(frame, sizeof frame);
    arena[32] = frame[arena[0]];
}}{END}"""
    bound, painted = bound_and_painted(code, core, tmp_path)
    alignment = 16 if core.tools is RISC_V else 8  # what a frame is rounded up by is not written
    assert frame < painted <= bound.bytes <= painted + alignment
    assert bound.path[:2] == ("toy_run", LAYER)


@every_core
def test_assembly_jumps_library_routines_and_tables_count(core: Core, tmp_path: Path) -> None:
    code = f"""
__attribute__((naked, noinline)) static int deep(int x)
{{
#if defined(__riscv)
    __asm volatile("addi sp, sp, -8\\n\\tsw ra, 0(sp)\\n\\taddi sp, sp, -16\\n\\t"
                   "addi sp, sp, -24\\n\\t"
                   "sw a0, 0(sp)\\n\\taddi sp, sp, 24\\n\\taddi sp, sp, 16\\n\\t"
                   "lw ra, 0(sp)\\n\\taddi sp, sp, 8\\n\\tret");
#else
    __asm volatile("push {{r4, lr}}\\n\\tpush {{r0, r1, r2, r3}}\\n\\tsub sp, #24\\n\\t"
                   "str r0, [sp]\\n\\tadd sp, #24\\n\\tpop {{r0, r1, r2, r3}}\\n\\tpop {{r4, pc}}");
#endif
}}
__attribute__((noinline)) static int tail(volatile int *x) {{ return deep(*x + 1); }}
{HEAD}
{{
    volatile int x = arena[0];
    switch (x) {{
    case 0: x = tail((volatile int *)&x); break;
    case 1: x = x * 7 / 3; break;
    case 2: arena[33] = 5; break;
    case 3: x ^= 9; break;
    case 4: x = (int)((float)x * 0.3f); break;
    case 5: x -= 80; arena[34] = 3; break;
    case 6: x += arena[12]; break;
    }}
    arena[32] = (uint8_t)x;
}}{END}"""
    bound, painted = bound_and_painted(code, core, tmp_path)
    assert 8 + 16 + 24 < painted <= bound.bytes
    if core.name != "cortex-m0plus":  # there a routine for floats goes deeper
        assert bound.bytes <= painted + 8
        assert "deep" in bound.path or "tail" in bound.path  # the compiler may merge them


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("if (arena[0]--) layer_00_toy(arena); arena[1]++;", "layer_00_toy calls itself"),
        ("helper(arena);", " calls through a pointer"),
        ("volatile uint8_t x[arena[0]]; x[0] = 1; helper(x + x[0]);", "nothing says how deep"),
        ('__asm volatile("1: push {r0}\\n\\tb 1b");', "is 65540 B deep"),
    ],
)
def test_stack_without_a_bound_is_refused(body: str, complaint: str, tmp_path: Path) -> None:
    code = f"""
extern void (*volatile hook)(volatile uint8_t *);
void (*volatile hook)(volatile uint8_t *) = 0;
__attribute__((noinline)) static void helper(volatile uint8_t *x) {{ if (hook) hook(x); x[0]++; }}
void *keep(void) {{ return (void *)helper; }}
{HEAD} {{ {body} }}{END}"""
    firmware = toy_firmware(code, [LAYER, "layer_01_end"], M4, tmp_path)
    with pytest.raises(ToolError, match=complaint):
        stack_bound(*parts(firmware.elf, M4), "toy_run", through_pointers={"toy_run": [LAYER]})


@every_core
def test_frames_are_those_that_the_compiler_states(core: Core, tmp_path: Path) -> None:
    built = mote.compile(small_graph(), core.name, optimize="ram")
    image, code = parts(build(built.files, built.interface, core, tmp_path).elf, core)
    names = {source_name(s.name): s.name for s in image.symbols if s.is_function}
    equal = 0
    for source in sorted(p for p in built.files if p.endswith(".c") and p != "main.c"):
        flags = [*core.gcc_flags, *CFLAGS, "-Iproject", "-Iproject/kernels", "-fstack-usage"]
        flags += () if core.tools.has_libc else FREESTANDING
        arguments = [*flags, "-c", f"project/{source}", "-o", "stated.o"]
        call(core.tools.compiler, arguments, directory=tmp_path)
        for line in (tmp_path / "stated.su").read_text().splitlines():
            place, size, kind = line.split("\t")
            name = place.rpartition(":")[2]
            if name not in names or is_assembly(built.files, name):
                continue
            assert kind == "static"
            found = frame_bytes(image, code, names[name])
            assert int(size) <= found, name  # more where it ends in a jump to another function
            equal += int(size) == found
    # Of the five functions on MVE, two end in a jump to a kernel; elsewhere there are more.
    assert equal >= (3 if core.mve else 4)


def is_assembly(files: Mapping[str, str], name: str) -> bool:
    """The compiler does not look into it."""
    return any(re.search(rf"naked[^;{{]*\b{name}\(", text) for text in files.values())


def convolution(size: int, window: int) -> Graph:
    """Of 16 channels to 16."""
    rng = np.random.default_rng(1)
    weights = rng.integers(-20, 21, (16, window, window, 16), np.int8)
    q = Quantization((0.01,) * 16, (0,) * 16, 0)
    x = Tensor("x", (1, size, size, 16), DType.INT8, Quantization((0.5,), (3,)))
    w = Tensor("w", weights.shape, DType.INT8, q, weights)
    b = Tensor("b", (16,), DType.INT32, None, np.zeros(16, np.int32))
    op = Conv2D(padding=Padding(*(window // 2,) * 4))
    y = Tensor("y", (1, size, size, 16), DType.INT8, Quantization((1.0,), (0,)))
    node = Node("conv", op, ("x", "w", "b"), "y")
    return Graph("conv", {t.name: t for t in (x, w, b, y)}, (node,), ("x",), ("y",))


@pytest.mark.parametrize(
    ("target", "function", "idle", "busy"),
    [
        ("cortex-m4", "mote_winograd_store_columns", (8, 3), (9, 3)),
        ("cortex-m0plus", "mote_put_last_pixel", (9, 3), (9, 1)),
    ],
)
def test_the_bound_leaves_out_what_a_shape_never_calls(
    target: str,
    function: str,
    idle: tuple[int, int],
    busy: tuple[int, int],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    # Only along rows, one tile at a time, is there a function for tiles that stick out.
    monkeypatch.setattr(winograd, "SCHEMES", (ROW,))
    monkeypatch.setattr(winograd, "scheme_cycles", lambda *_: lambda _: 0.0)
    core = CORES[target]
    for place, shape in (("idle", idle), ("busy", busy)):
        made = mote.compile(convolution(*shape), target, optimize="time")
        firmware = build(made.files, made.interface, core, tmp_path / place)
        image, code = parts(firmware.elf, core)
        assert any(source_name(s.name) == function for s in image.symbols), shape
        bound = model_stack(image, code, made.program)
        sample = [np.zeros(made.graph.tensors["x"].shape, np.int8)]
        assert run(firmware, [sample]).stack_bytes == bound.bytes, (place, bound.path)
        assert (function in bound.path) == (place == "busy")


@pytest.mark.parametrize("fed", [False, True])
def test_a_limit_of_ram_holds_with_the_stack_that_any_input_may_need(fed: bool) -> None:
    graph = small_graph()
    totals = mote.compile(graph, "cortex-m4", optimize="ram", feed_rows=fed).profile().totals
    needed = totals.arena_bytes + totals.scratch_bytes + totals.stack_bound_bytes
    fitting = mote.compile(graph, "cortex-m4", ram=needed, feed_rows=fed)
    found = fitting.profile().totals
    assert found.arena_bytes + found.scratch_bytes + found.stack_bound_bytes <= needed
    with pytest.raises(FitError, match="of them stack"):
        mote.compile(graph, "cortex-m4", ram=needed - totals.stack_bound_bytes, feed_rows=fed)
