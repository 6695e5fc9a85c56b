"""Code generation: a planned program becomes a C project, as texts by file name."""

from mote.codegen.generate import generate
from mote.codegen.identifiers import c_identifier, layer_function

__all__ = ["c_identifier", "generate", "layer_function"]
