"""The table of a `config.toml`: how it is read, and how its values are checked."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

from tui import toml
from tui.errors import UserError
from tui.sanitize import clean, display_path
from tui.user_file import read_user_file

MAX_CONFIG_BYTES: Final = 1 << 20
"""Bytes of a `config.toml`; a thousand times what the longest one has."""

_T = TypeVar("_T")
_ChoiceT = TypeVar("_ChoiceT", bound=StrEnum)


def read_table(path: Path, *, required: bool = False) -> dict[str, object]:
    """Return the TOML table at `path`; empty if the file is missing. Raises `UserError`."""
    try:
        data = read_user_file(path, MAX_CONFIG_BYTES + 1)
        if len(data) > MAX_CONFIG_BYTES:
            raise UserError(f"{display_path(path)}: is too large to be a configuration")
        return toml.loads(data.decode("utf-8-sig"))
    except FileNotFoundError:
        if required:
            raise UserError(f"{display_path(path)}: there is no such file") from None
        return {}
    except OSError as error:
        raise UserError(f"{display_path(path)}: cannot be read ({error.strerror})") from None
    except (ValueError, RecursionError) as error:
        raise UserError(f"{display_path(path)}: is not valid TOML: {_toml_error(error)}") from None


def _toml_error(error: Exception) -> str:
    match error:
        case UnicodeDecodeError():
            return "it is not UTF-8 text"
        case RecursionError():
            return "it is nested too deeply"
        case _ if type(error) is ValueError:
            return "a number in it is too long"
    # The message quotes a character or a key, never a value.
    return clean(str(error), 120)


class Fields(NamedTuple):
    """The values of a table, checked; what is wrong raises `UserError` with file and key."""

    table: Mapping[str, object]
    file: str
    """Its name, as errors show it."""

    def name(self, key: str) -> str:
        """Return the name of a key in an error."""
        return f"{self.file}: {key}"

    def _get(self, key: str, kind: type[_T], default: _T, expected: str) -> _T:
        value = self.table.get(key, default)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise UserError(f"{self.name(key)} must be {expected}")
        return value

    def text(self, key: str, default: str) -> str:
        """Return a text without the spaces around it."""
        return self._get(key, str, default, "a text in quotes").strip()

    def boolean(self, key: str, default: bool) -> bool:
        """Return true or false."""
        return self._get(key, bool, default, "true or false")

    def choice(self, key: str, default: _ChoiceT) -> _ChoiceT:
        """Return one of the kinds of which `default` is one."""
        kinds = list(type(default))
        # As they are typed, since they may be copied.
        *others, last = (f'"{kind}"' for kind in kinds)
        expected = f"{', '.join(others)} or {last}"
        value: str = self._get(key, str, str(default), expected).strip()
        if value not in kinds:
            raise UserError(f"{self.name(key)} must be {expected}")
        return type(default)(value)

    def number(self, key: str, default: float, *, minimum: float, maximum: float) -> float:
        """Return a number within the bounds, which belong to them."""
        value = self.table.get(key, default)
        if (
            isinstance(value, int | float)
            and not isinstance(value, bool)
            and minimum <= value <= maximum
        ):
            return float(value)
        raise UserError(f"{self.name(key)} must be a number from {minimum:g} to {maximum:g}")
