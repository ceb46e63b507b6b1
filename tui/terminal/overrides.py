"""The names of Textual that this package relies on without a promise, and the check that they fit.

Any release may change them. Where one does not fit, stock Textual runs: it works, only slower.
"""

from __future__ import annotations

import dis
import inspect
from enum import Enum, auto
from functools import cache
from importlib import import_module
from typing import Any, Final, NamedTuple


class Kind(Enum):
    """What a name must be: a class whose constructor takes the parameters, a method that does,
    one behind `functools.lru_cache`, a property, or an attribute that a constructor sets."""

    CLASS = auto()
    METHOD = auto()
    CACHED_METHOD = auto()
    PROPERTY = auto()
    ATTRIBUTE = auto()


class Hook(NamedTuple):
    """One name of Textual that is overridden, called or read."""

    module: str
    owner: str
    """The class; the name itself for a class."""
    name: str
    kind: Kind
    parameters: tuple[str, ...]
    """Without `self`."""
    benefit: str


_DIFF: Final = "A frame sends only the cells that have changed, instead of the whole screen."
_SPARSE: Final = "A key renders only the widgets that it changes."
_PACE: Final = "Over a slow line the screen follows the keys instead of lagging seconds behind."
_OUTPUT: Final = "Nothing waits for a terminal that takes no output: polling and saving go on."
_INPUT: Final = "An idle dashboard uses almost no CPU, and exits at once."
_WHOLE: Final = "What a slow line tears apart, or no parser can read, is no key and no crash."
_RESUME: Final = "The dashboard survives ctrl+z, SIGSTOP and SIGCONT with a terminal that works."
_SIZE: Final = "The kernel's size of the window holds, and a dragged window is laid out once."
_RESTORE: Final = "Whatever ends the dashboard, the terminal is given back as it was found."
_MEMORY: Final = "Memory stays flat over days: what removed widgets drew is let go."

_COMPOSITOR: Final = "textual._compositor"
_PARSER: Final = "textual._xterm_parser"
_DRIVER: Final = "textual.drivers.linux_driver"
_WRITER: Final = "textual.drivers._writer_thread"
_STYLES: Final = "textual._styles_cache"
_BACKGROUNDS: Final = ("base_background", "background")
_ATTRIBUTE: Final = Kind.ATTRIBUTE
_CLASS: Final = Kind.CLASS
_METHOD: Final = Kind.METHOD

