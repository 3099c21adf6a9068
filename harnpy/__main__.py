"""`python -m harnpy`: the `harn` command."""

import sys

from harnpy.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
