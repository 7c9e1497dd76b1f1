"""Asks the reference implementation of BPX (the package `bpx`) to read cell files.

    python bpx_accepts.py FILE...

Stops with status 1 at the first file that is refused.
"""

import sys
import warnings

import bpx

for path in sys.argv[1:]:
    with warnings.catch_warnings(record=True) as remarks:
        warnings.simplefilter("always")
        try:
            bpx.parse_bpx_file(path)
        except Exception as refusal:
            sys.exit(f"{path}: refused by bpx {bpx.__version__}: {refusal}")
    # Deprecations come from the package's own use of its parser library, not from the file.
    about_file = {str(r.message) for r in remarks if not issubclass(r.category, DeprecationWarning)}
    for remark in sorted(about_file):
        print(f"{path}: {remark}")
    print(f"{path}: accepted by bpx {bpx.__version__}")
