"""Writes the project of several models that take turns in one block of RAM.

Every model has a folder of its own, named after it; the kernels stand in one beside these.
"""

import json
from collections.abc import Sequence

from mote import __version__
from mote.codegen.example import models_main_c
from mote.codegen.generate import generate
from mote.codegen.identifiers import c_identifier
from mote.codegen.manifest import FILE, SCHEMA, TOOL, manifest_json
from mote.codegen.project import cmake_lists, makefile, optimization
from mote.codegen.text import SPDX, tool
from mote.errors import InputError
from mote.lower.step import Program
from mote.plan.plan import Plan
from mote.target.target import Target

NAME = "models"
"""Of the library that holds them all."""

TAKEN = ("build", "kernels", NAME)
"""Folders that no model can have."""

OWN = ("model.h", "model.c", "weights.h", "weights.c")
"""What is a model's alone."""


def generate_bundle(parts: Sequence[tuple[Program, Plan]], target: Target) -> dict[str, str]:
    """Relative path -> text of every file of a project with several models.

    Raises:
        InputError: Two have the same name in C, or one has that of a folder that is needed.
    """
    names = _names(parts)
    models: dict[str, str] = {}
    kernels: dict[str, str] = {}
    for name, (program, plan) in zip(names, parts, strict=True):
        files = generate(program, plan, target)
        own = {path: files[path] for path in OWN}
        own[FILE] = manifest_json(program, plan, target, own)
        models.update({f"{name}/{path}": text for path, text in own.items()})
        kernels.update({p: text for p, text in files.items() if p.startswith("kernels/")})
    kernels = dict(sorted(kernels.items()))
    sources = [path for path in (*models, *kernels) if path.endswith(".c")]
    level = max(optimization(*part) for part in parts)  # "s" for size is behind "2"
    files = {
        "models.h": _models_h(names, parts),
        "main.c": models_main_c(parts),
        "Makefile": makefile(NAME, target, sources, level),
        "CMakeLists.txt": cmake_lists(NAME, target, sources, level),
        **models,
        **kernels,
    }
    return {**files, FILE: _manifest(names, parts, target, [*files, FILE])}


def arena_bytes(plans: Sequence[Plan]) -> int:
    """The block that is large enough for each."""
    return max(plan.total_bytes for plan in plans)


def _names(parts: Sequence[tuple[Program, Plan]]) -> list[str]:
    names = [c_identifier(program.graph.name) for program, _ in parts]
    problems = [
        f"{names.count(name)} models are called '{name}' in C"
        for name in dict.fromkeys(names)
        if names.count(name) > 1
    ]
    problems += [
        f"'{name}' is the name of a folder of the project" for name in TAKEN if name in names
    ]
    if problems:
        raise InputError(
            "models",
            "their names in C must be distinct, since functions, macros and folders have them",
            details=problems,
            hint="a model is called as its file, or as its graph's name says: rename it",
        )
    return names


def _models_h(names: Sequence[str], parts: Sequence[tuple[Program, Plan]]) -> str:
    plans = [plan for _, plan in parts]
    lines = [
        f" *   {name}: {plan.total_bytes:,} bytes" for name, plan in zip(names, plans, strict=True)
    ]
    includes = "\n".join(f'#include "{name}/model.h"' for name in names)
    return f"""\
{SPDX}
 *
 * Models that take turns in one block of RAM, written by {tool()}:
 *
{chr(10).join(lines)}
 *
 *     static uint8_t arena[MOTE_ARENA_BYTES] __attribute__((aligned(8)));
 *
 * is handed to the functions of each; {names[0]}/model.h says how. Nothing is kept from one
 * inference to the next, so any may follow any. From the moment that an input is written until the
 * outputs are read the block belongs to one model: another would overwrite them. */
#ifndef MOTE_MODELS_H
#define MOTE_MODELS_H

{includes}

/* As much as the largest needs. */
#define MOTE_ARENA_BYTES {arena_bytes(plans)}u

#endif
"""


def _manifest(
    names: Sequence[str],
    parts: Sequence[tuple[Program, Plan]],
    target: Target,
    files: Sequence[str],
) -> str:
    document = {
        "schema": SCHEMA,
        "tool": TOOL,
        "tool_version": __version__,
        "target": {
            "name": target.name,
            "core": target.core.name,
            "gcc_flags": list(target.core.gcc_flags),
        },
        "ram_bytes": {"total": arena_bytes([plan for _, plan in parts])},
        "models": [
            {"prefix": name, "manifest": f"{name}/{FILE}", "ram_bytes": plan.total_bytes}
            for name, (_, plan) in zip(names, parts, strict=True)
        ],
        "files": sorted(files),
    }
    return json.dumps(document, indent=2, ensure_ascii=True) + "\n"
