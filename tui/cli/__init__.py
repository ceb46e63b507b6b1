"""The command line: one module per command."""

import resource
import sys

# Before any other module is imported, and so short that its own cache fits: see `tui.bytecode`.
if resource.getrlimit(resource.RLIMIT_FSIZE)[0] != resource.RLIM_INFINITY:
    sys.dont_write_bytecode = True
