"""Channels are joined and divided without copies: right bytes, and nobody writes another's."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

import mote
from joined_graphs import build_joined, conv, cut, joined, joined_graph
from mote import reference
from mote.build import Build
from mote.codegen import generate
from mote.errors import ToolError
from mote.ir import Graph, Tensor, verify
from mote.ir.ops import Concat, Reshape, Resize, Slice
from mote.lower import winograd
from mote.lower.join_channels import join_channels
from mote.lower.kernels_strided import STRIDED
from mote.lower.lower import lower
from mote.lower.step import Program
from mote.lower.winograd_scheme import SCHEMES
from mote.plan import MODES
from mote.plan.forms import program_flash_bytes
from mote.run import sanitize
from mote.run.firmware import build as build_firmware
from mote.run.interface import interface
from mote.run.qemu import run
from mote.target import resolve
from mote.target.cores import CORES
from random_graph_maker import Maker
from random_graphs import random_inputs
from random_layers import side_by_side
from row_builds import plan_by_rows, some_rows
from test_end_to_end_host import check_sanitized, differing, load_together

GRAPHS = 12


def a_maker(channels: int = 4) -> tuple[Maker, Tensor]:
    maker = Maker(np.random.default_rng(0))
    x = maker.tensor((1, 4, 4, channels), maker.quantization())
    maker.inputs.append(x.name)
    return maker, x


def graph_of(maker: Maker, *outputs: Tensor) -> Graph:
    tensors = {t.name: t for t in maker.tensors}
    names = tuple(t.name for t in outputs)
    graph = Graph("made", tensors, tuple(maker.nodes), tuple(maker.inputs), names)
    verify(graph)
    return graph


def joined_program(graph: Graph, core: str = "cortex-m4") -> Program:
    return join_channels(lower(graph, CORES[core]))


def copies(program: Program) -> int:
    return sum(isinstance(step.node.op, Concat | Slice) for step in program.steps)


def fire() -> tuple[Maker, list[Tensor], Tensor]:
    """Two layers that read one tensor; what they make is joined and read by a third."""
    maker, x = a_maker()
    squeezed = conv(maker, x, 3, x.q)
    parts = [conv(maker, squeezed, 5, x.q), conv(maker, squeezed, 6, x.q)]
    y = joined(maker, parts)
    return maker, parts, conv(maker, y, 2, x.q)


def test_layers_write_their_channels_where_they_are_joined() -> None:
    maker, (a, b), y = fire()
    program = joined_program(graph_of(maker, y))
    assert copies(program) == 0
    whole = program.buffer(a.name)
    assert (program.place(a.name), program.place(b.name)) == ((whole, 0), (whole, 5))
    assert program.pixel_bytes(a.name) == program.pixel_bytes(b.name) == 11
    assert program.row_bytes(a.name) == 4 * 11
    strided = [s.node.output for s in program.steps if s.kernel.takes_strides]
    assert strided == [a.name, b.name]


def test_layers_read_their_channels_where_they_were_made() -> None:
    maker, x = a_maker(6)
    y = conv(maker, x, 7, x.q)
    parts = cut(maker, y, 3)
    made = [conv(maker, part, 3, x.q) for part in parts]
    program = joined_program(graph_of(maker, *made))
    assert copies(program) == 0
    assert [program.buffer(part.name) for part in parts] == [y.name] * len(parts)


def test_blocks_that_join_all_they_have_so_far_use_one_tensor() -> None:
    maker, x = a_maker()
    parts = [conv(maker, x, 3, x.q)]
    for _ in range(3):
        parts.append(conv(maker, joined(maker, parts) if len(parts) > 1 else parts[0], 2, x.q))
    last = joined(maker, parts)
    program = joined_program(graph_of(maker, conv(maker, last, 1, x.q)))
    assert copies(program) == 0
    assert {program.buffer(part.name) for part in parts} == {last.name}
    assert [program.place(part.name)[1] for part in parts] == [0, 3, 5, 7]


@pytest.mark.parametrize("why", ["output", "input", "twice", "reshape", "resize", "constant"])
def test_the_copy_stays_where_a_layer_cannot_do_without(why: str) -> None:
    maker, x = a_maker()
    a, b = conv(maker, x, 3, x.q), conv(maker, x, 3, x.q)
    outputs, operands = [], [a, b]
    match why:
        case "output":
            outputs = [a]
        case "input":
            operands = [x, b]
        case "twice":
            operands = [a, a]
        case "reshape":
            op = Reshape(to=(1, 2, 8, 3))
            outputs = [maker.add(op, [a], a.q)]
        case "resize":
            outputs = [maker.add(Resize((8, 8)), [a], a.q)]
        case _:
            operands = [a, maker.constant(np.zeros((1, 4, 4, 2), np.int8), a.q)]
    y = conv(maker, joined(maker, operands), 2, x.q)
    assert copies(joined_program(graph_of(maker, *outputs, y))) == 1


def test_one_pixel_needs_no_kernel_that_knows_of_strides() -> None:
    maker = Maker(np.random.default_rng(0))
    x = maker.tensor((1, 8), maker.quantization())
    maker.inputs.append(x.name)
    made = [maker.dense(x, n) for n in (3, 5)]
    made = [replace(t, quantization=x.q) for t in made]
    for t in made:
        maker.tensors[next(i for i, o in enumerate(maker.tensors) if o.name == t.name)] = t
    y = maker.add(Concat(1), made, x.q)
    program = joined_program(graph_of(maker, maker.dense(y, 2)))
    assert copies(program) == 0
    assert not any(step.kernel.takes_strides for step in program.steps)


def compare(builds: list[Build]) -> Counter[str]:
    for build, model in load_together(builds):
        sample = random_inputs(build.graph, int(build.graph.name.split("_")[1]))
        bad = differing(build.graph, model.trace(sample), sample)
        assert not bad, f"{build.graph.name}: {bad} differ"
    return Counter(step.kernel.name for build in builds for step in build.program.steps)


def named(seed: int, core: str) -> Graph:
    return replace(joined_graph(seed), name=f"joined_{seed}_{core.replace('-', '')}")


def test_random_graphs_give_the_bytes_of_the_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(winograd, "scheme_cycles", lambda *_: lambda _: 0.0)  # wherever proven
    builds: list[Build] = []
    for seed in range(GRAPHS):
        monkeypatch.setattr(winograd, "SCHEMES", (SCHEMES[seed // 3 % 4],))
        cores = ("cortex-m3", "cortex-m0plus", "cortex-m4")
        builds += [build_joined(named(seed, core), core, MODES[seed % 3]) for core in cores]
    wide = [joined_graph(seed, widest=24) for seed in range(400, 417)]  # rows as kernels like them
    builds += [build_joined(graph, "cortex-m4", "time") for graph in wide]
    used = compare(builds)
    assert sum(name.endswith("_strided") for name in used) > len(STRIDED) / 2
    assert "mote_conv_2d_s8_swar_strided" in used
    assert any("winograd" in name and name.endswith("_strided") for name in used)
    before = sum(copies(lower(build.graph, build.target.core)) for build in builds)
    assert sum(copies(build.program) for build in builds) < before / 2


def test_random_graphs_in_calls_of_some_rows() -> None:
    builds = []
    for seed in range(100, 100 + GRAPHS):
        target = resolve("cortex-m4")
        graph = named(seed, "rows")
        program = joined_program(graph)
        plan = plan_by_rows(program, some_rows)
        builds.append(Build(graph, program, plan, target, generate(program, plan, target)))
    compare(builds)


@pytest.mark.slow
@pytest.mark.parametrize("start", range(1000, 1500, 50))
def test_many_random_graphs_give_the_bytes_of_the_reference(start: int) -> None:
    seeds = [
        (seed, core) for seed in range(start, start + 50) for core in ("cortex-m3", "cortex-m4")
    ]
    compare([build_joined(named(seed, core), core, MODES[seed % 3]) for seed, core in seeds])


@pytest.mark.parametrize("core", ["cortex-m0plus", "cortex-m4"])
def test_random_graphs_give_the_bytes_of_the_reference_on_emulated_cores(core: str) -> None:
    build = build_joined(
        side_by_side([joined_graph(seed) for seed in range(200, 210)]), core, "time"
    )
    sample = random_inputs(build.graph, 1)
    want = reference.run(build.graph, sample)
    with TemporaryDirectory() as directory:
        firmware = build_firmware(
            build.files, build.interface, build.target.core, Path(directory), trace=True
        )
        (got,) = run(firmware, [sample]).traces
    assert len(got) == len(build.program.steps)
    bad = [name for name in got if got[name].tobytes() != want[name].tobytes()]
    assert not bad, f"{core}: {bad} differ"


def test_generated_code_is_clean_under_sanitizers() -> None:
    build = build_joined(
        side_by_side([joined_graph(seed) for seed in range(300, 303)]), "cortex-m4"
    )
    check_sanitized(build, [random_inputs(build.graph, 0)])


def test_a_layer_that_writes_a_channel_of_another_is_stopped() -> None:
    maker, (_, b), y = fire()
    build = build_joined(graph_of(maker, y), "cortex-m4", "time")
    # The second layer's channels start one too early, which is inside the tensor all the same.
    moved = tuple(
        replace(alias, offset=alias.offset - (alias.name == b.name))
        for alias in build.program.aliases
    )
    program = replace(build.program, aliases=moved)
    files = generate(program, build.plan, build.target)
    samples = [random_inputs(build.graph, 0)]
    with pytest.raises(ToolError) as caught:
        sanitize.run(files, interface(program, build.plan), build.plan, samples)
    assert "call 0 of layer 2 writes a channel of another layer" in str(caught.value)


@pytest.mark.parametrize("mode", MODES)
def test_compiling_joins_channels_and_links_what_that_needs(mode: str) -> None:
    maker, _, y = fire()
    graph = graph_of(maker, y)
    build = mote.compile(graph, "cortex-m4", optimize=mode)
    sample = random_inputs(graph, 0)
    np.testing.assert_array_equal(build.run(sample), reference.run(graph, sample)[y.name])
    if copies(build.program):
        # Where flash counts, a copy stays that takes less of it than the code of kernels without.
        assert mode in ("balanced", "flash")
        spared = build_joined(graph, "cortex-m4", mode)
        assert copies(spared.program) == 0
        assert program_flash_bytes(build.program) < program_flash_bytes(spared.program)
    called = {s.kernel.name for s in build.program.steps if s.kernel.takes_strides}
    linked = {name for name in build.files if name.endswith("_strided.c")}
    assert linked == {f"kernels/{name}.c" for name in called}
