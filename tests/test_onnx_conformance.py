"""The node tests of the onnx package: passed or refused by name, none wrong, as the page says."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import numpy as np
import onnx
import pytest

from onnx_conformance import Outcome, cases, outcomes

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "onnx-conformance.md"
PORTION = 10

NAMES_WHAT_IS_IN_THE_WAY = re.compile(
    r"node \d+ \w+ '|(input|output) '[^']*' (has|is)|constant '[^']*'|operator|opset"
)


def check(found: list[Outcome]) -> None:
    wrong = [o for o in found if o.result == "wrong"]
    assert not wrong, wrong[:5]
    vague = [o for o in found if o.result == "refused" if not names_it(o)]
    assert not vague, vague[:5]


def names_it(outcome: Outcome) -> bool:
    return bool(NAMES_WHAT_IS_IN_THE_WAY.search(outcome.reason))


def test_a_sample_of_the_node_tests_passes_or_is_refused_by_name() -> None:
    rng = np.random.default_rng(11)
    every = cases()
    chosen = rng.choice(len(every), len(every) // PORTION, replace=False)
    check(list(outcomes([every[i] for i in sorted(chosen)])))


def script() -> ModuleType:
    path = ROOT / "scripts" / "onnx_conformance.py"
    spec = importlib.util.spec_from_file_location("onnx_conformance_page", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_the_page_is_what_its_script_prints() -> None:
    found = list(outcomes())
    check(found)
    require_version()
    assert PAGE.read_text() == script().page(found)


def test_the_page_counts_every_test_and_none_as_wrong() -> None:
    require_version()
    text = PAGE.read_text()
    counts = [
        int(n) for n in re.findall(r"^\| (?:passed|refused|wrong)[^|]*\| (\d+) \|", text, re.M)
    ]
    assert sum(counts) == len(cases())
    assert "| wrong or crashing | 0 |" in text


def require_version() -> None:
    if f"`onnx` {onnx.__version__} ships" not in PAGE.read_text():
        pytest.skip(f"the page is of another version of onnx than {onnx.__version__}")
