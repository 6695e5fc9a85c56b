"""`mote quantize`: what it writes and says, and what it refuses before any work is done."""

import json
from pathlib import Path

import numpy as np
import pytest

import mote
from float_model_file import write_float_model
from mote.cli import main
from mote.ir import DType
from mote.ir.text import format_graph
from small_model import write_small_model


@pytest.fixture(name="model")
def _model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return write_float_model(tmp_path / "net.pt2")


def quantize(*arguments: object) -> int:
    return main(["quantize", *map(str, arguments)])


def test_an_integer_model_is_written_and_both_are_compared(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert quantize(model, "--data", "digits", "--samples", 40, "--test-samples", 90) == 0
    told = capsys.readouterr().out
    assert "of 90" in told
    assert "Both give the same class to" in told
    graph = mote.load(model.with_name("net.int8.mote"))
    assert all(graph.result(n).dtype is DType.INT8 for n in graph.nodes)
    assert mote.compile(graph, "cortex-m4").files


def test_equal_calls_give_equal_bytes(model: Path) -> None:
    for name in ("a.mote", "b.mote"):
        assert quantize(model, "--data", "digits", "--samples", 20, "-o", name) == 0
    assert Path("a.mote").read_bytes() == Path("b.mote").read_bytes()


def test_json_tells_every_layer(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert quantize(model, "--data", "digits", "--samples", 20, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["float"]["samples"] == told["integer"]["samples"] > 0
    assert [layer["operator"] for layer in told["layers"]].count("conv_2d") == 2
    assert told["weight_bytes"]["integer"] < told["weight_bytes"]["float"] / 2


def test_layers_get_the_types_asked_for(model: Path) -> None:
    layers = ("--layer", "0=int4", "--layer", "[47]=int16")
    assert quantize(model, "--data", "digits", "--samples", 20, *layers, "-o", "x.mote") == 0
    graph = mote.load("x.mote")
    weights = {graph.tensors[n.inputs[1]].dtype for n in graph.nodes if "weight" in n.op.inputs}
    assert weights == {DType.INT4, DType.INT8}
    results = {graph.result(n).dtype for n in graph.nodes if "weight" in n.op.inputs}
    assert results == {DType.INT8, DType.INT16}


def test_the_switches_change_the_result(model: Path) -> None:
    switches = (
        (),
        ("--calibration", "min-max"),
        ("--no-equalize",),
        ("--no-bias-correction",),
        ("--adaround",),
        ("--per-tensor",),
        ("--weights", "full-range"),
        ("--activations", "symmetric"),
        ("--mean", "0", "--std", "16"),
    )
    texts = set()
    for switch in switches:
        assert quantize(model, "--data", "digits", "--samples", 30, *switch, "-o", "x.mote") == 0
        texts.add(format_graph(mote.load("x.mote")))
    assert len(texts) == len(switches)


def test_samples_may_be_an_array(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    samples = np.random.default_rng(0).normal(0, 1, (12, 8, 8, 1))
    np.save("samples.npy", samples.astype(np.float32))
    assert quantize(model, "--data", "samples.npy") == 0
    assert "scales from 12 samples" in capsys.readouterr().out


BAD = {
    "no such model": (["none.pt2", "--data", "digits"], "none.pt2"),
    "no such data": (["net.pt2", "--data", "nowhere"], "nowhere"),
    "data of another shape": (["net.pt2", "--data", "wide.npy"], "the model takes [8, 8, 1]"),
    "integers as samples": (["net.pt2", "--data", "whole.npy"], "allowed: float32 samples"),
    "more classes than scores": (["net.pt2", "--data", "many.npz"], "has 12 classes, the model"),
    "a single number": (["net.pt2", "--data", "number.npy"], "holds no stack of samples"),
    "an archive as array": (["net.pt2", "--data", "archive.npy"], "holds no stack of samples"),
    "a damaged array": (["net.pt2", "--data", "cut.npy"], "is no numpy array"),
    "a model that is int8": (["kws.tflite", "--data", "ints.npy"], "tensors are integers"),
    "another ending": (["net.pt2", "--data", "digits", "-o", "x.tflite"], "ending than .mote"),
    "a folder as output": (["net.pt2", "--data", "digits", "-o", "d.mote"], "is a directory"),
    "an unknown type": (["net.pt2", "--data", "digits", "--layer", "0=int7"], "NAME=TYPE"),
    "float without leave": (["net.pt2", "--data", "digits", "--layer", "0=float"], "allow"),
    "a mean of words": (["net.pt2", "--data", "digits", "--mean", "few"], "no list of numbers"),
    "a size without sense": (
        ["net.pt2", "--data", "digits", "--max-flash", "40kb"],
        "is no size such as 40kB",
    ),
    "a loss below nothing": (
        ["net.pt2", "--data", "digits", "--max-loss", "-1"],
        "allowed: 0 to 100 percentage points",
    ),
    "too high a percentile": (
        ["net.pt2", "--data", "digits", "--percentile", "101"],
        "allowed: 50 to 100",
    ),
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.usefixtures("model")
def test_a_mistake_is_told_and_nothing_is_written(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    small = write_small_model(Path.cwd()).rename("kws.tflite")
    shape = mote.load(small).tensors[mote.load(small).inputs[0]].shape
    np.save("wide.npy", np.zeros((4, 9, 9, 1), np.float32))
    np.save("whole.npy", np.zeros((4, 8, 8, 1), np.int8))
    np.save("ints.npy", np.zeros((4, *shape[1:]), np.float32))
    np.save("number.npy", np.float32(3))
    labels = np.repeat(np.arange(12), 10)
    np.savez("many.npz", x=np.zeros((120, 8, 8, 1), np.float32), y=labels)
    Path("archive.npy").write_bytes(Path("many.npz").read_bytes())
    Path("cut.npy").write_bytes(b"\x93NUMPY")
    Path("d.mote").mkdir()
    before = sorted(Path.cwd().iterdir())
    arguments, expected = BAD[name]
    assert quantize(*arguments) == 2
    told = capsys.readouterr()
    assert expected in told.err
    assert "Traceback" not in told.err
    assert not told.out
    assert sorted(Path.cwd().iterdir()) == before


def test_each_layer_alone_is_shown(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    short = ("--data", "digits", "--samples", 30, "--test-samples", 40)
    assert quantize(model, *short, "--sensitivity") == 0
    told = capsys.readouterr().out
    assert "one layer alone is quantised" in told
    assert quantize(model, *short, "--sensitivity", "--json") == 0
    told = json.loads(capsys.readouterr().out)["sensitivity"]
    assert told["samples"] == 40
    assert [layer["operator"] for layer in told["layers"]] == ["conv_2d"] * 2 + ["fully_connected"]
    assert all(layer["int4"]["correct"] is not None for layer in told["layers"])


def test_a_goal_chooses_the_type_of_each_layer(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    short = ("--data", "digits", "--samples", 30, "--test-samples", 60)
    assert quantize(model, *short, "--max-flash", "0.7kB", "--max-loss", 50) == 0
    assert "chosen" in capsys.readouterr().out
    graph = mote.load(model.with_name("net.int8.mote"))
    manifest = json.loads(mote.compile(graph, "cortex-m3").files["manifest.json"])
    assert manifest["flash_bytes"]["weights"] <= 700
    assert quantize(model, *short, "--max-flash", "0.75kB", "--layer", "4=int8", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["choice"]["layers"]["4"] == {"activations": "int8", "weights": "int8"}
    assert [trial["chosen"] for trial in told["choice"]["trials"]].count(True) == 1
    assert told["weight_bytes"]["integer"] <= 750


def test_a_goal_without_classes_is_one_of_noise(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    samples = np.random.default_rng(0).normal(0, 1, (24, 8, 8, 1))
    np.save("samples.npy", samples.astype(np.float32))
    assert quantize(model, "--data", "samples.npy", "--min-sqnr", 10) == 0
    assert "4-bit weights" in capsys.readouterr().out
    assert quantize(model, "--data", "samples.npy", "--max-loss", 1, "-o", "x.mote") == 2
    assert "needs held-out samples" in capsys.readouterr().err


def test_a_goal_out_of_reach_writes_nothing(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(Path.cwd().iterdir())
    assert quantize(model, "--data", "digits", "--samples", 20, "--max-flash", "300B") == 2
    told = capsys.readouterr()
    assert "the goal cannot be met: at most 300 B of weights" in told.err
    assert "4 bits: 3 layers: 502 B" in told.err
    assert not told.out
    assert sorted(Path.cwd().iterdir()) == before


def test_a_config_of_another_program_beside_the_model_is_left_alone(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("config.json").write_text('{"architectures": ["Net"], "hidden_size": 3}')
    assert quantize(model, "--data", "digits", "--samples", 20) == 0


def test_the_run_that_wrote_the_model_says_how_its_data_are_read_wherever_its_network_is(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = {"model": "elsewhere.py:net", "data": "digits", "epochs": 3, "validation": 0.5}
    Path("config.json").write_text(json.dumps(settings))
    assert quantize(model, "--data", "digits", "--samples", 20) == 0
    assert quantize(model, "--data", "nothing", "--samples", 20) == 2
    told = capsys.readouterr().err
    assert "data is 'nothing', there is no such file or folder" in told
    assert "mote train" not in told


def test_image_files_are_brought_to_the_size_of_the_input(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from PIL import Image

    rng = np.random.default_rng(0)
    for name in "ab":
        Path("photos", name).mkdir(parents=True)
        for i in range(10):
            pixels = rng.integers(0, 256, (20 + i, 30), np.uint8)
            Image.fromarray(pixels).save(Path("photos", name, f"{i}.png"))
    assert quantize(model, "--data", "photos", "--samples", 12, "--test-samples", 0) == 0
