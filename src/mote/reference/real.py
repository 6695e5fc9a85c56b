"""The type of arrays of double precision, in which float results are formed and rounded once."""

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
