"""Prints docs/onnx-conformance.md: what becomes of each node test that the package onnx ships.

python scripts/onnx_conformance.py > docs/onnx-conformance.md
"""

import re
import sys
import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import onnx

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "src")]

from onnx_conformance import Outcome, cases, outcomes  # noqa: E402

MAX_REASONS = 6

HEAD = """\
# ONNX conformance

The package `onnx` {version} ships {total} tests of single operators for opset 13 and newer, with
their inputs and expected results. Each runs through the importer and the numpy reference, before
and after the passes, with the tolerances of ONNX's own runner (relative 1e-3, absolute 1e-5;
integers equal). This page is printed by

    python scripts/onnx_conformance.py

and `tests/test_onnx_conformance.py` checks that it is true.

| of {total} tests | |
|---|---|
| passed | {passed} |
| passed, computed by the import | {computed} |
| refused, with a message that names operator, attribute or type | {refused} |
| wrong or crashing | {wrong} |

The tests give every operand when the model runs, weights and shapes too. A compiled model needs
those stored, as exported models have them. So a test counts as *passed* when the expected values
come out with all operands given, or with all but the first stored in the model. It counts as
*computed* when only the form passes in which every operand is stored and the import itself computes
the result, which is how the arithmetic on shapes in exported models disappears. Rows in italics are
tests of ONNX's definition of an operator by others, which the importer uses for operators that it
does not convert itself.

| operator | passed | computed | refused | refused because |
|---|---|---|---|---|
"""


def page(found: Sequence[Outcome]) -> str:
    counts = Counter(o.result for o in found)
    text = HEAD.format(
        version=onnx.__version__,
        total=len(found),
        **{result: counts[result] for result in ("passed", "computed", "refused", "wrong")},
    )
    rows: dict[str, list[Outcome]] = {}
    for outcome in found:
        rows.setdefault(row(outcome), []).append(outcome)
    for name in sorted(rows, key=lambda n: (n.strip("*").lower(), n)):
        text += line(name, rows[name])
    return text


def row(outcome: Outcome) -> str:
    """The operator that a test is of; in italics when its definition is what runs."""
    if len(outcome.operators) == 1:
        return outcome.operators[0]
    return f"*{base_operators().get(outcome.name.partition('_expanded')[0], 'several')}*"


def base_operators() -> dict[str, str]:
    """The operator of each test that has only one."""
    return {
        case.name: next(iter({n.op_type for n in case.model.graph.node}))
        for case in cases()
        if len({n.op_type for n in case.model.graph.node}) == 1
    }


def line(name: str, found: Iterable[Outcome]) -> str:
    found = list(found)
    counts = Counter(o.result for o in found)
    reasons = Counter(plain(o.reason) for o in found if o.result == "refused")
    told = [
        f"{reason} ({n})" if n > 1 else reason for reason, n in reasons.most_common(MAX_REASONS)
    ]
    if len(reasons) > MAX_REASONS:
        told.append(f"{len(reasons) - MAX_REASONS} more reasons")
    numbers = (str(counts[result] or "") for result in ("passed", "computed", "refused"))
    return f"| {name} | {' | '.join(numbers)} | {'; '.join(told)} |\n"


def plain(reason: str) -> str:
    """A reason without the names and numbers of one test; the first where there are several."""
    first = reason.split("; node ")[0]
    first = re.sub(r"^node \d+ \w+ '[^']*': ", "", first)
    first = re.sub(r"^input '[^']*'", "an input", first)
    first = re.sub(r"'[^']*/[^']*'", "a value", first)
    first = re.sub(r"\[[-\d, .]*\]", "[…]", first)
    first = first.replace("the operator is not supported", "not supported")
    first = re.sub(r", allowed: (float, int8, .*|the same type)$", "", first)
    return first.replace("|", "\\|")


if __name__ == "__main__":
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        print(page(list(outcomes())), end="")
