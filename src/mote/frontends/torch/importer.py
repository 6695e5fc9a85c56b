"""From a PyTorch module to a float graph, or one error that tells all that is in the way."""

import operator
import warnings
from typing import TYPE_CHECKING, Any

from mote.errors import InputError, ToolError, UnsupportedModelError
from mote.frontends.torch.builder import Builder, Parameter, RefusalError, Value
from mote.frontends.torch.operators import CONVERTERS, WAYS_OUT
from mote.frontends.torch.places import module_paths, node_name, node_place
from mote.ir import Graph, verify

if TYPE_CHECKING:
    from torch.export import ExportedProgram
    from torch.fx import Node as FxNode
    from torch.nn import Module


def from_torch(module: "Module", example_inputs: Any, name: str = "model") -> Graph:
    """Convert a PyTorch module, in evaluation mode, to a float graph.

    Values that PyTorch keeps as ``[N, C, H, W]`` are ``[N, H, W, C]`` in the graph, its inputs
    and outputs included; ``[N, features]`` stays as it is. Nodes are named by module path.

    Args:
        module: The trained module; its mode is restored afterwards.
        example_inputs: A float32 tensor, or a tuple of them, with the shapes of deployment.
        name: Name of the graph; the base of C identifiers.
    """
    torch = _torch()
    if not isinstance(module, torch.nn.Module):
        raise InputError(name, f"needs a torch.nn.Module, found {type(module).__name__}")
    examples = example_inputs if isinstance(example_inputs, tuple | list) else (example_inputs,)
    for i, example in enumerate(examples):
        if not isinstance(example, torch.Tensor) or example.dtype is not torch.float32:
            found = getattr(example, "dtype", type(example).__name__)
            raise InputError(f"{name}: input {i}", f"needs a float32 tensor, found {found}")
    return _convert(_export(module, tuple(examples), name), name)


def _torch() -> Any:
    try:
        import torch
    except ImportError as error:
        raise ToolError(
            "PyTorch", "the package torch is not installed", hint="pip install 'mote[torch]'"
        ) from error
    return torch


def _export(module: "Module", examples: tuple[Any, ...], name: str) -> "ExportedProgram":
    """The module as a functional program of ATen operations."""
    import torch

    modes = {m: m.training for m in module.modules()}
    module.eval()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch deprecates itself; not the user's concern
            exported: ExportedProgram = torch.export.export(module, examples)
            functional: ExportedProgram = exported.run_decompositions({})
            return functional
    except Exception as error:  # whatever the user's forward() or the tracer raises
        reason = next(iter(str(error).splitlines()), "") or type(error).__name__
        raise UnsupportedModelError(
            name,
            f"torch.export cannot trace the module: {reason}",
            hint="torch.export.export(module, example_inputs) must succeed; "
            "remove control flow that depends on data",
        ) from error
    finally:
        for child, training in modes.items():
            child.training = training


def _convert(program: "ExportedProgram", name: str) -> Graph:
    builder, values, problems = Builder(), _parameters(program), []
    paths = module_paths(program)
    inputs: list[Value] = []
    outputs: list[Value] = []
    user_inputs = set(program.graph_signature.user_inputs)
    for node in program.graph.nodes:
        try:
            if node.op == "placeholder" and node.name in user_inputs:
                value = builder.input(node.name, tuple(node.meta["val"].shape))
                inputs.append(value)
                values[node] = value
            elif node.op == "output":
                outputs = _outputs(program, node, values)
            elif node.op == "call_function":
                values[node] = _convert_node(builder, node, values, paths)
        except RefusalError as refusal:
            values[node] = None
            problems.append(f"{node_place(node, paths)}: {refusal.reason}; {refusal.way_out}")
    if problems:
        raise UnsupportedModelError(
            name,
            f"{len(problems)} operation{'s' if len(problems) > 1 else ''} cannot be converted",
            details=problems,
            hint="`mote ops` lists what can be used",
        )
    graph = builder.graph(name, inputs, outputs)
    verify(graph)
    return graph


