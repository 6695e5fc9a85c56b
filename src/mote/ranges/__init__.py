"""What values a network can have: intervals of every tensor's channels, bounds of every sum."""

from mote.ranges.accumulators import Accumulators, accumulators
from mote.ranges.interval import Interval, interval_of_constant, type_interval
from mote.ranges.propagate import RULES, operand_interval, tensor_intervals
from mote.ranges.taps import inside_taps, window_sums

__all__ = [
    "RULES",
    "Accumulators",
    "Interval",
    "accumulators",
    "inside_taps",
    "interval_of_constant",
    "operand_interval",
    "tensor_intervals",
    "type_interval",
    "window_sums",
]
