"""The command line: parse the arguments and run one command."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from itertools import takewhile
from typing import Final, NoReturn

from tui import bytecode
from tui.cli.arguments.parser import ParseError, build_parser
from tui.cli.arguments.task_id_input import STANDARD_INPUT, InputError, parse_ids, refuse_files
from tui.cli.errors import CommandError, ErrorCode
from tui.cli.exit_codes import FAILED
from tui.cli.printing import output
from tui.config import Paths
from tui.errors import UserError
from tui.os_errors import os_error_reason, shortage
from tui.sanitize import clean

_DEMO_ALONE: Final = "--demo brings its own tasks and watchlist, and takes no command"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code; nothing foreseeable ends in a traceback."""
    output.prepare_streams()
    as_json = _wants_json(arguments)
    parser = build_parser()
    try:
        return _run_command(parser.parse_args(arguments), parser)
    except ParseError as error:
        if as_json:
            output.print_errors([error], as_json=True)
        else:
            output.write_error(f"{error.usage}{clean(str(error), output.MAX_MESSAGE)}\n")
        return error.exit_code
    except CommandError as error:
        output.print_errors([error], as_json=as_json)
        return error.exit_code
    except UserError as error:
        failure = CommandError(str(error), ErrorCode.CONFIGURATION)
    except BrokenPipeError:
        return FAILED
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        failure = CommandError(f"{where}{os_error_reason(error)}", ErrorCode.INTERNAL)
    output.print_errors([failure], as_json=as_json)
    return failure.exit_code


def _wants_json(arguments: Sequence[str] | None) -> bool:
    """Return whether errors are JSON; also those of a command line that cannot be parsed."""
    return "--json" in takewhile("--".__ne__, sys.argv[1:] if arguments is None else arguments)


def _run_command(options: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    """Run one command; each is imported only when it is the one."""
    if options.demo and options.command not in (None, "watch"):
        parser.error(_DEMO_ALONE)
    match options.command:
        case None | "watch":
            return _watch(options, parser)
        case "paths":
            from tui.cli.paths import print_paths

            return print_paths(options.config, options.watchlist)
        case "completions":
            from tui.cli.completions import print_completions

            return print_completions(options.shell)
        case "list" if options.schema:
            from tui.cli.list import print_schema

            return print_schema()
    return _run_on_watchlist(options, parser)


def _run_on_watchlist(options: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    """Run a command that needs to know which watchlist it is about."""
    paths = _paths(options)
    match options.command:
        case "list":
            from tui.cli.list import list_tasks

            return list_tasks(options, paths)
        case "status":
            from tui.cli.status import status

            return status(options, paths)
        case "wait":
            from tui.cli.wait import wait

            return wait(options, paths)
        case "rm":
            from tui.cli.remove import remove

            return remove(options, paths)
        case "label":
            from tui.cli.label import label

            return label(options, paths)
    from tui.cli.add import add

    return add(paths.watchlist, _ids(options, parser), options.label)


def _watch(options: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    """Open the dashboard."""
    from tui.cli.watch import WatchOptions, demo, watch

    ids = _ids(options, parser)
    if options.demo and (ids or options.watchlist):
        parser.error(_DEMO_ALONE)
    chosen = WatchOptions(
        options.config, options.watchlist, options.low_bandwidth, options.verbose, ids
    )
    return demo(chosen) if options.demo else watch(chosen)


def _ids(options: argparse.Namespace, parser: argparse.ArgumentParser) -> list[str]:
    """Return the IDs to add."""
    words = getattr(options, "ids", [])
    try:
        refuse_files(words)
        ids = parse_ids(words)
    except InputError as error:
        raise UserError(f"{error}; nothing was added") from None
    except UserError as error:
        parser.error(str(error))
    if words and not ids and list(words) != [STANDARD_INPUT]:
        parser.error("the arguments hold no task ID")
    return ids


def _paths(options: argparse.Namespace) -> Paths:
    """Return where the files are. Raises `UserError` as `find_paths` does."""
    from tui.cli.arguments.watchlist_path import find_paths

    return find_paths(options.config, options.watchlist)


def run() -> NoReturn:
    """Run the command as a program: end with its exit code although threads may hang."""
    from tui.terminal.process_end import (
        INTERRUPTED,
        disable_core_files,
        end_now,
        exit_on_sigterm,
    )

    exit_on_sigterm()
    disable_core_files()
    bytecode.adapt()
    _keep_own_rights()
    code = FAILED
    try:
        code = main()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else FAILED
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BaseException as error:
        _report(error)
    output.discard_unwritten()
    end_now(code)


def _report(error: BaseException) -> None:
    """Say what the system lacks, in a line; anything else is a fault of ours."""
    as_json = _wants_json(None)
    if lacking := shortage(error):
        output.print_errors([CommandError(lacking, ErrorCode.INTERNAL)], as_json=as_json)
        return
    if as_json:
        kind = f"a bug in this program ({type(error).__name__})"
        hint = "Run it again without --json for the traceback."
        output.print_error_object(ErrorCode.INTERNAL, kind, hint=hint)
        return
    from tui.terminal import crash_report

    crash_report.print_crash(error, "the command failed")


def _keep_own_rights() -> None:
    """Have no umask take rights from ourselves: what we write we could not read again."""
    os.umask(os.umask(0o077) & 0o077)
