# SPDX-License-Identifier: Apache-2.0
"""python -m overfeat: the command line, `overfeat`."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path


def program() -> str | None:
    """The command line of this package or, where it came without one, of this computer."""
    own = Path(__file__).resolve().parent / "bin" / "overfeat"
    if os.access(own, os.X_OK):
        return str(own)
    return shutil.which("overfeat")


def main() -> int:
    """Becomes the program."""
    found = program()
    if found is None:
        print(
            "overfeat: the command line did not come with this package and is not on the PATH; "
            "install the package overfeat-live.",
            file=sys.stderr,
        )
        return 1
    os.execv(found, [found, *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
