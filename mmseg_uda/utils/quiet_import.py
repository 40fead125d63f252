"""Import this module to import MMSeg's data sets without the lines they print; every later import of them is silent."""

import importlib
from contextlib import redirect_stdout
from io import StringIO

# Printed, not logged or warned, when an optional package is missing that nobody here needs.
KNOWN_LINES = ('Could not import OneDL',)

with redirect_stdout(StringIO()) as printed:
    importlib.import_module('mmseg.datasets')
for line in printed.getvalue().splitlines():
    if line not in KNOWN_LINES:
        print(line)
