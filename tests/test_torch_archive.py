"""``.pt2`` files: the same graph as from the module; whatever the bytes, a graph or one error."""

import io
import json
import pickle
import random
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import mote
from mote.errors import ModelFileError, MoteError, UnsupportedModelError
from mote.ir.text import format_graph

MODEL = "net/models/model.json"


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 4, 3)
        self.head = nn.Linear(4 * 4 * 4, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(torch.relu(self.conv(x)).flatten(1))


@pytest.fixture(scope="module")
def network() -> nn.Module:
    torch.manual_seed(0)
    return Net().eval()


@pytest.fixture(scope="module")
def data(network: nn.Module) -> bytes:
    buffer = io.BytesIO()
    torch.export.save(torch.export.export(network, (torch.zeros(1, 2, 6, 6),)), buffer)
    return buffer.getvalue()


def rebuilt(data: bytes, change: Callable[[dict[str, bytes]], None]) -> bytes:
    """The archive after a change of its entries, by name."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = {f"net/{n.split('/', 1)[1]}": archive.read(n) for n in archive.namelist()}
    change(entries)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def with_program(data: bytes, change: Callable[[Any], None]) -> bytes:
    """The archive after a change of its program, as JSON."""

    def apply(entries: dict[str, bytes]) -> None:
        program = json.loads(entries[MODEL])
        change(program)
        entries[MODEL] = json.dumps(program).encode()

    return rebuilt(data, apply)


def load(path: Path, data: bytes) -> Any:
    path.write_bytes(data)
    return mote.load(path)


def test_a_file_gives_the_graph_of_its_module(
    network: nn.Module, data: bytes, tmp_path: Path
) -> None:
    found = load(tmp_path / "net.pt2", data)
    expected = mote.from_torch(network, torch.zeros(1, 2, 6, 6), name="net")
    assert format_graph(found) == format_graph(expected)
    assert len(found.source_sha256) == 64


def test_source_lines_come_from_the_file(tmp_path: Path) -> None:
    class Bad(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.argsort(1)

    path = tmp_path / "bad.pt2"
    torch.export.save(torch.export.export(Bad(), (torch.zeros(1, 3),)), path)
    with pytest.raises(UnsupportedModelError, match=r"test_torch_archive.py:\d+: return x.argsort"):
        mote.load(path)


class Bomb:
    """Unpickling it leaves a trace."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.path,))


def test_no_pickle_of_a_file_is_read(data: bytes, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    bomb = pickle.dumps(Bomb(trace))

    def plant(entries: dict[str, bytes]) -> None:
        entries["net/data/sample_inputs/model.pt"] = bomb
        entries["net/data/constants/custom_obj_0"] = bomb

    assert load(tmp_path / "net.pt2", rebuilt(data, plant)).nodes
    assert not trace.exists()


def test_pickled_weights_are_refused(data: bytes, tmp_path: Path) -> None:
    name = "net/data/weights/model_weights_config.json"

    def plant(entries: dict[str, bytes]) -> None:
        entries[name] = entries[name].replace(b'"use_pickle": false', b'"use_pickle": true')

    with pytest.raises(ModelFileError, match="holds pickled weights"):
        load(tmp_path / "net.pt2", rebuilt(data, plant))


@pytest.mark.parametrize(
    "target",
    ["torch.os.system", "torch.ops.higher_order.cond", "math.sqrt", "#ext:op", "torch.ops.my.op.x"],
)
def test_operations_that_are_not_pytorchs_are_refused(
    target: str, data: bytes, tmp_path: Path
) -> None:
    def plant(program: Any) -> None:
        program["graph_module"]["graph"]["nodes"][0]["target"] = target

    with pytest.raises(UnsupportedModelError, match=target.replace(".", r"\.")):
        load(tmp_path / "net.pt2", with_program(data, plant))


def test_expressions_are_not_evaluated(data: bytes, tmp_path: Path) -> None:
    trace = tmp_path / "trace"

    def plant(program: Any) -> None:
        sizes = program["graph_module"]["graph"]["tensor_values"]["x"]["sizes"]
        code = f"__import__('pathlib').Path('{trace}').touch()"
        sizes[0] = {"as_expr": {"expr_str": code, "hint": {"as_int": 1}}}

    with pytest.raises(UnsupportedModelError, match="its shapes are dynamic"):
        load(tmp_path / "net.pt2", with_program(data, plant))
    assert not trace.exists()


def test_dynamic_shapes_are_refused_with_a_way_out(network: nn.Module, tmp_path: Path) -> None:
    batch = torch.export.Dim("batch", max=8)
    example = (torch.zeros(2, 2, 6, 6),)
    program = torch.export.export(network, example, dynamic_shapes=({0: batch},))
    path = tmp_path / "net.pt2"
    torch.export.save(program, path)
    with pytest.raises(UnsupportedModelError, match="export without dynamic_shapes"):
        mote.load(path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is no .pt2 archive"),
        (b"PK\x03\x04" + b"\0" * 40, "is no .pt2 archive"),
        (pickle.dumps({"w": 1}), "is no .pt2 archive"),
    ],
)
def test_other_files_are_refused(content: bytes, reason: str, tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=reason):
        load(tmp_path / "net.pt2", content)


def test_a_state_dict_is_told_from_a_program(network: nn.Module, tmp_path: Path) -> None:
    path = tmp_path / "net.pt2"
    torch.save(network.state_dict(), path)
    with pytest.raises(ModelFileError, match="holds pickled values"):
        mote.load(path)


def test_missing_files_and_directories_are_refused(tmp_path: Path) -> None:
    (tmp_path / "dir.pt2").mkdir()
    with pytest.raises(ModelFileError, match="is a directory"):
        mote.load(tmp_path / "dir.pt2")
    with pytest.raises(ModelFileError, match="does not exist"):
        mote.load(tmp_path / "none.pt2")


def mutated(data: bytes, seed: int) -> bytes:
    """The archive with one thing damaged: its bytes, its program or the size of an entry."""
    chance = random.Random(seed)
    match seed % 4:
        case 0:
            place = chance.randrange(len(data))
            return (
                data[:place] + bytes([data[place] ^ 1 << chance.randrange(8)]) + data[place + 1 :]
            )
        case 1:
            return data[: chance.randrange(len(data))]
        case 2:
            return with_program(data, lambda program: _damage(program, chance))

    def cut(entries: dict[str, bytes]) -> None:
        name = chance.choice(sorted(entries))
        if chance.randrange(3):
            entries[name] = entries[name][: chance.randrange(len(entries[name]) + 1)]
        else:
            del entries[name]

    return rebuilt(data, cut)


def _damage(program: Any, chance: random.Random) -> None:
    """Replace one value somewhere in the program by something else."""
    places: list[tuple[Any, Any]] = []
    todo = [program]
    while todo:
        item = todo.pop()
        pairs = item.items() if isinstance(item, dict) else enumerate(item)
        for key, value in pairs:
            places.append((item, key))
            if isinstance(value, dict | list):
                todo.append(value)
    item, key = chance.choice(places)
    others = [None, 0, -1, 2**40, "", "x", [], {}, 7, True, 1.5, item[key]]
    item[key] = chance.choice(others)


def damage(data: bytes, seeds: range, path: Path) -> int:
    """How many of the damaged files were still read; the others gave a MoteError."""
    read = 0
    for seed in seeds:
        path.write_bytes(mutated(data, seed))
        try:
            graph = mote.load(path)
        except MoteError:
            continue
        read += 1
        assert np.prod([len(graph.nodes), len(graph.outputs)])
    return read


def test_damaged_files_give_a_graph_or_an_error(data: bytes, tmp_path: Path) -> None:
    assert damage(data, range(60), tmp_path / "net.pt2") < 45


@pytest.mark.slow
def test_many_damaged_files_give_a_graph_or_an_error(data: bytes, tmp_path: Path) -> None:
    assert damage(data, range(60, 3000), tmp_path / "net.pt2") < 2400
