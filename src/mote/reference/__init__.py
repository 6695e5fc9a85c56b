"""The exact meaning of every operator in numpy: the only judge of numerics."""

from mote.reference.evaluate import EVALUATORS, check_inputs, quantise_hint, run, run_node
from mote.reference.tolerance import float_tolerance

__all__ = ["EVALUATORS", "check_inputs", "float_tolerance", "quantise_hint", "run", "run_node"]
