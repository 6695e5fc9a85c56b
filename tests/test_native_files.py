"""`.mote` files: a graph comes back bit for bit, a damaged file is told to be one."""

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import mote
from mote.errors import ModelFileError, OutputError
from mote.frontends.native import load, to_bytes
from mote.frontends.native.attributes import decode_op, encode_op
from mote.ir import DType, Graph, Node, Quantization, Tensor
from mote.ir.ops import OPS, Add, Conv2D, Function, Op, Padding, Unary
from mote.ir.text import format_graph
from random_layers import random_conv_2d, random_fully_connected


def graphs() -> list[Graph]:
    rng = np.random.default_rng(5)
    return [make(rng) for make in (random_conv_2d, random_fully_connected) for _ in range(6)]


@pytest.mark.parametrize("graph", graphs(), ids=lambda g: g.nodes[0].op.kind)
def test_a_graph_comes_back_bit_for_bit(graph: Graph, tmp_path: Path) -> None:
    path = tmp_path / "g.mote"
    path.write_bytes(to_bytes(graph))
    read = load(path)
    assert format_graph(read) == format_graph(graph)
    assert read.tensors == graph.tensors
    assert read.nodes == graph.nodes
    assert to_bytes(read) == path.read_bytes()


@pytest.mark.parametrize("op", OPS, ids=lambda op: op.kind)
def test_every_operator_has_a_json_form(op: type[Op]) -> None:
    assert decode_op(json.loads(json.dumps(encode_op(op())))) == op()


def test_attributes_keep_their_types() -> None:
    for op in (
        Conv2D(stride=(2, 1), padding=Padding(1, 2, 3, 4)),
        Unary(function=Function.CLIP, alpha=-float("inf"), beta=0.1),
    ):
        assert decode_op(json.loads(json.dumps(encode_op(op)))) == op


def rewritten(path: Path, change: object) -> None:
    """The file with its document changed."""
    with zipfile.ZipFile(path) as archive:
        document = json.loads(archive.read("graph.json"))
        constants = archive.read("constants.bin")
    change(document)  # type: ignore[operator]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("graph.json", json.dumps(document))
        archive.writestr("constants.bin", constants)


CHANGES = {
    "another format": lambda d: d.update(format="other"),
    "a newer version": lambda d: d.update(version=99),
    "no nodes": lambda d: d.pop("nodes"),
    "an unknown operator": lambda d: d["nodes"][0]["op"].update(kind="magic"),
    "an unknown attribute": lambda d: d["nodes"][0]["op"].update(speed=3),
    "a text as stride": lambda d: d["nodes"][0]["op"].update(stride="fast"),
    "a stride of 0": lambda d: d["nodes"][0]["op"].update(stride=[0, 1]),
    "negative padding": lambda d: d["nodes"][0]["op"].update(padding=[-1, 0, 0, 0]),
    "a missing tensor": lambda d: d["nodes"][0].update(output="nowhere"),
    "a wrong shape": lambda d: d["tensors"][0].update(shape=[3, 3]),
    "a huge shape": lambda d: d["tensors"][0].update(shape=[2**40, 2**40]),
    "a negative shape": lambda d: d["tensors"][0].update(shape=[-1]),
    "a scale of 0": lambda d: d["tensors"][0]["quantization"].update(scales=[0]),
    "a constant outside": lambda d: d["tensors"][1].update(offset=10**9),
    "an unknown type": lambda d: d["tensors"][0].update(dtype="int7"),
    "a name twice": lambda d: d["tensors"][1].update(name=d["tensors"][0]["name"]),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_damaged_document_is_told(name: str, tmp_path: Path) -> None:
    path = tmp_path / "g.mote"
    path.write_bytes(to_bytes(graphs()[0]))
    rewritten(path, CHANGES[name])
    with pytest.raises(ModelFileError, match="damaged"):
        load(path)


@pytest.mark.parametrize(
    "data", [b"", b"TFL3", b"PK\x03\x04 cut off"], ids=["empty", "other", "cut"]
)
def test_a_file_that_is_no_archive_is_told(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "g.mote"
    path.write_bytes(data)
    with pytest.raises(ModelFileError, match="no ZIP archive"):
        load(path)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="does not exist"):
        load(tmp_path / "none.mote")


def test_every_cut_of_a_file_is_told_or_harmless(tmp_path: Path) -> None:
    path = tmp_path / "g.mote"
    whole = to_bytes(graphs()[0])
    for length in range(0, len(whole) - 1, 97):
        path.write_bytes(whole[:length])
        with pytest.raises(ModelFileError):
            load(path)


def test_the_name_of_a_graph_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "g.mote"
    path.write_bytes(to_bytes(replace(graphs()[0], name="kws", source_sha256="ab")))
    assert (load(path).name, load(path).source_sha256) == ("kws", "ab")


def test_a_graph_is_saved_and_loaded_through_the_api(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    for path in (tmp_path / "new" / "g.mote", tmp_path / "new" / "g.mote"):
        mote.save(graphs()[0], path)
    assert format_graph(mote.load(path)) == format_graph(graphs()[0])
    assert [p.name for p in path.parent.iterdir()] == ["g.mote"]
    with pytest.raises(OutputError, match="is a directory"):
        mote.save(graphs()[0], tmp_path / "taken")


def test_constants_on_the_integers_of_a_quantised_model_keep_them(tmp_path: Path) -> None:
    q = Quantization((0.5,), (0,))
    values = np.array([-1.5, 2.0], np.float32)
    weight = Tensor("w", (2,), DType.FLOAT32, q, values, DType.INT4)
    x, y = (Tensor(name, (2,), DType.FLOAT32) for name in "xy")
    graph = Graph(
        "g",
        {t.name: t for t in (x, weight, y)},
        (Node("n", Add(), ("x", "w"), "y"),),
        ("x",),
        ("y",),
    )
    path = tmp_path / "g.mote"
    path.write_bytes(to_bytes(graph))
    assert load(path).tensors["w"] == weight
