"""Nothing is forgotten: every operator has its meaning and kernels, every kernel its contract."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from mote.codegen.library import DECLARATIONS
from mote.codegen.text import C_TYPES
from mote.ir.ops import OPS, Op, Reshape
from mote.ir.tensor import DType
from mote.lower.float32 import LOWERINGS_F32
from mote.lower.kernels import KERNELS
from mote.lower.lower import LOWERINGS
from mote.lower.step import Kernel
from mote.lower.support import Support, support_table
from mote.reference.evaluate import EVALUATORS
from mote.target.cores import CORES

FOLDER = Path(__file__).resolve().parents[1] / "src" / "mote" / "kernels"
HEADERS = {name: (FOLDER / "include" / name).read_text() for name in DECLARATIONS}
SOURCES = sorted(FOLDER.glob("*.c"))
ALIASES: tuple[type[Op], ...] = (Reshape,)
"""Operators whose result is another name for the same bytes: no lowering, no kernel."""

FLOAT = ((DType.FLOAT32, DType.FLOAT32), (DType.INT32, DType.FLOAT32))
"""Of a float graph; integers index a float table."""
STANDARD_HEADERS = {"stdint.h", "stddef.h", "string.h", "arm_acle.h", "arm_mve.h"}
LIBC = {"memcpy", "memset", "memmove"}
"""What a freestanding implementation has anyway, because compilers call it."""

every_operator = pytest.mark.parametrize("op", OPS, ids=lambda op: op.kind)
every_kernel = pytest.mark.parametrize("kernel", KERNELS.values(), ids=lambda k: k.name)


def declaration(kernel: Kernel) -> str:
    found = re.search(rf"void {kernel.name}\(([^;]*)\);", "".join(HEADERS.values()))
    assert found, f"{kernel.name} is not declared in any of {', '.join(HEADERS)}"
    return " ".join(found.group(1).split())


@every_operator
def test_an_operator_says_what_it_is(op: type[Op]) -> None:
    assert op.__doc__
    assert re.fullmatch(r"[a-z0-9_]+", op.kind)
    assert op.dtypes


@every_operator
def test_an_operator_has_a_meaning(op: type[Op]) -> None:
    assert op in EVALUATORS


@every_operator
def test_an_operator_has_lowerings_and_kernels_for_all_its_types(op: type[Op]) -> None:
    served = {k.dtypes for k in KERNELS.values() if k.computes(op)}
    if op in ALIASES:
        assert op not in {*LOWERINGS, *LOWERINGS_F32}
        assert not served
        return
    assert served == set(op.dtypes)
    if any(dtypes not in FLOAT for dtypes in served):
        assert op in LOWERINGS
    else:
        assert op in LOWERINGS_F32


def test_the_tables_hold_operators_and_nothing_else() -> None:
    assert set(EVALUATORS) == set(OPS)
    assert {*LOWERINGS, *LOWERINGS_F32} <= set(OPS)
    assert len({op.kind for op in OPS}) == len(OPS)


def test_every_kernel_file_has_a_row_and_every_row_a_file() -> None:
    assert {path.stem for path in SOURCES} == set(KERNELS)


@every_kernel
def test_a_kernel_is_declared_with_the_struct_and_pointers_of_its_row(kernel: Kernel) -> None:
    x, y = (C_TYPES[dtype] for dtype in kernel.dtypes)
    operands = r"const void \*const \*x" if kernel.takes_array else rf"const {x} \*x0?"
    if kernel.takes_rows:
        operands = rf"const {x} \*const \*x"
    pattern = rf"const {kernel.struct} \*layer, {operands},.*\b{y} \*y(, void \*scratch)?"
    pattern += r", uint32_t row" if kernel.takes_row else ""
    pattern += r", void \*state, uint32_t call" if kernel.takes_state else ""
    pattern += r", const mote_strides \*strides" if kernel.takes_strides else ""
    found = re.fullmatch(pattern, declaration(kernel))
    assert found, declaration(kernel)
    assert (found.group(1) is not None) == kernel.takes_scratch
    assert re.search(rf"}} {kernel.struct};", "".join(HEADERS.values()))


@every_kernel
def test_a_kernel_file_opens_with_its_contract_or_says_where_it_is(kernel: Kernel) -> None:
    contract = opening_comment(FOLDER / f"{kernel.name}.c")
    for name in re.findall(r"mote_\w+\.h", contract):
        contract += opening_comment(FOLDER / "include" / name)
    assert re.search(r"\by\b", contract)
    assert "Scratch" in contract


def opening_comment(path: Path) -> str:
    text = path.read_text()
    assert text.startswith("/* SPDX-License-Identifier: Apache-2.0\n *\n * ")
    return text[: text.index("*/")]


@every_kernel
def test_a_kernel_for_some_cores_has_a_portable_one_beside_it(kernel: Kernel) -> None:
    assert kernel.needs_dsp == ("_dsp" in kernel.name)
    assert kernel.needs_mve == ("_mve" in kernel.name)
    assert kernel.needs_swar == ("_swar" in kernel.name)
    assert kernel.needs_narrow == ("_narrow" in kernel.name)
    assert any(
        not (other.needs_dsp or other.needs_mve or other.needs_swar or other.needs_narrow)
        and (other.operator, other.dtypes) == (kernel.operator, kernel.dtypes)
        for other in KERNELS.values()
    )


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.[ch]")), ids=lambda path: path.name)
def test_kernels_include_nothing_of_the_machine(path: Path) -> None:
    included = set(re.findall(r'#\s*include\s*[<"]([^>"]+)', path.read_text()))
    own = {name for name in included if (FOLDER / "include" / name).is_file()}
    assert included - own <= STANDARD_HEADERS


def test_kernels_keep_no_state_and_call_nothing_but_each_other(tmp_path: Path) -> None:
    compiler, nm = shutil.which("cc"), shutil.which("nm")
    assert compiler
    assert nm
    objects = [str(tmp_path / f"{path.stem}.o") for path in SOURCES]
    options = ["-std=c99", "-O1", "-ffreestanding", "-I", str(FOLDER / "include"), "-c"]
    subprocess.run([compiler, *options, *map(str, SOURCES)], cwd=tmp_path, check=True)
    listed = subprocess.run([nm, "-P", *objects], capture_output=True, text=True, check=True).stdout
    symbols = [line.split()[:2] for line in listed.splitlines() if not line.endswith(":")]
    assert not [name for name, kind in symbols if kind.upper() in "BDC"], "mutable data"
    used = {name for name, kind in symbols if kind == "U"}
    assert used - set(KERNELS) - LIBC - {"_GLOBAL_OFFSET_TABLE_"} == set()
    defined = {name for name, kind in symbols if kind == "T"}
    assert defined == set(KERNELS)


def test_the_list_of_what_is_supported_covers_every_operator_type_and_core() -> None:
    rows = {(row.kind, row.dtypes): row for row in support_table()}
    assert set(rows) == {(op.kind, dtypes) for op in OPS for dtypes in op.dtypes}
    for row in rows.values():
        assert row.summary
        assert set(row.cores) == set(CORES)
        by_permission = row.dtypes in FLOAT and row.kind != Reshape.kind
        assert (Support.FLOAT in row.cores.values()) == by_permission
