"""Excerpts in the documents are the code: a block that names a file stands in it, word for word."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted((ROOT / "docs").glob("*.md"))
EXCERPT = re.compile(r"^`((?:src|tests)/[^`]+)`\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MENTION = re.compile(r"`((?:src/mote|tests|docs)/[\w/]+\.(?:py|c|h|md))`")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_every_excerpt_stands_in_the_file_that_it_names(document: Path) -> None:
    for name, excerpt in EXCERPT.findall(document.read_text()):
        assert excerpt.rstrip() in (ROOT / name).read_text(), f"{name} no longer has:\n{excerpt}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_every_file_that_is_mentioned_exists(document: Path) -> None:
    missing = [m for m in MENTION.findall(document.read_text()) if not (ROOT / m).is_file()]
    assert not missing


def test_adding_an_operator_shows_every_part_of_one() -> None:
    text = (ROOT / "docs" / "adding-an-operator.md").read_text()
    shown = {name for name, _ in EXCERPT.findall(text)}
    assert shown == {
        "src/mote/ir/ops/shape.py",
        "src/mote/reference/shape.py",
        "src/mote/kernels/include/mote_kernels_movement.h",
        "src/mote/kernels/mote_pad_s8.c",
        "src/mote/lower/kernels.py",
        "src/mote/lower/shape.py",
        "tests/test_kernels_pad.py",
    }
