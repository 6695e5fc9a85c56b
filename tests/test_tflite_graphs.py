"""Names, order and origin of what the TFLite front end reads, and graphs that come back."""

import dataclasses
import hashlib
from pathlib import Path

import numpy as np
import pytest

from mote.frontends.tflite import load, parse, tensor_names
from mote.ir import Graph, Quantization, Tensor
from mote.ir.text import format_graph
from random_graphs import random_graph
from raw_tflite import RawModel, RawOperator, RawTensor, indices, write_raw
from test_tflite_import import imported
from tflite_writer import write_tflite


def test_several_inputs_and_outputs_keep_their_order() -> None:
    t = RawTensor((1, 4))
    model = RawModel(
        {"a": t, "b": t, "unused": t, "sum": t, "twice": t},
        [
            RawOperator("ADD", ["b", "a"], ["sum"], "AddOptions"),
            RawOperator("ADD", ["sum", "sum"], ["twice"], "AddOptions"),
        ],
        ["b", "unused", "a"],
        ["twice", "sum"],
    )
    graph = parse(write_raw(model), "several", "several.tflite")
    assert graph.inputs == ("b", "unused", "a")
    assert graph.outputs == ("twice", "sum")


def test_dead_operators_and_constants_are_dropped_unjudged() -> None:
    t = RawTensor((1, 4))
    model = RawModel(
        {"x": t, "y": t, "dead": t, "c": indices(1)},
        [
            RawOperator("CUSTOM:Telemetry", ["x", "c"], ["dead"]),
            RawOperator("ADD", ["x", "x"], ["y"], "AddOptions"),
        ],
        ["x"],
        ["y"],
    )
    graph = parse(write_raw(model), "dead", "dead.tflite")
    assert [node.name for node in graph.nodes] == ["add_1"]
    assert set(graph.tensors) == {"x", "y"}


def test_repeated_empty_and_unprintable_names_become_unique() -> None:
    assert tensor_names(["a", "", "a", "a:2", "", "b\nc", "tensor:1"]) == (
        "a",
        "tensor:1",
        "a:2",
        "a:2:3",
        "tensor:4",
        "b?c",
        "tensor:1:6",
    )


def test_the_graph_uses_the_unique_names() -> None:
    t = RawTensor((1, 4))
    model = RawModel(
        {
            "x": dataclasses.replace(t, name="same"),
            "y": dataclasses.replace(t, name="same"),
            "z": dataclasses.replace(t, name="<empty>"),
        },
        [
            RawOperator("ADD", ["x", "x"], ["y"], "AddOptions"),
            RawOperator("ADD", ["x", "y"], ["z"], "AddOptions"),
        ],
        ["x"],
        ["z"],
    )
    graph = parse(write_raw(model), "names", "names.tflite")
    assert graph.inputs == ("same",)
    assert graph.nodes[1].inputs == ("same", "same:1")
    assert graph.outputs == ("tensor:2",)


def test_scales_are_the_files_float32_values() -> None:
    scale = float(np.float32(0.1))
    tensors = {"x": RawTensor((1, 4), scales=(0.1,)), "y": RawTensor((1, 4))}
    graph = imported("ADD", tensors, "AddOptions", operands=["x", "x"])
    assert graph.tensors["x"].q == Quantization((scale,), (0,))


def test_a_graph_from_a_file_knows_its_name_and_hash(tmp_path: Path) -> None:
    t = RawTensor((1, 4))
    model = RawModel(
        {"x": t, "y": t}, [RawOperator("ADD", ["x", "x"], ["y"], "AddOptions")], ["x"], ["y"]
    )
    path = tmp_path / "my model.v2.tflite"
    path.write_bytes(write_raw(model))
    graph = load(path)
    assert graph.name == "my model.v2"
    assert graph.source_sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert load(str(path)) == graph


def canonical(graph: Graph) -> Graph:
    """Tensors in the order of use; the format cannot tell one scale from one per channel."""
    order = [*graph.inputs, *(t for n in graph.nodes for t in (*n.inputs, n.output))]
    return dataclasses.replace(graph, tensors={t: _whole(graph.tensors[t]) for t in order})


def _whole(tensor: Tensor) -> Tensor:
    q = tensor.quantization
    if q is None or len(q.scales) > 1:
        return tensor
    return dataclasses.replace(tensor, quantization=Quantization(q.scales, q.zero_points))


@pytest.mark.parametrize("seed", range(60))
def test_a_written_graph_reads_back_the_same(seed: int) -> None:
    graph = random_graph(seed)
    read = parse(write_tflite(graph), graph.name, "random.tflite")
    assert format_graph(read) == format_graph(canonical(graph))
    assert dict(read.tensors) == dict(canonical(graph).tensors)
