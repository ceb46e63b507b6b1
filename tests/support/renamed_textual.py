"""A Textual in which one name is another: `python -m tests.support.renamed_textual MODULE …`.

Runs a module as the main program. The environment says what is renamed: `RENAME_PATTERN`, a regular
expression, becomes `renamed` in the source of every module of Textual that `RENAME_MODULES` matches
(all of them by default).
"""

from __future__ import annotations

import os
import re
import runpy
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType

RENAMED = "renamed"


class RenamingLoader(SourceFileLoader):
    """Compile a module from its source with the name replaced; no bytecode is read or written."""

    def __init__(self, fullname: str, path: str, pattern: re.Pattern[str]) -> None:
        super().__init__(fullname, path)
        self._pattern = pattern

    def get_code(self, fullname: str) -> CodeType | None:
        """Return the code, from Python's cache where the name does not occur."""
        path = self.get_filename(fullname)
        source = self.get_data(path).decode()
        renamed = self._pattern.sub(RENAMED, source)
        return super().get_code(fullname) if renamed == source else compile(renamed, path, "exec")


class RenamingFinder(MetaPathFinder):
    """Load the modules of Textual with a name replaced."""

    def __init__(self, pattern: re.Pattern[str], modules: re.Pattern[str]) -> None:
        self._pattern, self._modules = pattern, modules

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find a module of Textual; leave all others to Python."""
        if fullname.partition(".")[0] != "textual" or not self._modules.fullmatch(fullname):
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = RenamingLoader(fullname, spec.loader.path, self._pattern)
        return spec


def main() -> None:
    """Rename, and run the module that the arguments name."""
    pattern = re.compile(os.environ["RENAME_PATTERN"])
    modules = re.compile(os.environ.get("RENAME_MODULES", ".*"))
    sys.meta_path.insert(0, RenamingFinder(pattern, modules))
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
