"""Writes manifest.json: what the project needs and holds, for programs to read."""

import json
from collections.abc import Iterable
from typing import Any

from mote import __version__
from mote.codegen.hash import graph_sha256
from mote.codegen.header import Port, ports
from mote.codegen.identifiers import (
    activations,
    c_identifier,
    constant_name,
    layer_function,
)
from mote.ir.tensor import Tensor
from mote.lower.split import pixel_size
from mote.lower.step import Program, Step
from mote.plan.plan import Plan
from mote.target.target import Target

SCHEMA = 1
"""Raised when a field changes its meaning or goes away."""

FILE = "manifest.json"
TOOL = "mote"


def manifest_json(program: Program, plan: Plan, target: Target, files: Iterable[str]) -> str:
    """The text of manifest.json; sizes are bytes, offsets count from the arena's start.

    ``files`` are the paths of the project's other files.
    """
    graph = program.graph
    constants = [constant for _, constant in program.arrays]
    document = {
        "schema": SCHEMA,
        "tool": TOOL,
        "tool_version": __version__,
        "model": {
            "name": graph.name,
            "prefix": c_identifier(graph.name),
            "sha256": graph.source_sha256,
            "graph_sha256": graph_sha256(graph),
        },
        "target": {
            "name": target.name,
            "core": target.core.name,
            "gcc_flags": list(target.core.gcc_flags),
        },
        "macs": sum(graph.macs(step.node) for step in program.steps),
        "float_layers": list(program.float_layers),
        "ram_bytes": {
            "arena": plan.arena_bytes,
            "scratch": plan.scratch_bytes,
            "total": plan.total_bytes,
            "lower_bound": plan.lower_bound_bytes,
            **({"regions": {b.name: b.bytes for b in plan.blocks}} if plan.regions else {}),
        },
        "flash_bytes": {
            "weights": sum(c.learnt_bytes for c in constants),
            "constants": sum(c.array.nbytes - c.learnt_bytes for c in constants),
            "code": None,  # the user's compiler decides; `mote profile` measures it
        },
        "inputs": [_port(plan, port) for port in ports(program, plan, "input")],
        "outputs": [_port(plan, port) for port in ports(program, plan, "output")],
        "layers": [_layer(program, index) for index in range(len(program.steps))],
        "tensors": _tensors(program, plan),
        "files": sorted([*files, FILE]),
    }
    return json.dumps(document, indent=2, ensure_ascii=True) + "\n"


def _tensor(tensor: Tensor) -> dict[str, Any]:
    q = tensor.quantization
    return {
        "name": tensor.name,
        "dtype": tensor.dtype.value,
        "shape": list(tensor.shape),
        "bytes": tensor.bytes,
        "scale": None if q is None or q.axis is not None else q.scale,
        "zero_point": None if q is None or q.axis is not None else q.zero_point,
    }


def _port(plan: Plan, port: Port) -> dict[str, Any]:
    region = {"region": port.block} if plan.regions else {}
    return {**_tensor(port.tensor), "offset": port.offset, **region, "function": port.function}


def _layer(program: Program, index: int) -> dict[str, Any]:
    step = program.steps[index]
    return {
        "name": step.node.name,
        "operator": step.node.op.label,
        "function": layer_function(program, index),
        "type": step.kernel.type,
        "kernel": step.kernel.name,
        "macs": program.graph.macs(step.node),
        "inputs": list(activations(program, step)),
        "output": step.node.output,
        "scratch_bytes": step.scratch_bytes,
        **_ample(step),
        "constants": [
            {
                "name": constant_name(program, index, c.field),
                "bytes": c.array.nbytes,
                "role": "weights" if c.is_weights else "constants",
            }
            for c in step.constants
        ],
    }


def _tensors(program: Program, plan: Plan) -> list[dict[str, Any]]:
    """Every activation; several may share a buffer, whose life spans ``first``..``last`` layer."""
    lives = {b.name: (b.first, b.last) for b in plan.buffers}
    found = []
    for tensor in program.graph.tensors.values():
        if tensor.is_constant:
            continue
        name, start = program.place(tensor.name)
        first, last = lives[name]
        block = plan.block_at(plan.layout.rows[name][0])
        if plan.is_linear(name):
            at: dict[str, Any] = {"offset": plan.offset(name) + start - block.start}
        else:
            strip = plan.network.strips[name]
            size, pixel = strip.row_bytes, program.pixel_bytes(tensor.name)
            end = (
                start + tensor.bytes // pixel_size(tensor) * pixel
                if pixel
                else start + tensor.bytes
            )
            start -= start % pixel if pixel else 0
            rows = slice(start // size, -(-end // size))
            places = plan.layout.rows[name][rows]
            at = {"row_offsets": [offset - block.start for offset in places]}
        if plan.regions:
            at["region"] = block.name
        place = {**at, "first": first, "last": last}
        found.append({**_tensor(tensor), **place})
    return found


def _ample(step: Step) -> dict[str, Any]:
    """What calls take for which there is more scratch, where there are any."""
    if step.ample is None:
        return {}
    return {"ample_kernel": step.ample.kernel.name, "ample_scratch_bytes": step.ample.scratch_bytes}
