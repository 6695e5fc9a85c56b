"""From an exported program to a float graph, or one error that tells all that is in the way."""

import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mote.errors import UnsupportedModelError
from mote.frontends.problems import told
from mote.frontends.torch.builder import Builder, Parameter, RefusalError, Value
from mote.frontends.torch.folding import fold, is_constant
from mote.frontends.torch.in_place import functional_target, is_in_place
from mote.frontends.torch.layout import planar_values
from mote.frontends.torch.operators import CONVERTERS, WAYS_OUT
from mote.frontends.torch.places import module_paths, node_name, node_place
from mote.frontends.torch.site import Site
from mote.ir import DType, Graph, verify

if TYPE_CHECKING:
    from torch.export import ExportedProgram
    from torch.fx import Node as FxNode

IGNORED = {"aten._assert_tensor_metadata.default", "aten._assert_scalar.default"}
CASTS = {"aten._to_copy.default", "aten.to.dtype", "aten.type_as.default", "aten.to.dtype_layout"}
BROADCASTING = {f"aten.{kind}.Tensor" for kind in ("add", "sub", "mul", "div")}

OF_SHAPE = {f"aten.{kind}_like.default" for kind in ("full", "zeros", "ones", "empty")} | {
    f"aten.new_{kind}.default" for kind in ("full", "zeros", "ones", "empty")
}
"""Operations that read nothing of a value but its shape."""

FLAGGED: Any = object()
"""The value of a node that was refused: its readers are not judged."""


class _Conversion:
    """The state of one conversion: values by node of the program, and problems so far."""

    def __init__(self, program: "ExportedProgram") -> None:
        self.program = program
        self.builder = Builder()
        self.values: dict[Any, Any] = dict(_parameters(program))
        self.planar = planar_values(program)
        self.paths = module_paths(program)
        self.inputs: list[str] = []
        self.outputs: list[Value] = []
        self.problems: list[str] = []

    def run(self) -> None:
        inputs = set(self.program.graph_signature.user_inputs)
        for node in self.program.graph.nodes:
            try:
                if node.op == "placeholder" and node.name in inputs:
                    self.values[node] = self._input(node)
                elif node.op == "output":
                    self._output(node)
                elif node.op == "call_function" and str(node.target) not in IGNORED:
                    self.values[node] = self._marked(node, self._convert(node))
                    if is_in_place(node):
                        self.values[node.args[0]] = self.values[node]
            except RefusalError as refusal:
                self.values[node] = FLAGGED
                text = f"{node_place(node, self.paths)}: {refusal.reason}"
                self.problems.append(f"{text}; {refusal.way_out}" if refusal.way_out else text)

    def _input(self, node: "FxNode") -> Value:
        """Images and sequences are stored with the channels last."""
        meta: Any = node.meta.get("val")
        if not hasattr(meta, "shape"):
            raise RefusalError(f"its value is {meta!r}, no tensor", "make it a constant")
        found = str(meta.dtype)
        kinds = {"torch.float32": DType.FLOAT32, "torch.int64": DType.INT32} | {
            "torch.int32": DType.INT32
        }
        if found not in kinds:
            raise RefusalError(f"it has type {found}, allowed: float32", "call x.float() before")
        shape = tuple(int(n) for n in meta.shape)
        if node not in self.planar or kinds[found] is not DType.FLOAT32:
            value = self.builder.input(node.name, shape, kinds[found])
            self.inputs.append(value.tensor)
            return value
        stored = self.builder.input(node.name, (shape[0], *shape[2:], shape[1]), DType.FLOAT32)
        self.inputs.append(stored.tensor)
        order = (0, len(shape) - 1, *range(1, len(shape) - 1))
        turned = self.builder.permuted(f"{node.name}.nchw", stored, order)
        return Value(turned.tensor, turned.shape, planar=True)

    def _convert(self, node: "FxNode") -> Any:
        """The node's result or results; FLAGGED when an operand was refused before."""
        arguments = _substituted(_given(node), self.values)
        if _flagged(arguments):
            return FLAGGED
        if node.target is operator.getitem:
            result = arguments["self"][arguments["index"]]
            if result is None and node.users:
                raise RefusalError("its further results are used", "use its first result only")
            return result
        target = functional_target(node)
        name = node_name(node, self.paths)
        if target in OF_SHAPE:
            arguments = {key: _blank(node, v) for key, v in arguments.items()}
        if is_constant(arguments) and "dequantize" not in target:
            return fold(node, name, arguments)
        if target in CASTS:
            return self._cast(node, arguments)
        converter = CONVERTERS.get(target)
        if converter is None:
            default = "rewrite the module with the supported operators"
            raise RefusalError(f"{target} is not supported", WAYS_OUT.get(target, default))
        meta = node.meta["val"]
        meta = meta[0] if isinstance(meta, tuple | list) else meta
        found = str(meta.dtype)
        if found != "torch.float32" and "quantize" not in target:
            raise RefusalError(f"its result is {found}", "keep all values float32")
        shape = tuple(int(n) for n in meta.shape)
        site = Site(self.builder, name, arguments, shape, self._only_broadcast(node, shape))
        result = converter(site)
        several = isinstance(node.meta["val"], tuple | list)
        return result[0] if isinstance(result, Sequence) and not several else result

    def _cast(self, node: "FxNode", arguments: dict[str, Any]) -> Value:
        source = node.all_input_nodes[0].meta["val"].dtype
        found = node.meta["val"].dtype
        if source != found:
            raise RefusalError(f"it casts {source} to {found}", "keep all values float32")
        value: Value = arguments["self"]
        return value

    def _only_broadcast(self, node: "FxNode", shape: tuple[int, ...]) -> bool:
        """True when every reader combines the value with another one of its full shape."""
        return all(
            str(user.target) in BROADCASTING
            and any(
                n is not node and tuple(n.meta["val"].shape) == shape for n in user.all_input_nodes
            )
            for user in node.users
        )

    def _marked(self, node: "FxNode", result: Any) -> Any:
        if isinstance(result, Value):
            return Value(result.tensor, result.shape, planar=node in self.planar)
        return result

    def _output(self, node: "FxNode") -> None:
        signature = self.program.graph_signature
        if signature.buffers_to_mutate:
            buffers = ", ".join(signature.buffers_to_mutate.values())
            raise RefusalError(
                f"the module changes its buffers {buffers}", "keep no state in forward"
            )
        if signature.user_inputs_to_mutate:
            inputs = ", ".join(signature.user_inputs_to_mutate.values())
            raise RefusalError(
                f"the module changes its inputs {inputs}", "write y = x + 1, not x += 1"
            )
        leaves = _leaves(node.args)
        if not leaves:
            raise RefusalError("the module returns nothing", "return activations")
        turned: dict[str, Value] = {}
        for leaf in leaves:
            value = self.values.get(leaf, leaf)
            if value is FLAGGED:
                continue
            if not isinstance(value, Value):
                raise RefusalError(
                    "an output is not computed from the inputs", "return activations"
                )
            if leaf in self.planar and value.tensor not in turned:
                turned[value.tensor] = self.builder.output(value)
            value = turned.get(value.tensor, value)
            if value.tensor in self.inputs:
                raise RefusalError("an input is an output", "return what is computed")
            self.outputs.append(value)


