"""A Textual in which names are others: `python -m tests.support.renamed_textual MODULE …`.

Runs a module as the main program. The environment says what is renamed: `RENAMES` is a JSON array
of pairs of regular expressions. What the first matches becomes `renamed0`, `renamed1` and so on, by
the pair's place, in the source of every module of Textual that the second matches.
"""

from __future__ import annotations

import json
import os
import re
import runpy
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType

Renames = Sequence[tuple[re.Pattern[str], re.Pattern[str]]]
"""What is renamed, each with the modules."""


class RenamingLoader(SourceFileLoader):
    """Compile a module from its source with names replaced; no bytecode is read or written."""

    def __init__(self, fullname: str, path: str, renames: Renames) -> None:
        super().__init__(fullname, path)
        self._renames = renames

    def get_code(self, fullname: str) -> CodeType | None:
        """Return the code, from Python's cache where no name occurs."""
        path = self.get_filename(fullname)
        renamed = source = self.get_data(path).decode()
        for number, (pattern, modules) in enumerate(self._renames):
            if modules.fullmatch(fullname):
                renamed = pattern.sub(f"renamed{number}", renamed)
        return super().get_code(fullname) if renamed == source else compile(renamed, path, "exec")


class RenamingFinder(MetaPathFinder):
    """Load the modules of Textual with names replaced."""

    def __init__(self, renames: Renames) -> None:
        self._renames = renames

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find a module of Textual; leave all others to Python."""
        if fullname.partition(".")[0] != "textual":
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = RenamingLoader(fullname, spec.loader.path, self._renames)
        return spec


def main() -> None:
    """Rename, and run the module that the arguments name."""
    renames = [
        (re.compile(pattern), re.compile(modules))
        for pattern, modules in json.loads(os.environ["RENAMES"])
    ]
    sys.meta_path.insert(0, RenamingFinder(renames))
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
