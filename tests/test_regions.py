"""Several regions of RAM: what goes where, what the C takes, and that outputs stay the same."""

import json
from dataclasses import replace
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest

import mote
from mote import reference
from mote.cli import main
from mote.codegen import generate
from mote.errors import FitError, InputError
from mote.plan import place_in_regions
from mote.plan.plan import Plan
from mote.plan.regions import _Model, _most_accessed, traffic
from mote.plan.task import Run
from mote.run import sanitize
from mote.run.verify import random_samples
from mote.target import BOARDS, Region
from random_graphs import random_graph
from row_builds import build_by_rows
from row_networks import random_network
from shared import shared_path
from small_model import small_graph, write_small_model
from test_codegen_project import c_files, call, compile_strictly, write
from tiny_model import tiny_graph

SLOW = Region(name="sram", bytes=1 << 20, access_cycles=2)


def regions(fast_bytes: int) -> tuple[Region, ...]:
    return Region(name="dtcm", bytes=fast_bytes, access_cycles=1), SLOW


@pytest.mark.parametrize("seed", range(12))
def test_the_fastest_region_gets_the_most_traffic_that_it_can_hold(seed: int) -> None:
    rng = np.random.default_rng(seed)
    network = random_network(rng, 4)
    schedule = [Run(i, 0, task.calls) for i, task in enumerate(network.tasks)]
    model = _Model(network, schedule, traffic(network))
    parts = set(model.traffic)
    room = model.least(parts) // 2
    chosen = _most_accessed(model, parts, room)
    assert model.least(chosen) <= room
    best = max(
        model.total(set(some))
        for size in range(len(parts) + 1)
        for some in combinations(sorted(parts, key=str), size)
        if model.least(set(some)) <= room
    )
    assert model.total(chosen) == best


def test_a_plan_that_fits_the_fastest_region_stays_as_it_is() -> None:
    built = mote.compile(small_graph(), "cortex-m7", regions=regions(built_bytes()))
    assert built.plan.regions == ()
    assert built.files == mote.compile(small_graph(), "cortex-m7").files
    divided = mote.compile(small_graph(), "cortex-m7", regions=regions(built_bytes() - 1))
    assert [block.name for block in divided.plan.blocks] == ["dtcm", "sram"]
    assert "void small_run(void *dtcm, void *sram);" in divided.files["model.h"]
    assert "#define SMALL_DTCM_BYTES" in divided.files["model.h"]


def built_bytes() -> int:
    return mote.compile(small_graph(), "cortex-m7").plan.total_bytes


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("share", [0.3, 0.7])
def test_divided_networks_give_the_same_bytes_and_touch_nothing_else(
    seed: int, share: float
) -> None:
    whole = build_by_rows(random_graph(seed), "host")
    plan = place_in_regions(whole.plan, regions(max(4, int(share * whole.plan.total_bytes))))
    built = replace(whole, plan=plan, files=generate(whole.program, plan, whole.target))
    samples = list(random_samples(built.graph, 2, seed))
    expected = [reference.run(built.graph, list(sample)) for sample in samples]
    checked = sanitize.run(built.files, built.interface, plan, samples)
    for outputs in (built.run_samples([list(sample) for sample in samples]), checked):
        for arrays, tensors in zip(outputs, expected, strict=True):
            for name, array in zip(built.graph.outputs, arrays, strict=True):
                np.testing.assert_array_equal(array, tensors[name])
    _assert_apart(plan)


def _assert_apart(plan: Plan) -> None:
    """No buffer lies in two regions, and each region ends where the next may begin."""
    for buffer in plan.buffers:
        assert plan.block_at(buffer.start) == plan.block_at(max(buffer.start, buffer.end - 1))
    ends = [(block.start, block.start + block.bytes) for block in plan.blocks]
    assert all(a[1] <= b[0] for a, b in pairwise(ends))


