"""The four models of MLPerf Tiny: what the import makes of them."""

from collections import Counter

import numpy as np
import pytest

from mote.frontends import tflite
from mote.ir import DType, Graph
from shared import shared_path

MODELS = {
    "vww_96_int8": (
        7_489_664,
        208_112,
        {
            "conv_2d": 14,
            "depthwise_conv_2d": 13,
            "average_pool_2d": 1,
            "reshape": 1,
            "fully_connected": 1,
            "softmax": 1,
        },
    ),
    "pretrainedResnet_quant": (
        12_501_632,
        77_360,
        {
            "conv_2d": 9,
            "add": 3,
            "average_pool_2d": 1,
            "reshape": 1,
            "fully_connected": 1,
            "softmax": 1,
        },
    ),
    "kws_ref_model": (
        2_656_768,
        22_016,
        {
            "conv_2d": 5,
            "depthwise_conv_2d": 4,
            "average_pool_2d": 1,
            "reshape": 1,
            "fully_connected": 1,
            "softmax": 1,
        },
    ),
    "ad01_int8": (264_192, 264_192, {"fully_connected": 10}),
}
"""Name -> multiply-accumulates, weights without biases, operators."""


def load(name: str) -> Graph:
    return tflite.load(shared_path(f"models/mlperf_tiny/{name}.tflite"))


def weights(graph: Graph) -> int:
    return sum(t.elements for t in graph.tensors.values() if t.is_constant and len(t.shape) > 1)


@pytest.mark.parametrize("name", MODELS)
def test_a_model_has_the_published_operators_macs_and_weights(name: str) -> None:
    graph = load(name)
    macs, weight_count, operators = MODELS[name]
    assert graph.name == name
    assert Counter(node.op.kind for node in graph.nodes) == operators
    assert sum(graph.macs(node) for node in graph.nodes) == macs
    assert weights(graph) == weight_count
    assert len(graph.source_sha256) == 64


@pytest.mark.parametrize(
    ("name", "same_as"),
    [
        ("vww_96_float", "vww_96_int8"),
        ("pretrainedResnet", "pretrainedResnet_quant"),
        ("ad01_fp32", "ad01_int8"),
    ],
)
def test_a_float_model_has_the_work_of_its_int8_twin(name: str, same_as: str) -> None:
    graph = load(name)
    assert {t.dtype for t in graph.tensors.values()} == {DType.FLOAT32}
    assert sum(graph.macs(node) for node in graph.nodes) == MODELS[same_as][0]


def test_int8_weights_on_float_data_become_the_floats_that_they_stand_for() -> None:
    """The file's name says float32, but converters sneak dynamic range quantisation in."""
    graph, twin = load("kws_ref_model_float32"), load("kws_ref_model")
    assert graph.tensors[graph.inputs[0]].dtype is DType.FLOAT32
    assert sum(map(graph.macs, graph.nodes)) == sum(map(twin.macs, twin.nodes))
    on_integers = [t for t in graph.tensors.values() if t.grid is DType.INT8]
    assert len(on_integers) == 5
    for tensor in on_integers:
        assert tensor.quantization is not None
        scales = np.array(tensor.q.scales).reshape(-1, 1, 1, 1)
        whole = tensor.array / scales
        np.testing.assert_allclose(whole, np.round(whole), atol=1e-4)
