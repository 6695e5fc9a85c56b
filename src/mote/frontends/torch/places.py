"""What an operation of an exported program is called, and where the user wrote it."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch.export import ExportedProgram
    from torch.fx import Node as FxNode


def module_paths(program: "ExportedProgram") -> set[str]:
    """Paths of all modules that the program knows of."""
    named = set(dict(program.graph_module.named_modules()))
    return named.union(*(_stack(node) for node in program.graph.nodes))


def node_name(node: "FxNode", paths: set[str]) -> str:
    """The path of a leaf module; for an operation written out in ``forward``, path and name."""
    stack = _stack(node)
    path = stack[-1] if stack else ""
    is_leaf = path and not any(p.startswith(f"{path}.") for p in paths)
    name = re.sub(r"_(_\d+)?$", r"\1", node.name)  # an operation that overwrites has a _
    return path if is_leaf else ".".join(p for p in (path, name) if p)


def node_place(node: "FxNode", paths: set[str]) -> str:
    """Node, and the line of the user's source that it comes from."""
    import torch

    here = f"node '{node_name(node, paths)}'"
    trace = (node.meta.get("stack_trace") or "").strip().splitlines()
    library = str(Path(torch.__file__).parent)
    frames = [
        (head.strip(), trace[i + 1].strip() if i + 1 < len(trace) else "")
        for i, head in enumerate(trace)
        if head.strip().startswith('File "') and library not in head
    ]
    if not frames:
        return here
    head, code = frames[-1]
    _, file, rest = head.split('"', 2)
    line = rest.split("line ", 1)[-1].split(",")[0]
    return f"{here} ({Path(file).name}:{line}: {code})"


def _stack(node: "FxNode") -> list[str]:
    """Module paths that enclose a node, outermost first."""
    return [path for path, _ in node.meta.get("nn_module_stack", {}).values()]
