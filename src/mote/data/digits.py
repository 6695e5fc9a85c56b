"""scikit-learn's handwritten digits: 1,797 images of 8x8 pixels, part of that package."""

import numpy as np

from mote.data.dataset import Parts, Split
from mote.errors import ToolError


def read_digits() -> Parts:
    """Images ``[1797, 8, 8, 1]`` in float32 from 0 (paper) to 1 (ink), in one split."""
    try:
        from sklearn import datasets
    except ImportError:
        raise ToolError(
            "digits", "scikit-learn is not installed", hint="pip install 'mote[data]'"
        ) from None
    pixels, labels = datasets.load_digits(return_X_y=True)
    x = (pixels / 16).astype(np.float32).reshape(-1, 8, 8, 1)
    return Parts("image", tuple(map(str, range(10))), Split(x, labels.astype(np.int64)))
