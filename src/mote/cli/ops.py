"""`mote ops`: what is supported, operator x element types x core."""

from collections.abc import Sequence

import click

from mote.cli.console import print_json, print_table, stdout, table
from mote.cli.options import json_option
from mote.lower.support import Support, SupportRow, support_table

_MARKS = {
    Support.MVE: "MVE",
    Support.DSP: "DSP",
    Support.PORTABLE: "C",
    Support.FREE: "free",
    Support.FLOAT: "C*",
}


@click.command("ops", short_help="List the operators, with types and cores.")
@json_option()
def ops_command(as_json: bool) -> None:
    """List the operators: which element types, and how each core computes them.

    Every padding, stride, dilation and number of channels is supported unless the list says
    otherwise. A model that uses something else is refused with the names of all such nodes.

    \b
    Examples:
      mote ops
      mote ops --json
    """
    rows = support_table()
    if as_json:
        print_json({"operators": [_as_json(row) for row in rows]})
        return
    groups = _alike(rows)
    names = ["\n".join(core.removeprefix("cortex-") for core in group) for group in groups]
    made = table(["operator", "types", *names], text=["operator", "types"])
    for row in rows:
        x, y = (dtype.value for dtype in row.dtypes)
        marks = (_MARKS[row.cores[group[0]]] for group in groups)
        made.add_row(row.kind, x if x == y else f"{x} to {y}", *marks)
    print_table(made)
    console = stdout()
    for support, mark in _MARKS.items():
        console.print(f"{mark:<6} {support.meaning}", soft_wrap=True)


def _alike(rows: Sequence[SupportRow]) -> list[tuple[str, ...]]:
    """The cores, those together that compute every operator in the same way."""
    groups: dict[tuple[Support, ...], tuple[str, ...]] = {}
    for core in rows[0].cores:
        supports = tuple(row.cores[core] for row in rows)
        groups[supports] = (*groups.get(supports, ()), core)
    return list(groups.values())


def _as_json(row: SupportRow) -> dict[str, object]:
    return {
        "operator": row.kind,
        "summary": row.summary,
        "input": row.dtypes[0].value,
        "output": row.dtypes[1].value,
        "cores": {core: support.value for core, support in row.cores.items()},
    }
