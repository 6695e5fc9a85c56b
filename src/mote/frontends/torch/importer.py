"""From a PyTorch module to an exported program, and from that to a float graph."""

import operator
import sysconfig
import traceback
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mote.errors import InputError, ToolError, UnsupportedModelError
from mote.frontends.torch.archive import read_program
from mote.frontends.torch.in_place import functional_target, is_in_place, overwritten
from mote.frontends.torch.operators import CONVERTERS, WAYS_OUT
from mote.frontends.torch.program import convert
from mote.frontends.torch.quiet import quiet
from mote.ir import Graph

if TYPE_CHECKING:
    from torch.export import ExportedProgram
    from torch.nn import Module

    Exportable = Module | ExportedProgram


def from_torch(module: "Exportable", example_inputs: Any = (), name: str = "model") -> Graph:
    """Convert a PyTorch module, in evaluation mode, to a float graph.

    Images are ``[N, H, W, C]`` in the graph, where PyTorch has ``[N, C, H, W]``, and sequences that
    1-D convolutions read ``[N, L, C]``, inputs and outputs included; all other values are as in
    PyTorch. The graph counts as PyTorch does, with transposes around what needs another order:
    ``passes.remove_transposes`` removes them. Nodes are named by module path. An already
    quantised module (PT2E, torchao) becomes a graph with ``quantize`` and ``dequantize`` nodes.

    Args:
        module: The trained module, whose mode is restored afterwards, or an exported program.
        example_inputs: A float32 tensor, or a tuple of them, with the shapes of deployment;
            int64 or int32 for indices of an embedding. A program needs none.
        name: Name of the graph; the base of C identifiers.

    Raises:
        InputError: The module or its inputs are no such things.
        UnsupportedModelError: It cannot be traced, or uses what has no equal; lists all of it.
    """
    torch = _torch()
    if isinstance(module, torch.export.ExportedProgram):
        return convert(decomposed(module, name), name)
    if not isinstance(module, torch.nn.Module):
        raise InputError(name, f"needs a torch.nn.Module, found {type(module).__name__}")
    examples = example_inputs if isinstance(example_inputs, tuple | list) else (example_inputs,)
    for i, example in enumerate(examples):
        allowed = (torch.float32, torch.int64, torch.int32)
        if not isinstance(example, torch.Tensor) or example.dtype not in allowed:
            found = example.dtype if isinstance(example, torch.Tensor) else type(example)
            raise InputError(
                f"{name}: input {i}",
                f"needs a torch.Tensor of float32, int64 or int32, found {found}",
                hint="torch.from_numpy(array).float()" if hasattr(example, "__array__") else "",
            )
    return convert(decomposed(_export(module, tuple(examples), name), name), name)


def load(path: str | Path) -> Graph:
    """Read a ``.pt2`` file as a float graph, as ``from_torch`` does with its module.

    Raises:
        ModelFileError: The file is missing, damaged or holds no exported program.
        UnsupportedModelError: The program uses what has no equal; lists all of it.
    """
    _torch()
    path = Path(path)
    program, digest = read_program(path)
    where = str(path)
    return replace(convert(decomposed(program, where), where), name=path.stem, source_sha256=digest)


def _torch() -> Any:
    try:
        import torch
        import torch.export
    except ImportError as error:
        raise ToolError(
            "PyTorch", "the package torch is not installed", hint="pip install 'mote[torch]'"
        ) from error
    return torch


def _export(module: "Module", examples: tuple[Any, ...], name: str) -> "ExportedProgram":
    import torch

    modes = {m: m.training for m in module.modules()}
    try:
        with quiet(), suppress(NotImplementedError):  # of modules that were exported before
            module.eval()
        with quiet():
            exported: ExportedProgram = torch.export.export(module, examples)
            return exported
    except Exception as error:  # whatever the user's forward() or the tracer raises
        raise _untraceable(name, error) from error
    finally:
        for child, training in modes.items():
            child.training = training


def decomposed(program: "ExportedProgram", name: str) -> "ExportedProgram":
    """The program without side effects, in operations that the tables name where possible."""
    if all(_is_final(node) for node in program.graph.nodes):
        return program
    try:
        with quiet():
            functional: ExportedProgram = program.run_decompositions(_decompositions())
            return functional
    except Exception as error:
        raise _untraceable(name, error) from error


def _is_final(node: Any) -> bool:
    """True for what needs no decomposition: most programs have nothing else, and it takes long."""
    if node.op != "call_function" or node.target is operator.getitem:
        return True
    if functional_target(node) not in CONVERTERS:
        return False
    return not is_in_place(node) or overwritten(node) is not None


def _decompositions() -> Any:
    """PyTorch's own decompositions of all operations but those in the tables."""
    import torch

    table: Any = torch.export.default_decompositions()
    for target in (*CONVERTERS, *WAYS_OUT):
        namespace, operation, overload = target.split(".")
        packet = getattr(getattr(torch.ops, namespace), operation, None)
        if packet is not None and overload in packet.overloads():
            table.pop(getattr(packet, overload), None)
    return table


def _untraceable(name: str, error: Exception) -> UnsupportedModelError:
    reason = next(iter(str(error).splitlines()), "") or type(error).__name__
    return UnsupportedModelError(
        name,
        f"torch.export cannot trace the module: {reason}",
        details=_line_of_module(error),
        hint="torch.export.export(module, example_inputs) must succeed: the example needs the "
        "shapes of deployment, and control flow must not depend on data",
    )


def _line_of_module(error: Exception) -> list[str]:
    """The innermost line of the user's in a traceback that ends inside PyTorch."""
    import torch

    paths = sysconfig.get_paths()
    ours = (Path(torch.__file__).parent, Path(__file__).parent)
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        is_library = path.is_relative_to(paths["stdlib"]) and not path.is_relative_to(
            paths["purelib"]
        )
        if path.is_file() and not is_library and not any(path.is_relative_to(p) for p in ours):
            return [f"{path.name}:{frame.lineno}: {(frame.line or '').strip()[:200]}"]
    return []
