"""From a name to a network: an architecture of the zoo, or a function in a file of the user's."""

import importlib.util
import inspect
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from mote.data import Dataset
from mote.errors import InputError, MoteError
from mote.zoo import create
from mote.zoo.models import find

ACTIVATIONS = {
    "relu": nn.ReLU,
    "relu6": nn.ReLU6,
    "leaky_relu": nn.LeakyReLU,
    "hardswish": nn.Hardswish,
    "silu": nn.SiLU,
}
"""What a constructor's ``act_layer`` may be called in an option or a configuration file."""

DECIDED: dict[str, Callable[[Dataset], int]] = {
    "num_classes": lambda dataset: len(dataset.classes),
    "in_chans": lambda dataset: dataset.sample_shape[-1],
    "in_features": lambda dataset: math.prod(dataset.sample_shape),
}
"""Arguments that the data decide, where a constructor takes them."""


def find_constructor(model: str) -> Callable[..., nn.Module]:
    """The function that makes the network.

    Raises:
        MoteError: There is no such architecture, file or function, or the file fails.
    """
    if not is_own(model):
        return find(model).constructor
    path, _, name = model.rpartition(":")
    try:
        spec = importlib.util.spec_from_file_location(Path(path).stem, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    except FileNotFoundError:
        raise InputError(f"model '{model}'", f"there is no file {path}") from None
    except Exception as error:
        raise InputError(
            f"model '{model}'",
            f"{path} cannot be run",
            details=[f"{type(error).__name__}: {error}".partition("\n")[0]],
        ) from error
    constructor = getattr(module, name, None)
    if not callable(constructor):
        raise InputError(
            f"model '{model}'",
            f"{path} has no function '{name}'",
            hint="def NAME(num_classes, in_chans): return torch.nn.Sequential(...)",
        )
    found: Callable[..., nn.Module] = constructor
    return found


def is_own(model: str) -> bool:
    """Whether a model is a function in a file of the user's."""
    return ".py:" in model


def argument_problems(model: str, arguments: Mapping[str, Any]) -> list[str]:
    """What forbids making the network with these arguments, before the data are known."""
    try:
        constructor = find_constructor(model)
    except MoteError as error:
        return error.message().splitlines()
    taken = inspect.signature(constructor).parameters
    if any(p.kind is p.VAR_KEYWORD for p in taken.values()):
        return []
    problems = [
        f"model '{model}' does not take {name!r}, it takes: {', '.join(taken)}"
        for name in arguments
        if name not in taken
    ]
    act = arguments.get("act_layer")
    if isinstance(act, str) and act not in ACTIVATIONS:
        problems.append(f"act_layer is {act!r}, allowed: {', '.join(ACTIVATIONS)}")
    return problems


def make_network(
    model: str, arguments: Mapping[str, Any], dataset: Dataset, seed: int
) -> nn.Module:
    """The network with fresh weights, which the seed alone decides.

    Raises:
        InputError: The constructor refuses the arguments.
    """
    constructor = find_constructor(model)
    taken = inspect.signature(constructor).parameters
    chosen: dict[str, Any] = {
        **{name: decide(dataset) for name, decide in DECIDED.items() if name in taken},
        **arguments,
    }
    if isinstance(chosen.get("act_layer"), str):
        chosen["act_layer"] = ACTIVATIONS[chosen["act_layer"]]
    told = ", ".join(f"{name}={value}" for name, value in chosen.items()) or "no arguments"
    try:
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            made: object = constructor(**chosen) if is_own(model) else create(model, **chosen)
    except MoteError:
        raise
    except Exception as error:
        raise InputError(
            f"model '{model}'",
            f"cannot be made with {told}",
            details=[f"{type(error).__name__}: {error}".partition("\n")[0]],
        ) from error
    if not isinstance(made, nn.Module):
        raise InputError(
            f"model '{model}'", f"returns {type(made).__name__}, allowed: a torch.nn.Module"
        )
    return made
