"""The four MLPerf Tiny models: the imported graph on the reference equals LiteRT, every tensor."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest

from mote.frontends.tflite import load
from mote.reference import run
from mote.run.litert import LiteRT
from mote.run.verify import compare, compare_with_litert
from shared import shared_path

MODELS = ("vww_96_int8", "pretrainedResnet_quant", "kws_ref_model", "ad01_int8")


def model_path(name: str) -> Path:
    return shared_path(f"models/mlperf_tiny/{name}.tflite")


def check_random_inputs(name: str, samples: int) -> None:
    path = model_path(name)
    graph = load(path)
    subjects = {"reference": partial(run, graph)}
    (result,) = compare_with_litert(graph, path.read_bytes(), subjects, samples=samples, seed=0)
    assert result.passed, result.first
    assert not result.skipped


@pytest.mark.parametrize("name", MODELS)
def test_every_tensor_equals_litert(name: str) -> None:
    check_random_inputs(name, 3)


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_every_tensor_equals_litert_on_200_inputs(name: str) -> None:
    check_random_inputs(name, 200)


def keyword_accuracy(samples: int) -> float:
    """Share of right answers; every tensor of every sample is compared with LiteRT on the way."""
    path = model_path("kws_ref_model")
    data = np.load(shared_path("data/mlperf_tiny/kws01.npz"))
    graph = load(path)
    answers: list[int] = []

    def subject(inputs: list[np.ndarray]) -> dict[str, np.ndarray]:
        values = run(graph, inputs)
        answers.append(int(values[graph.outputs[0]].argmax()))
        return values

    inputs = [[x[None]] for x in data["x"][:samples]]
    result = compare(graph, LiteRT(path.read_bytes()).run, subject, inputs)
    assert result.passed, result.first
    return float(np.mean(np.array(answers) == data["y"][:samples]))


def test_keywords_are_recognised_as_litert_does() -> None:
    assert keyword_accuracy(50) > 0.8


@pytest.mark.slow
def test_keyword_accuracy_is_the_published_one() -> None:
    assert round(keyword_accuracy(1000), 3) == 0.901


def check_visual_wake_words(samples: int) -> None:
    path = model_path("vww_96_int8")
    images = np.load(shared_path("data/mlperf_tiny/vww01.npz"))["x"][:samples]
    graph = load(path)
    inputs = [[(x.astype(np.int16) - 128).astype(np.int8)[None]] for x in images]
    result = compare(graph, LiteRT(path.read_bytes()).run, partial(run, graph), inputs)
    assert result.passed, result.first


def test_images_give_the_tensors_of_litert() -> None:
    check_visual_wake_words(5)


@pytest.mark.slow
def test_200_images_give_the_tensors_of_litert() -> None:
    check_visual_wake_words(200)
