"""The memory map as a picture: well-formed, complete, inside its frame."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

import mote
from mote.cli import main
from mote.plan import MODES
from mote.report import memory_map
from mote.report.memory_map import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH
from random_graphs import random_graph
from tiny_model import tiny_graph

SVG = "{http://www.w3.org/2000/svg}"


def boxes(text: str) -> list[ElementTree.Element]:
    """The rectangles with a title: what lies in the arena."""
    root = ElementTree.fromstring(text)
    return [r for r in root.iter(f"{SVG}rect") if r.find(f"{SVG}title") is not None]


@pytest.mark.parametrize("mode", MODES)
def test_everything_that_lies_in_the_arena_is_drawn_by_name(mode: str) -> None:
    build = mote.compile(tiny_graph(), "cortex-m4", optimize=mode)
    titles = [
        box.findtext(f"{SVG}title") or "" for box in boxes(memory_map(build.program, build.plan))
    ]
    for name in build.plan.network.strips:
        assert any(title.startswith((f"{name}:", f"{name},")) for title in titles)
    for position in build.plan.layout.scratch:
        node = build.program.steps[build.plan.network.tasks[position].index].node
        assert any(title.startswith(f"scratch of {node.name}:") for title in titles)


@pytest.mark.parametrize("seed", range(20))
def test_every_part_lies_inside_the_frame(seed: int) -> None:
    build = mote.compile(random_graph(seed), "cortex-m4", optimize="ram")
    for box in boxes(memory_map(build.program, build.plan)):
        x, y, width, height = (float(box.get(key, "nan")) for key in ("x", "y", "width", "height"))
        assert LEFT - 0.1 <= x <= x + width <= WIDTH - RIGHT + 0.5
        assert TOP - 0.1 <= y <= y + height <= HEIGHT - BOTTOM + 0.5


def test_names_cannot_break_the_picture() -> None:
    build = mote.compile(tiny_graph('<a & "b">'), "host")
    assert ElementTree.fromstring(memory_map(build.program, build.plan)).tag == f"{SVG}svg"


@pytest.mark.parametrize("name", ["map.txt", "folder.svg", "file/map.svg"])
def test_an_impossible_place_is_refused_before_any_work(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "folder.svg").mkdir()
    (tmp_path / "file").touch()
    place = str(tmp_path / name)
    assert main(["profile", "absent.tflite", "-t", "cortex-m4", "--memory-map", place]) == 2
    said = capsys.readouterr().err
    assert place in said
    assert "absent.tflite" not in said
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder.svg"]
