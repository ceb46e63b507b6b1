"""Find what a module uses of the private names of Textual and Rich."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
import textwrap
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Final, NamedTuple

LIBRARIES: Final = ("textual", "rich")
_STANDARD: Final = frozenset({"_replace", "_asdict", "_fields", "_make", "_field_defaults"})
"""What every named tuple has."""


class Use(NamedTuple):
    """One use of a private name."""

    module: str
    owner: str
    """The class in which it is used; empty outside of classes."""
    name: str
    """The private name, or the private module."""
    how: str

    def __str__(self) -> str:
        return f"{self.module}: {self.owner or 'the module'} {self.how} {self.name}"


def modules(package: ModuleType) -> Iterator[ModuleType]:
    """Import and return all modules of a package that can be imported without running."""
    yield package
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not found.name.endswith("__main__"):
            yield importlib.import_module(found.name)


def uses(module: ModuleType) -> list[Use]:
    """Return all uses of private names in a module."""
    tree = ast.parse(inspect.getsource(module))
    found = [*_imports(module, tree)]
    known = _own_names(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            found += _in_class(module, node)
        elif isinstance(node, ast.Attribute) and is_private(node.attr):
            foreign = node.attr in private_names() and node.attr not in known | _STANDARD
            if foreign and not _is_self(node.value) and ast.unparse(node) != "os._exit":
                found.append(Use(module.__name__, "", node.attr, "touches"))
    return list(dict.fromkeys(found))


def is_private(name: str) -> bool:
    """Return whether a name begins with an underscore and is none of Python's own."""
    return name.startswith("_") and not (name.startswith("__") or name == "_")


@cache
def private_names() -> frozenset[str]:
    """Return the private attributes and methods in the sources of the libraries."""
    pattern = re.compile(
        r"\b(?:self|cls)\.(_[a-z]\w*)|\bdef (_[a-z]\w*)|^    (_[a-z]\w*)\s*[:=]", re.M
    )
    found: set[str] = set()
    for library in LIBRARIES:
        package = importlib.import_module(library)
        for path in Path(package.__path__[0]).rglob("*.py"):
            for groups in pattern.findall(path.read_text("utf-8")):
                found.update(filter(None, groups))
    return frozenset(found)


def _imports(module: ModuleType, tree: ast.AST) -> Iterator[Use]:
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            library, *parts = name.split(".")
            if library in LIBRARIES and any(map(is_private, parts)):
                yield Use(module.__name__, "", name, "imports")


def _own_names(tree: ast.AST) -> set[str]:
    """Return the private names that a module defines itself."""
    return set().union(
        *(_names_of(node) for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    )


def _in_class(module: ModuleType, node: ast.ClassDef) -> Iterator[Use]:
    owner = getattr(module, node.name, None)
    if not isinstance(owner, type):
        return
    foreign: set[str] = set()
    for base in owner.__mro__:
        if base.__module__.partition(".")[0] in LIBRARIES:
            foreign |= _private_of(base)
    own = _names_of(node)
    for name in sorted(own & foreign):
        yield Use(module.__name__, node.name, name, "overrides")
    for used in ast.walk(node):
        if isinstance(used, ast.Attribute) and used.attr in foreign - own and _is_self(used.value):
            yield Use(module.__name__, node.name, used.attr, "uses")


def _is_self(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id == "super"
    return isinstance(node, ast.Name) and node.id in ("self", "cls")


@cache
def _private_of(base: type) -> frozenset[str]:
    tree = ast.parse(textwrap.dedent(inspect.getsource(base)))
    written = _names_of(tree.body[0])
    return frozenset(written | {name for name in vars(base) if is_private(name)})


def _names_of(owner: ast.AST) -> set[str]:
    """Return the private names that a class defines in its body, or sets on itself."""
    found: set[str] = set()
    for node in getattr(owner, "body", ()):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(node.name)
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        found |= {target.id for target in targets if isinstance(target, ast.Name)}
    for node in ast.walk(owner):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            found |= {node.attr} if _is_self(node.value) else set()
    return {name for name in found if is_private(name)}
