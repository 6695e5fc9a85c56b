"""What each command prints, writes and returns when all is well."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import mote
from mote.build import Build
from mote.cli import main
from mote.ir.ops import OPS
from mote.reference import run as run_reference
from mote.target import BOARDS, CORES
from small_model import INPUT_SHAPE, OUTPUTS, small_graph, write_small_model

Capture = pytest.CaptureFixture[str]


@pytest.fixture(name="folder")
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_small_model(tmp_path)
    return tmp_path


def output(capture: Capture, *arguments: str, code: int = 0) -> str:
    assert main(arguments) == code, capture.readouterr().err
    return capture.readouterr().out


def samples(number: int) -> np.ndarray:
    return np.random.default_rng(5).integers(-128, 128, (number, *INPUT_SHAPE[1:]), "i1")


def expected(x: np.ndarray) -> np.ndarray:
    graph = small_graph()
    return np.concatenate([run_reference(graph, [sample[None]])["scores"] for sample in x])


def test_compile_writes_a_project_and_says_what_it_needs(folder: Path, capsys: Capture) -> None:
    said = output(capsys, "compile", "small.tflite", "-t", "nucleo-l4r5zi", "-o", "new/out")
    written = {p.name for p in (folder / "new" / "out").rglob("*") if p.is_file()}
    assert {
        "model.h",
        "model.c",
        "manifest.json",
        "main.c",
        "Makefile",
        "CMakeLists.txt",
    } <= written
    totals = mote.compile("small.tflite", "nucleo-l4r5zi").profile().totals
    assert f"RAM    {totals.ram_bytes:,} B = arena" in said
    assert f"flash  {totals.flash_bytes:,} B = code" in said
    assert "of 655,360" in said
    assert "make -C new/out" in said
    assert not [p for p in (folder / "new").iterdir() if p.name != "out"]


def test_compile_without_the_arm_compiler_says_what_is_left_out(
    folder: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(folder))
    assert main(("compile", "small.tflite", "-t", "nucleo-l4r5zi", "-o", "out")) == 0
    said, remark = capsys.readouterr()
    assert remark.startswith("not measured: arm-none-eabi-gcc: not found")
    assert "stack aside" in said
    assert "code aside" in said
    assert "nucleo-l4r5zi has 655,360 B and 2,097,152 B" in said


def test_compile_again_replaces_its_own_output_with_the_same_bytes(
    folder: Path, capsys: Capture
) -> None:
    def files() -> dict[str, bytes]:
        return {str(p): p.read_bytes() for p in Path("out").rglob("*") if p.is_file()}

    output(capsys, "compile", "small.tflite", "-t", "cortex-m4", "-o", "out")
    first = files()
    output(capsys, "compile", "small.tflite", "-t", "cortex-m4", "-o", "out")
    assert files() == first


def test_run_writes_what_the_reference_computes(folder: Path, capsys: Capture) -> None:
    x = samples(12)
    np.save("x.npy", x)
    said = output(capsys, "run", "small.tflite", "-i", "x.npy", "-o", "y.npy")
    y = np.load("y.npy")
    assert y.shape == (12, OUTPUTS)
    np.testing.assert_array_equal(y, expected(x))
    assert "sample 9:" in said
    assert "2 more samples" in said


def test_run_shows_the_largest_values_first(folder: Path, capsys: Capture) -> None:
    x = samples(1)
    np.savez("x.npz", image=x)
    said = output(capsys, "run", "small.tflite", "-i", "x.npz")
    scores = expected(x)[0]
    best = int(np.argmax(scores))
    real = 1.5 * (int(scores[best]) - 20)
    assert said.startswith(f"sample 0: [{best}] {real:.4g} ({scores[best]})")


def test_run_gives_the_same_bytes_on_an_emulated_core(folder: Path, capsys: Capture) -> None:
    np.save("x.npy", samples(3))
    output(capsys, "run", "small.tflite", "-i", "x.npy", "-o", "host.npy")
    output(capsys, "run", "small.tflite", "-i", "x.npy", "-o", "m4.npz", "-t", "cortex-m4")
    with np.load("m4.npz") as outputs:
        np.testing.assert_array_equal(outputs["scores"], np.load("host.npy"))


def test_run_without_input_says_that_its_input_is_random(folder: Path, capsys: Capture) -> None:
    assert main(["run", "small.tflite", "--seed", "3"]) == 0
    first = capsys.readouterr()
    assert "random values, seed 3" in first.err
    assert output(capsys, "run", "small.tflite", "--seed", "3") == first.out
    assert output(capsys, "run", "small.tflite", "--seed", "4") != first.out


def test_profile_shows_layers_and_totals_with_the_error_of_cycles(
    folder: Path, capsys: Capture
) -> None:
    said = output(capsys, "profile", "small.tflite", "-t", "cortex-m4")
    for word in ("conv_2d", "fully_connected", "(exact)", "±13 %", "arena", "scratch", "stack"):
        assert word in said
    assert "unvalidated" in output(capsys, "profile", "small.tflite", "-t", "cortex-m0plus")


def test_the_rows_of_a_profile_add_up_to_its_totals(folder: Path, capsys: Capture) -> None:
    said = output(capsys, "profile", "small.tflite", "-t", "nucleo-l4r5zi")
    rows = [line.split() for line in said.splitlines() if "conv" in line or "fully" in line]
    rows = [row[2:] for row in rows] + [
        line.split() for line in said.splitlines() if "run " in line
    ]
    totals = mote.compile("small.tflite", "nucleo-l4r5zi").profile().totals
    sums = [sum(int(row[i].replace(",", "")) for row in rows) for i in (1, 2, 3, 4)]
    assert sums == [
        *(totals.macs, totals.instructions, totals.cycles),
        totals.flash_stall_cycles,
    ]


@pytest.mark.parametrize("columns", [80, 40])
def test_a_narrow_terminal_gets_every_name_and_every_figure(
    columns: int, folder: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    wide = output(capsys, "targets") + output(capsys, "ops")
    monkeypatch.setattr("mote.cli.console.PIPE_COLUMNS", columns)
    narrow = output(capsys, "targets") + output(capsys, "ops")
    if columns == 80:
        assert narrow == wide
    profile = output(capsys, "profile", "small.tflite", "-t", "nucleo-l4r5zi").splitlines()
    assert profile[1].split()[-1] == "live"
    assert profile[2].split()[-2:] == ["RAM", "weights"]
    measured = mote.compile("small.tflite", "nucleo-l4r5zi").profile()
    shown = [line.split() for line in profile if line.startswith(("0 ", "1 "))]
    assert [(row[1][:7], row[-1].replace(",", "")) for row in shown] == [
        (layer.op[:7], str(layer.weights_bytes)) for layer in measured.layers
    ]


def test_profile_for_a_board_adds_its_clock_power_and_limits(folder: Path, capsys: Capture) -> None:
    said = output(capsys, "profile", "small.tflite", "-t", "nucleo-l4r5zi")
    assert "at 120 MHz" in said
    assert "mJ" in said
    assert "of 655,360" in said


def test_profile_as_json_is_one_object_and_nothing_else(folder: Path, capsys: Capture) -> None:
    result = json.loads(output(capsys, "profile", "small.tflite", "-t", "cortex-m4", "--json"))
    assert {"model", "target", "totals", "layers"} <= set(result)
    assert result["target"] == "cortex-m4"
    assert {
        *("macs", "instructions", "cycles", "ms", "ram_bytes", "arena_bytes", "scratch_bytes"),
        *("stack_bytes", "flash_bytes", "code_bytes", "rodata_bytes", "weights_bytes"),
        "cycle_error",
    } <= set(result["totals"])
    graph = small_graph()
    assert result["totals"]["macs"] == sum(graph.macs(node) for node in graph.nodes)
    assert [layer["op"] for layer in result["layers"]] == ["conv_2d", "fully_connected"]
    totals = result["totals"]
    layers = sum(layer["instructions"] for layer in result["layers"])
    assert 0 < layers < totals["instructions"] < layers + 200
    assert totals["flash_bytes"] == (
        totals["code_bytes"] + totals["rodata_bytes"] + totals["weights_bytes"]
    )


@pytest.mark.parametrize(("target", "number"), [("host", 7), ("cortex-m4", 2)])
def test_verify_compares_every_layer_with_litert(
    target: str, number: int, folder: Path, capsys: Capture
) -> None:
    said = output(capsys, "verify", "small.tflite", "-t", target, "--samples", str(number))
    assert f"{target} = LiteRT: {number} samples" in said
    assert "3 layers" in said
    assert "0 differ" in said


def test_verify_names_the_first_difference_and_ends_with_1(
    folder: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = Build.trace_samples

    def wrong(self: Build, samples: list[list[np.ndarray]]) -> Iterator[dict[str, np.ndarray]]:
        for values in honest(self, samples):
            maps = values["maps"].copy()
            maps[0, 2, 3, 1] ^= 1
            yield {**values, "maps": maps}

    monkeypatch.setattr(Build, "trace_samples", wrong)
    said = output(capsys, "verify", "small.tflite", "--samples", "4", code=1)
    assert "4 differ" in said
    assert "layer 0 conv_2d" in said
    assert "[0, 2, 3, 1]" in said
    assert "expected" in said
    assert "in the C: layer_00_conv_2d, mote_conv_2d_s8" in said


def test_targets_lists_every_core_and_board(capsys: Capture) -> None:
    said = output(capsys, "targets")
    assert all(name in said for name in (*CORES, *BOARDS))
    assert "unvalidated" in said
    result = json.loads(output(capsys, "targets", "--json"))
    assert [core["name"] for core in result["cores"]] == list(CORES)
    assert [board["name"] for board in result["boards"]] == list(BOARDS)
    assert all(board["sources"]["ram_bytes"] for board in result["boards"])


def test_targets_names_the_source_of_every_figure(capsys: Capture) -> None:
    said = output(capsys, "targets", "--sources")
    for board in BOARDS.values():
        assert board.title in said
        assert all(source in said for _, source in board.sources)


def test_ops_lists_every_operator_with_each_of_its_types(capsys: Capture) -> None:
    result = json.loads(output(capsys, "ops", "--json"))["operators"]
    listed = {(row["operator"], row["input"], row["output"]) for row in result}
    assert listed == {(op.kind, x.value, y.value) for op in OPS for x, y in op.dtypes}
    assert all(row["summary"] and set(row["cores"]) == set(CORES) for row in result)
    said = output(capsys, "ops")
    assert all(op.kind in said for op in OPS)


def test_ops_tells_cores_with_the_dsp_extension_apart(capsys: Capture) -> None:
    result = json.loads(output(capsys, "ops", "--json"))["operators"]
    (conv,) = [row for row in result if (row["operator"], row["input"]) == ("conv_2d", "int8")]
    assert conv["cores"]["cortex-m4"] == "dsp"
    assert conv["cores"]["cortex-m0plus"] == "portable"


@pytest.mark.parametrize("command", ["compile", "run", "profile", "verify", "targets", "ops"])
def test_every_command_teaches_with_examples(command: str, capsys: Capture) -> None:
    said = output(capsys, command, "--help")
    assert "Examples:" in said
    assert f"mote {command}" in said.partition("Examples:")[2]


def test_the_version_is_the_packages(capsys: Capture) -> None:
    assert output(capsys, "--version") == f"mote {mote.__version__}\n"


def test_results_have_no_colours_off_a_terminal(folder: Path, capsys: Capture) -> None:
    for arguments in (("targets",), ("ops",), ("verify", "small.tflite", "--samples", "1")):
        assert "\x1b" not in output(capsys, *arguments)


def test_commands_leave_no_temporary_files(
    folder: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = folder / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    monkeypatch.setattr("tempfile.tempdir", None)
    output(capsys, "run", "small.tflite")
    output(capsys, "profile", "small.tflite", "-t", "cortex-m3")
    assert os.listdir(scratch) == []