def convert(program: "ExportedProgram", name: str) -> Graph:
    """Convert a functional program; its operations are those of ``CONVERTERS`` if all is well."""
    conversion = _Conversion(program)
    conversion.run()
    if conversion.problems:
        count = len(conversion.problems)
        raise UnsupportedModelError(
            name,
            f"{count} operation{'s' if count > 1 else ''} cannot be converted",
            details=told(conversion.problems),
            hint="`mote ops` lists what can be used",
        )
    graph = conversion.builder.graph(name, conversion.inputs, conversion.outputs)
    verify(graph)
    return graph


def _parameters(program: "ExportedProgram") -> dict[Any, Parameter]:
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


def _given(node: "FxNode") -> dict[str, Any]:
    """Arguments by schema name, defaults filled in."""
    if node.target is operator.getitem:
        return {"self": node.args[0], "index": node.args[1]}
    if not hasattr(node.target, "_schema"):
        raise RefusalError(f"{node.target} is not supported", "use ATen operations only")
    schema = node.target._schema.arguments
    given = {**dict(zip([a.name for a in schema], node.args, strict=False)), **node.kwargs}
    return {a.name: given.get(a.name, a.default_value) for a in schema}


def _substituted(value: Any, values: dict[Any, Any]) -> Any:
    """Arguments with the program's nodes replaced by their values."""
    from torch.fx import Node as FxNode

    if isinstance(value, FxNode):
        return values.get(value, FLAGGED)
    if isinstance(value, dict):
        return {key: _substituted(v, values) for key, v in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_substituted(v, values) for v in value]
    return value


def _blank(node: "FxNode", value: Any) -> Any:
    """A parameter of the same shape in place of a value."""
    import torch

    if not isinstance(value, Value):
        return value
    return Parameter(f"{node.name}.like", torch.zeros(()).expand(value.shape))


def _flagged(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_flagged, value.values()))
    if isinstance(value, list):
        return any(map(_flagged, value))
    return value is FLAGGED


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, tuple | list):
        return [leaf for item in value for leaf in _leaves(item)]
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in _leaves(item)]
    return [] if value is None else [value]
