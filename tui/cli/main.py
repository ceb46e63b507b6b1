"""The command line: parse the arguments and run one command."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from typing import NoReturn

from tui import bytecode
from tui.cli import output
from tui.cli.errors import CommandError
from tui.cli.exit_codes import FAILED
from tui.cli.parser import build_parser
from tui.config import Paths
from tui.errors import UserError
from tui.os_errors import os_error_reason, shortage
from tui.scenext.task_ids import parse_task_ids


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code; nothing foreseeable ends in a traceback."""
    output.prepare_streams()
    parser = build_parser()
    try:
        return _run_command(parser.parse_args(arguments), parser)
    except CommandError as error:
        output.print_error(" ".join(filter(None, (str(error), error.hint))))
        return error.exit_code
    except UserError as error:
        output.print_error(str(error))
    except BrokenPipeError:
        pass
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        output.print_error(f"{where}{os_error_reason(error)}")
    return FAILED


def _run_command(options: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    """Run one command; each is imported only when it is the one."""
    ids = _ids(getattr(options, "ids", []), parser)
    if options.demo and (ids or options.watchlist or options.command not in (None, "watch")):
        parser.error("--demo brings its own tasks and watchlist, and takes no command")
    match options.command:
        case "paths":
            from tui.cli.paths import print_paths

            return print_paths(options.config, options.watchlist)
        case "completions":
            from tui.cli.completions import print_completions

            return print_completions(options.shell)
        case "add":
            from tui.cli.add import add

            return add(_paths(options).watchlist, ids, options.label)
    from tui.cli.watch import WatchOptions, demo, watch

    chosen = WatchOptions(
        options.config, options.watchlist, options.low_bandwidth, options.verbose, ids
    )
    return demo(chosen) if options.demo else watch(chosen)


def _paths(options: argparse.Namespace) -> Paths:
    """Return where the files are. Raises `UserError` as `find_paths` does."""
    from tui.cli.watchlist_path import find_paths

    return find_paths(options.config, options.watchlist)


def _ids(words: Sequence[str], parser: argparse.ArgumentParser) -> list[str]:
    """Return the IDs in the arguments; a lone `-` stands for the lines of standard input."""
    if words == ["-"]:
        from tui.cli.add import read_ids

        return read_ids()
    try:
        if "-" in words:
            raise UserError("“-” stands for standard input and comes alone")
        return parse_task_ids(words)
    except UserError as error:
        parser.error(str(error))


def run() -> NoReturn:
    """Run the command as a program: end with its exit code although threads may hang."""
    from tui.terminal.process_end import INTERRUPTED, disable_core_files, end_now

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
    if lacking := shortage(error):
        output.print_error(lacking)
        return
    from tui.terminal import crash_report

    crash_report.print_crash(error, "the command failed")


def _keep_own_rights() -> None:
    """Have no umask take rights from ourselves: what we write we could not read again."""
    os.umask(os.umask(0o077) & 0o077)
