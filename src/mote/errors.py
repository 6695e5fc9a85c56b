"""The errors that a user can cause and mend; the command line prints them and exits with 2."""

from collections.abc import Sequence


class MoteError(Exception):
    """A problem with the user's input or machine, told in four parts.

    Args:
        where: File, node or option at fault, for example ``kws.onnx: node 'Gemm_3'``.
        found: What is there and what would be allowed, in one sentence.
        hint: The way out: what the user can do next.
        details: Further lines, one per problem, when several are reported at once.
    """

    def __init__(
        self, where: str, found: str, *, hint: str = "", details: Sequence[str] = ()
    ) -> None:
        self.where = where
        self.found = found
        self.hint = hint
        self.details = tuple(details)
        super().__init__(self.message())

    def message(self) -> str:
        """The whole text, one or more lines, without the ``mote: error:`` prefix."""
        lines = [f"{self.where}: {self.found}" if self.where else self.found]
        lines += [f"  {line}" for line in self.details]
        if self.hint:
            lines.append(f"  hint: {self.hint}")
        return "\n".join(lines)


class ModelFileError(MoteError):
    """A model file is missing, damaged or not of the stated format."""


class UnsupportedModelError(MoteError):
    """A well-formed model uses something that Mote does not implement; lists every such thing."""


class InputError(MoteError):
    """Data given to run a model has the wrong shape, type or range."""


class DataError(MoteError):
    """A data set is missing, damaged or of no known format, or does not fit what is asked of it."""


class OutputError(MoteError):
    """A result cannot be written where the user asked for it."""


class TargetError(MoteError):
    """A core or board is unknown, or cannot do what is asked of it."""


class FitError(MoteError):
    """A model needs more RAM or flash than the board has."""


class GoalError(MoteError):
    """What a search was to reach is out of reach; says what comes closest."""


class ToolError(MoteError):
    """A compiler, emulator or Python package is missing, or failed."""