@pytest.mark.parametrize("fed", [False, True])
@pytest.mark.parametrize("core", ["cortex-m7", "cortex-m0plus"])
def test_an_emulated_core_runs_a_divided_network(core: str, fed: bool) -> None:
    whole = mote.compile(small_graph(), core, feed_rows=fed)
    half = regions(whole.plan.total_bytes // 2)
    built = mote.compile(small_graph(), core, feed_rows=fed, regions=half)
    assert len(built.plan.blocks) == 2
    (x,) = next(random_samples(built.graph, 1, 2))
    np.testing.assert_array_equal(built.run(x), whole.run(x))
    trace = built.trace(x)
    for name, value in whole.trace(x).items():
        np.testing.assert_array_equal(trace[name], value)
    totals = built.profile().totals
    assert totals.region_bytes == {block.name: block.bytes for block in built.plan.blocks}
    assert sum(totals.region_bytes.values()) <= totals.arena_bytes + totals.scratch_bytes


@pytest.mark.parametrize("fed", [False, True])
def test_the_project_of_a_divided_network_is_clean_and_its_example_runs(
    fed: bool, tmp_path: Path
) -> None:
    size = mote.compile(tiny_graph(), "cortex-m4", feed_rows=fed).plan.total_bytes
    built = mote.compile(tiny_graph(), "cortex-m4", feed_rows=fed, regions=regions(size // 2))
    assert built.plan.regions
    files = dict(built.files)
    write(files, tmp_path)
    sources = [path for path in c_files(files) if not path.startswith("kernels/")]
    compile_strictly(tmp_path, "cc", "-std=c99", sources=sources)
    call(tmp_path, "make")
    shown = call(tmp_path, str(tmp_path / "build/native/tiny"))
    mote.compile(tiny_graph(), "cortex-m4", feed_rows=fed).save(tmp_path / "whole")
    call(tmp_path / "whole", "make")
    assert shown == call(tmp_path, str(tmp_path / "whole/build/native/tiny"))
    manifest = json.loads(files["manifest.json"])
    assert manifest["ram_bytes"]["regions"] == {b.name: b.bytes for b in built.plan.blocks}
    assert {port["region"] for port in manifest["inputs"] + manifest["outputs"]} <= {"dtcm", "sram"}


def test_a_board_brings_its_regions_and_one_block_can_be_had() -> None:
    path = shared_path("models/mlperf_tiny/vww_96_int8.tflite")
    small = replace(BOARDS["stm32f746g-disco"].regions[0], bytes=16 * 1024)
    board = BOARDS["stm32f746g-disco"]
    assert mote.compile(path, "stm32f746g-disco").plan.regions == ()  # its DTCM is enough
    target = replace(
        mote.compile(tiny_graph(), "stm32f746g-disco").target,
        board=replace(board, regions=(small, board.regions[1])),
    )
    built = mote.compile(path, target)
    assert [block.name for block in built.plan.blocks] == ["dtcm", "sram"]
    assert mote.compile(path, target, regions=()).plan.regions == ()


def test_what_the_slowest_region_cannot_hold_is_refused_by_name() -> None:
    few = (Region(name="a", bytes=64, access_cycles=1), Region(name="b", bytes=64, access_cycles=3))
    with pytest.raises(FitError, match="are left for b, which has 64 B"):
        mote.compile(small_graph(), "cortex-m4", regions=few)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("dtcm", "says no size"),
        ("dtcm=64kX", "is no size"),
        ("int=64kB", "cannot be a name"),
        ("D TCM=64kB", "cannot be a name"),
        ("a=0", "more than 0 are needed"),
        ("a=64kB,a=64kB", "the same name"),
    ],
)
def test_regions_that_make_no_sense_are_refused(
    text: str, complaint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_small_model(tmp_path)
    command = ["compile", str(path), "-t", "cortex-m4", "-o", str(tmp_path / "out")]
    assert main([*command, "--regions", text]) == 2
    assert complaint in capsys.readouterr().err


def test_the_command_line_shows_what_lies_where(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_small_model(tmp_path)
    assert main(["profile", str(path), "-t", "cortex-m7", "--regions", "tcm=100,ram=64kB"]) == 0
    said = capsys.readouterr().out
    assert " B in tcm + " in said
    assert " B in ram" in said


def test_models_that_need_several_regions_are_not_bundled() -> None:
    divided = mote.compile(small_graph(), "cortex-m4", regions=regions(100))
    with pytest.raises(InputError, match="small must be divided among several regions"):
        mote.bundle([divided, mote.compile(tiny_graph(), "cortex-m4")])


@pytest.mark.parametrize("missing", [1, 4, 12])
def test_the_progress_of_a_fed_network_goes_where_there_is_room(missing: int) -> None:
    whole = mote.compile(small_graph(), "host", feed_rows=True)
    held = regions(whole.plan.total_bytes - missing)
    built = mote.compile(small_graph(), "host", feed_rows=True, regions=held)
    room = {region.name: region.bytes for region in held}
    assert all(block.bytes <= room[block.name] for block in built.plan.blocks)
    sample = next(random_samples(built.graph, 1, seed=3))
    (expected,) = built.graph.outputs
    np.testing.assert_array_equal(built.run(sample), reference.run(built.graph, sample)[expected])
