"""Damaged and malicious files: refused in milliseconds, whatever their bytes say."""

import dataclasses
import time

import numpy as np
import pytest

from hostile import check_mutants
from mote.errors import ModelFileError, MoteError
from mote.frontends.tflite import parse
from mote.frontends.tflite.reader import MAX_TABLES
from raw_tflite import RawModel, RawOperator, RawTensor, constant, indices, write_raw
from shared import ROOT

MUTANTS = 4_000
MEMORY_GROWTH_BYTES = 2**27
SECONDS_EACH = 1.0
MODELS = sorted(str(path) for path in (ROOT / "models" / "mlperf_tiny").glob("*.tflite"))
"""Further files to mutate where they are at hand; generated ones are always there."""

X = RawTensor((1, 4))
QUANTIZE = RawOperator("QUANTIZE", ["x"], ["y"])


def mutate(count: int, seed: int) -> None:
    check_mutants(
        "hostile_tflite.py",
        count,
        seed,
        *MODELS,
        seconds_each=SECONDS_EACH,
        growth_bytes=MEMORY_GROWTH_BYTES,
    )


def test_no_mutated_file_crashes_hangs_or_allocates_without_bound() -> None:
    mutate(MUTANTS, seed=0)


@pytest.mark.parametrize("length", [1, 2, 3, 7, 8, 12])
def test_no_short_file_escapes(length: int) -> None:
    rng = np.random.default_rng(length)
    for first in range(256):
        with pytest.raises(ModelFileError):
            parse(bytes([first]) + rng.bytes(length - 1), "short", "short.tflite")


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 4))
def test_no_mutated_file_of_many_crashes_hangs_or_allocates_without_bound(seed: int) -> None:
    mutate(30_000, seed)


def refusal(data: bytes) -> str:
    """The message, which must come fast."""
    start = time.process_time()
    with pytest.raises(MoteError) as error:
        parse(data, "model", "model.tflite")
    assert time.process_time() - start < SECONDS_EACH
    assert len(str(error.value)) < 20_000
    return str(error.value)


def test_every_truncation_is_refused() -> None:
    data = write_raw(RawModel({"x": X, "y": X}, [QUANTIZE], ["x"], ["y"]))
    parse(data, "whole", "whole.tflite")
    for size in range(len(data)):
        with pytest.raises(ModelFileError):
            parse(data[:size], "part", "part.tflite")


def test_a_shape_of_countless_dimensions_is_not_multiplied_out() -> None:
    endless = RawTensor((2**31 - 1,) * 300_000)
    assert "has shape [2147483647, " in refusal(
        write_raw(RawModel({"x": endless, "y": endless}, [QUANTIZE], ["x"], ["y"]))
    )


def test_a_reshape_to_countless_dimensions_is_not_multiplied_out() -> None:
    endless = (2**31 - 1,) * 300_000
    tensors = {"x": X, "s": indices(*endless), "y": RawTensor(())}
    by_operand = RawOperator("RESHAPE", ["x", "s"], ["y"])
    assert "'s' states more than 64 numbers" in refusal(
        write_raw(RawModel(tensors, [by_operand], ["x"], ["y"]))
    )
    by_option = RawOperator("RESHAPE", ["x"], ["y"], "ReshapeOptions", {"NewShape": endless})
    assert "4 elements do not fit [2147483647, " in refusal(
        write_raw(RawModel(tensors, [by_option], ["x"], ["y"]))
    )


def test_a_reshape_to_countless_ones_is_refused() -> None:
    tensors = {"x": X, "y": RawTensor(())}
    ones = RawOperator("RESHAPE", ["x"], ["y"], "ReshapeOptions", {"NewShape": (1,) * 9 + (4,)})
    assert "4 elements do not fit [1, 1, " in refusal(
        write_raw(RawModel(tensors, [ones], ["x"], ["y"]))
    )


def test_dimensions_added_one_by_one_are_limited() -> None:
    tensors = {"x": RawTensor((1,) * 6), "a": indices(0), "y": RawTensor(())}
    operator = RawOperator("EXPAND_DIMS", ["x", "a"], ["y"])
    assert "the result has 7 dimensions" in refusal(
        write_raw(RawModel(tensors, [operator], ["x"], ["y"]))
    )


def test_one_constant_read_by_many_operators_is_not_copied_for_each() -> None:
    axes = constant(np.zeros(1_000_000, np.int64))
    tensors = {"x": X, "a": axes} | {f"t{i}": X for i in range(2_000)}
    names = ["x", *(f"t{i}" for i in range(2_000))]
    operators = [
        RawOperator("MEAN", [names[i], "a"], [names[i + 1]]) for i in range(len(names) - 1)
    ]
    message = refusal(write_raw(RawModel(tensors, operators, ["x"], [names[-1]])))
    assert "and 1,980 more" in message


def test_tables_without_number_are_refused() -> None:
    tensors = {f"t{i}": X for i in range(MAX_TABLES + 1)}
    message = refusal(write_raw(RawModel(tensors, [], ["t0"], ["t1"])))
    assert message.startswith("model.tflite: the file is damaged: 10,001 tensors, allowed: 10,000")


def test_as_many_tables_as_allowed_are_read_fast() -> None:
    names = [f"t{i}" for i in range(MAX_TABLES)]
    operators = [RawOperator("QUANTIZE", [names[i]], [names[i + 1]]) for i in range(4_000)]
    data = write_raw(RawModel(dict.fromkeys(names, X), operators, ["t0"], ["t4000"]))
    start = time.process_time()
    assert len(parse(data, "long", "long.tflite").nodes) == 4_000
    assert time.process_time() - start < 5 * SECONDS_EACH


def test_a_message_stays_short_however_long_the_names_are() -> None:
    name = "n" * 1_000_000
    model = RawModel(
        {"x": X, "y": dataclasses.replace(X, name=name)},
        [RawOperator("CUSTOM:" + "c" * 1_000_000, ["x"], ["y"])],
        ["x"],
        ["y"],
    )
    assert "node 0 CUSTOM" in refusal(write_raw(model))


def test_a_vector_longer_than_the_file_is_refused() -> None:
    data = bytearray(write_raw(RawModel({"x": X, "y": X}, [QUANTIZE], ["x"], ["y"])))
    shape = np.array([2, 1, 4], "<i4").tobytes()  # length, then the two dimensions
    at = data.index(shape)
    data[at : at + 4] = (2**30).to_bytes(4, "little")
    assert "a vector of 4,294,967,296 bytes in a file of" in refusal(bytes(data))
