"""`python -m mote` is the `mote` command."""

import sys

from mote.cli import main

sys.exit(main())
