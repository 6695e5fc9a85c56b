"""Inputs and outputs of every element type, all in one model, through every command."""

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

import mote
from mote.cli import main
from mote.ir import DType, Graph, Node, Quantization, Tensor, verify
from mote.ir.ops import Add, Dequantize, Embedding, FullyConnected, Quantize, Rounding
from mote.ir.tensor import Array
from mote.reference import run as run_reference

S8, U8, S16, S32, F32 = (DType(t) for t in ("int8", "uint8", "int16", "int32", "float32"))
WIDE = Quantization((2.0**-10,), (0,))
NARROW = Quantization((2.0**-3,), (-3,))
UNSIGNED = Quantization((2.0**-3,), (200,))


def graph() -> Graph:
    """Five inputs and five outputs; the int64 biases do not fit 32 bits."""
    rng = np.random.default_rng(4)
    table = rng.integers(-(2**15), 2**15, (7, 5)).astype(np.int16)
    weight = rng.integers(-127, 128, (4, 5)).astype(np.int8)
    bias = np.array([2**33, -(2**33), 2**31, -(2**31)], np.int64)
    tensors = [
        Tensor("index", (3,), S32),
        Tensor("table", (7, 5), S16, WIDE, table),
        Tensor("rows", (3, 5), S16, WIDE),
        Tensor("weight", (4, 5), S8, Quantization((2.0**-6,), (0,)), weight),
        Tensor("bias", (4,), DType.INT64, None, bias),
        Tensor("wide", (3, 4), S16, Quantization((2.0**5,), (0,))),
        Tensor("unsigned", (2, 3), U8, UNSIGNED),
        Tensor("narrow", (2, 3), S8, NARROW),
        Tensor("byte", (2, 3), S8, NARROW),
        Tensor("sum", (2, 3), S8, NARROW),
        Tensor("sum_unsigned", (2, 3), U8, UNSIGNED),
        Tensor("real", (2, 2), F32),
        Tensor("whole", (2, 2), S16, WIDE),
        Tensor("real_again", (2, 2), F32),
        Tensor("half", (2, 2), S16, WIDE),
        Tensor("sum_half", (2, 2), S16, WIDE),
    ]
    layers = (
        (Embedding(), "index table", "rows"),
        (FullyConnected(rounding=Rounding.DOUBLE), "rows weight bias", "wide"),
        (Quantize(), "unsigned", "narrow"),
        (Add(), "narrow byte", "sum"),
        (Quantize(), "sum", "sum_unsigned"),
        (Quantize(), "real", "whole"),
        (Dequantize(), "whole", "real_again"),
        (Add(), "half whole", "sum_half"),
    )
    made = Graph(
        "types",
        {t.name: t for t in tensors},
        tuple(Node(f"make_{y}", op, tuple(x.split()), y) for op, x, y in layers),
        ("index", "unsigned", "byte", "real", "half"),
        ("wide", "sum_unsigned", "sum", "real_again", "sum_half"),
    )
    verify(made)
    return made


def sample() -> dict[str, Array]:
    rng = np.random.default_rng(5)
    return {
        "index": np.array([-1, 6, 7], np.int32),
        "unsigned": rng.integers(0, 256, (2, 3)).astype(np.uint8),
        "byte": rng.integers(-128, 128, (2, 3)).astype(np.int8),
        "real": np.array([[-99, -0.0], [1e-3, 31.9]], np.float32),
        "half": np.array([[-(2**15), 2**15 - 1], [5, -5]], np.int16),
    }


@pytest.fixture(name="folder", autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    mote.save(graph(), "types.mote")
    np.savez("x.npz", **sample())
    return tmp_path


@pytest.mark.parametrize("target", ["host", "cortex-m0plus"])
def test_arrays_of_every_type_go_in_and_come_out(target: str) -> None:
    arguments = ("run", "types.mote", "--input", "x.npz", "--target", target, "--output", "y.npz")
    assert main(arguments) == 0
    want = run_reference(graph(), list(sample().values()))
    with np.load("y.npz") as found:
        assert set(found.files) == set(graph().outputs)
        for name in graph().outputs:
            assert found[name].dtype == want[name].dtype
            np.testing.assert_array_equal(found[name].reshape(want[name].shape), want[name])


def test_other_integers_are_refused_with_the_conversion(capsys: pytest.CaptureFixture[str]) -> None:
    np.savez("x.npz", **{**sample(), "index": np.zeros(3, np.int64)})
    assert main(("run", "types.mote", "--input", "x.npz")) == 2
    said = capsys.readouterr().err
    assert "input 'index'" in said
    assert "int64, allowed: int32" in said


def test_profile_and_verify_fill_every_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(("profile", "types.mote", "--target", "cortex-m4", "--json")) == 0
    assert len(json.loads(capsys.readouterr().out)["layers"]) == 8
    assert main(("verify", "types.mote", "--target", "cortex-m3", "--samples", "3")) == 0


def test_the_project_builds_and_its_example_prints_every_output() -> None:
    assert main(("compile", "types.mote", "--target", "cortex-m4", "--output", "made")) == 0
    ports = json.loads(Path("made/manifest.json").read_text())
    assert [p["dtype"] for p in ports["inputs"]] == ["int32", "uint8", "int8", "float32", "int16"]
    environment = {**os.environ, "CFLAGS": "-O1 -Werror -fsanitize=undefined,address -g"}
    subprocess.run(["make", "-s", "-C", "made"], check=True, env=environment)
    example = ["made/build/native/types"]
    lines = subprocess.run(example, check=True, capture_output=True, text=True).stdout.splitlines()
    assert len(lines) == 3 * 4 + 6 + 6 + 4 + 4
