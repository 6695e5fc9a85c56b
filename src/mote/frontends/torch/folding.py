"""Operations on parameters alone: computed once, by PyTorch itself."""

from typing import TYPE_CHECKING, Any

from mote.frontends.torch.builder import MAX_ELEMENTS, Parameter, RefusalError, Value

if TYPE_CHECKING:
    from torch.fx import Node as FxNode


def is_constant(arguments: Any) -> bool:
    """True when no activation is among the arguments, however they are nested."""
    if isinstance(arguments, dict):
        return all(map(is_constant, arguments.values()))
    if isinstance(arguments, tuple | list):
        return all(map(is_constant, arguments))
    return not isinstance(arguments, Value)


def fold(node: "FxNode", name: str, arguments: dict[str, Any]) -> Any:
    """The result of an operation on parameters: a parameter, or several."""
    import torch

    tags = node.target.tags  # type: ignore[union-attr]
    if torch.Tag.nondeterministic_seeded in tags:
        raise RefusalError("it draws at random", "draw nothing when the module is evaluated")
    for value in _leaves(node.meta.get("val")):
        if hasattr(value, "numel") and value.numel() > MAX_ELEMENTS:
            raise RefusalError(f"its result has {value.numel():,} elements", "use less")
    try:
        with torch.no_grad():
            result = node.target(**_tensors(arguments))  # type: ignore[operator]
    except (RuntimeError, ValueError, TypeError, NotImplementedError) as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise RefusalError(f"it cannot be computed from parameters: {reason}", "") from error
    return _parameters(result, name)


def _tensors(value: Any) -> Any:
    if isinstance(value, Parameter):
        return value.tensor.detach()
    if isinstance(value, dict):
        return {key: _tensors(v) for key, v in value.items()}
    if isinstance(value, tuple | list):
        return [_tensors(v) for v in value]
    return value


def _parameters(value: Any, name: str) -> Any:
    import torch

    if isinstance(value, torch.Tensor):
        return Parameter(name, value.detach())
    if isinstance(value, tuple | list):
        return [_parameters(v, f"{name}.{i}") for i, v in enumerate(value)]
    return value


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, tuple | list):
        return [leaf for v in value for leaf in _leaves(v)]
    return [value]