HOOKS: Final = (
    Hook("textual.app", "App", "_display", _METHOD, ("screen", "renderable"), _DIFF),
    Hook(_COMPOSITOR, "CompositorUpdate", "CompositorUpdate", _CLASS, (), _DIFF),
    Hook(_COMPOSITOR, "CompositorUpdate", "render_segments", _METHOD, ("console",), _DIFF),
    Hook(_COMPOSITOR, "LayoutUpdate", "LayoutUpdate", _CLASS, ("strips", "region"), _DIFF),
    Hook(_COMPOSITOR, "LayoutUpdate", "strips", _ATTRIBUTE, (), _DIFF),
    Hook(_COMPOSITOR, "LayoutUpdate", "region", _ATTRIBUTE, (), _DIFF),
    Hook(_COMPOSITOR, "ChopsUpdate", "ChopsUpdate", _CLASS, ("chops", "spans", "chop_ends"), _DIFF),
    Hook(_COMPOSITOR, "ChopsUpdate", "chops", _ATTRIBUTE, (), _DIFF),
    Hook(_COMPOSITOR, "ChopsUpdate", "spans", _ATTRIBUTE, (), _DIFF),
    Hook(_COMPOSITOR, "ChopsUpdate", "chop_ends", _ATTRIBUTE, (), _DIFF),
    Hook("textual.screen", "Screen", "_compositor", _ATTRIBUTE, (), _SPARSE),
    Hook(_COMPOSITOR, "Compositor", "Compositor", Kind.CLASS, (), _SPARSE),
    Hook(_COMPOSITOR, "Compositor", "render_partial_update", _METHOD, (), _SPARSE),
    Hook(_COMPOSITOR, "Compositor", "_get_renders", _METHOD, ("crop",), _SPARSE),
    Hook(_COMPOSITOR, "Compositor", "_dirty_regions", _ATTRIBUTE, (), _SPARSE),
    Hook(_COMPOSITOR, "Compositor", "visible_widgets", Kind.PROPERTY, (), _SPARSE),
    Hook("textual.screen", "Screen", "_on_timer_update", _METHOD, (), _PACE),
    Hook("textual.screen", "Screen", "_update_timer", Kind.PROPERTY, (), _PACE),
    Hook("textual.app", "App", "post_display_hook", _METHOD, (), _PACE),
    Hook("textual.events", "CursorPosition", "CursorPosition", _CLASS, ("x", "y"), _PACE),
    Hook(_DRIVER, "LinuxDriver", "write", _METHOD, ("data",), _PACE),
    Hook(_DRIVER, "LinuxDriver", "process_message", _METHOD, ("message",), _PACE),
    Hook(_DRIVER, "LinuxDriver", "disable_input", _METHOD, (), _PACE),
    Hook(_DRIVER, "LinuxDriver", "_writer_thread", _ATTRIBUTE, (), _OUTPUT),
    Hook(_DRIVER, "LinuxDriver", "_sigtstp_application", _METHOD, ("_",), _OUTPUT),
    Hook(_WRITER, "WriterThread", "WriterThread", _CLASS, ("file",), _OUTPUT),
    Hook(_WRITER, "WriterThread", "write", _METHOD, ("text",), _OUTPUT),
    Hook(_WRITER, "WriterThread", "stop", _METHOD, (), _OUTPUT),
    Hook(_DRIVER, "LinuxDriver", "LinuxDriver", _CLASS, ("app", "debug", "mouse", "size"), _INPUT),
    Hook(_DRIVER, "LinuxDriver", "run_input_thread", _METHOD, (), _INPUT),
    Hook(_DRIVER, "LinuxDriver", "fileno", _ATTRIBUTE, (), _INPUT),
    Hook(_DRIVER, "LinuxDriver", "exit_event", _ATTRIBUTE, (), _INPUT),
    Hook(_PARSER, "XTermParser", "XTermParser", _CLASS, ("debug",), _WHOLE),
    Hook(_PARSER, "XTermParser", "feed", _METHOD, ("data",), _WHOLE),
    Hook(_PARSER, "XTermParser", "_timeout_time", _ATTRIBUTE, (), _WHOLE),
    Hook(_DRIVER, "LinuxDriver", "_get_terminal_size", _METHOD, (), _SIZE),
    Hook(_DRIVER, "LinuxDriver", "_query_in_band_window_resize", _METHOD, (), _SIZE),
    Hook(_DRIVER, "LinuxDriver", "_disable_in_band_window_resize", _METHOD, (), _SIZE),
    Hook(_DRIVER, "LinuxDriver", "start_application_mode", _METHOD, (), _RESUME),
    Hook(_DRIVER, "LinuxDriver", "close", _METHOD, (), _RESUME),
    Hook(_DRIVER, "LinuxDriver", "stop_application_mode", _METHOD, (), _RESTORE),
    Hook(_DRIVER, "LinuxDriver", "attrs_before", _ATTRIBUTE, (), _RESUME),
    Hook(_DRIVER, "LinuxDriver", "_enable_mouse_support", _METHOD, (), _RESUME),
    Hook(_STYLES, "StylesCache", "get_inner_outer", Kind.CACHED_METHOD, _BACKGROUNDS, _MEMORY),
)


@cache
def misfit() -> str:
    """Return which names do not fit the installed Textual; empty where all do. Never raises."""
    return ", ".join(f"{hook.owner}.{hook.name}" for hook in HOOKS if not _fits(hook))


def _fits(hook: Hook) -> bool:
    try:
        owner = getattr(import_module(hook.module), hook.owner)
        match hook.kind:
            case Kind.CLASS:
                return hook.parameters == tuple(inspect.signature(owner).parameters)
            case Kind.METHOD:
                return _parameters(getattr(owner, hook.name)) == hook.parameters
            case Kind.CACHED_METHOD:
                method = getattr(owner, hook.name)
                return callable(method.cache_clear) and _parameters(method) == hook.parameters
            case Kind.PROPERTY:
                return isinstance(inspect.getattr_static(owner, hook.name), property)
            case Kind.ATTRIBUTE:
                return any(hook.name in _set_by_constructor(base) for base in owner.__mro__)
    except Exception:
        # Whatever Textual has become there: it is not what is needed.
        return False


def _parameters(function: Any) -> tuple[str, ...]:  # noqa: ANN401 - whatever is found there.
    return tuple(inspect.signature(function).parameters)[1:]


@cache
def _set_by_constructor(owner: type) -> frozenset[str]:
    # There is no instance to look at, and there must not be one.
    constructor = vars(owner).get("__init__")
    if not inspect.isfunction(constructor):
        return frozenset()
    steps = dis.get_instructions(constructor)
    return frozenset(step.argval for step in steps if step.opname == "STORE_ATTR")