def _parameters(program: "ExportedProgram") -> dict[Any, Any]:
    """Placeholders of weights, buffers and constants with their values."""
    signature, stored = program.graph_signature, {**program.constants, **program.state_dict}
    names = {
        **signature.inputs_to_parameters,
        **signature.inputs_to_buffers,
        **signature.inputs_to_lifted_tensor_constants,
    }
    return {
        node: Parameter(names[node.name], stored[names[node.name]])
        for node in program.graph.nodes
        if node.op == "placeholder" and node.name in names
    }


def _convert_node(
    builder: Builder, node: "FxNode", values: dict[Any, Any], paths: set[str]
) -> Value | None:
    """The node's result; None when an operand was refused before."""
    if node.target is operator.getitem:
        source, index = node.args
        if values[source] is not None and index != 0:
            raise RefusalError("its further results are used", "use its first result only")
        return values[source]  # type: ignore[no-any-return]
    target = str(node.target)
    operation = target.split(".")[1] if target.count(".") else target
    converter = CONVERTERS.get(target)
    if converter is None:
        default = "rewrite the module with the supported operators"
        raise RefusalError(f"{target} is not supported", WAYS_OUT.get(operation, default))
    arguments = _arguments(node, values)
    if any(value is None for key, value in arguments.items() if _is_node(node, key)):
        return None
    result = node.meta["val"]
    result = result[0] if isinstance(result, tuple | list) else result
    if str(result.dtype) != "torch.float32":
        raise RefusalError(f"its result is {result.dtype}", "keep all values float32")
    return converter(builder, node_name(node, paths), arguments, tuple(result.shape))


def _arguments(node: "FxNode", values: dict[Any, Any]) -> dict[str, Any]:
    """Arguments by schema name, defaults filled in, nodes replaced by their values."""
    given = _given(node)
    schema = node.target._schema  # type: ignore[union-attr]
    return {
        argument.name: values[given[argument.name]]
        if _is_node(node, argument.name)
        else given.get(argument.name, argument.default_value)
        for argument in schema.arguments
    }


def _given(node: "FxNode") -> dict[str, Any]:
    names = [a.name for a in node.target._schema.arguments]  # type: ignore[union-attr]
    return {**dict(zip(names, node.args, strict=False)), **node.kwargs}


def _is_node(node: "FxNode", argument: str) -> bool:
    from torch.fx import Node as FxNode

    return isinstance(_given(node).get(argument), FxNode)


def _outputs(program: "ExportedProgram", node: "FxNode", values: dict[Any, Any]) -> list[Value]:
    signature = program.graph_signature
    if signature.buffers_to_mutate:
        buffers = ", ".join(signature.buffers_to_mutate.values())
        raise RefusalError(f"the module changes its buffers {buffers}", "keep no state in forward")
    if signature.user_inputs_to_mutate:
        inputs = ", ".join(signature.user_inputs_to_mutate.values())
        raise RefusalError(f"the module changes its inputs {inputs}", "write y = x + 1, not x += 1")
    leaves = _leaves(node.args)
    if not leaves:
        raise RefusalError("the module returns nothing", "return activations")
    outputs = []
    for leaf in leaves:
        value = values.get(leaf, leaf)
        if value is None:
            continue  # refused already
        if not isinstance(value, Value):
            raise RefusalError("an output is not computed from the inputs", "return activations")
        if value.plane is not None:
            raise RefusalError(
                "an output is a flattened [N, C, H, W] value, whose elements lie in another order",
                "return it before flattening, or put a linear layer behind it",
            )
        outputs.append(value)
    return outputs


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, tuple | list):
        return [leaf for item in value for leaf in _leaves(item)]
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in _leaves(item)]
    return [] if value is None else [value]
