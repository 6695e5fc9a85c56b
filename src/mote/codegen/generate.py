"""Writes the whole project that a program becomes, as texts by relative path."""

from mote.codegen.example import main_c
from mote.codegen.header import model_h
from mote.codegen.identifiers import c_identifier
from mote.codegen.library import kernel_files
from mote.codegen.manifest import FILE, manifest_json
from mote.codegen.project import cmake_lists, makefile, optimization
from mote.codegen.source import model_c
from mote.codegen.weights import weights_c, weights_h
from mote.lower.step import Program
from mote.plan.plan import Plan
from mote.target.target import Target


def generate(program: Program, plan: Plan, target: Target) -> dict[str, str]:
    """Relative path -> text of every file; the same arguments give the same bytes."""
    kernels = kernel_files(program)
    sources = ["model.c", "weights.c", *(path for path in kernels if path.endswith(".c"))]
    name, level = c_identifier(program.graph.name), optimization(program, plan)
    files = {
        "model.h": model_h(program, plan, target),
        "model.c": model_c(program, plan, target),
        "weights.h": weights_h(program, target),
        "weights.c": weights_c(program, target),
        "main.c": main_c(program, plan),
        "Makefile": makefile(name, target, sources, level),
        "CMakeLists.txt": cmake_lists(name, target, sources, level),
        **kernels,
    }
    return {**files, FILE: manifest_json(program, plan, target, files)}
