"""Reads a constructor's arguments from text such as ``width_mult=0.35``."""

import inspect
from collections.abc import Sequence
from typing import Any

from mote.errors import InputError
from mote.zoo.models import find

_WORDS = {"true": True, "false": False}


def parse_arguments(name: str, settings: Sequence[str]) -> dict[str, Any]:
    """Arguments for ``create(name, ...)`` from texts ``key=value``.

    Raises:
        InputError: There is no such architecture, or some texts do not fit it; it lists them all.
    """
    parameters = {
        key: parameter.default
        for key, parameter in inspect.signature(find(name).constructor).parameters.items()
        if type(parameter.default) in (bool, int, float)
    }
    arguments: dict[str, Any] = {}
    problems = []
    for setting in settings:
        key, _, text = setting.partition("=")
        if key not in parameters:
            problems.append(f"'{setting}': allowed: {', '.join(f'{k}=…' for k in parameters)}")
            continue
        value = _value(text, type(parameters[key]))
        if value is None:
            kind = {bool: "true or false", int: "a whole number", float: "a number"}
            problems.append(f"'{setting}': {key} takes {kind[type(parameters[key])]}")
        arguments[key] = value
    if problems:
        raise InputError(f"model '{name}'", "some settings do not fit it", details=problems)
    return arguments


def _value(text: str, kind: type) -> Any:
    """The value of a text, or None if it is of another kind."""
    if kind is bool:
        return _WORDS.get(text.lower())
    try:
        return kind(text)
    except ValueError:
        return None
