"""The grammar of the command line: whole flags, IDs on both sides of them, and suggestions."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui.cli.arguments.parser import ParseError, build_parser


@pytest.mark.parametrize(
    ("line", "ids"),
    [
        ("list", []),
        ("wait 1 2", ["1", "2"]),
        ("wait --any 1", ["1"]),
        ("wait 1 --any 2 3", ["1", "2", "3"]),
        ("wait 1 2 --timeout 2h 3 --json 4", ["1", "2", "3", "4"]),
        ("wait -", ["-"]),
        ("wait - --any", ["-"]),
        ("wait -- -x 1", ["-x", "1"]),
        ("wait 1 --any -- -x", ["1", "-x"]),
        ("label text 1 --watchlist w 2", ["1", "2"]),
        ("label text --label glob*", []),
        ("add 1 --label x 2", ["1", "2"]),
    ],
)
def test_ids_stand_on_both_sides_of_flags(line: str, ids: list[str]) -> None:
    assert build_parser().parse_args(line.split()).ids == ids


def test_the_flags_for_files_stand_on_both_sides_of_the_command() -> None:
    for line in ("--config c --watchlist w list", "list --config c --watchlist w"):
        options = build_parser().parse_args(line.split())
        assert (options.config, options.watchlist) == (Path("c"), Path("w"))
    options = build_parser().parse_args(["watch", "1", "--low-bandwidth", "--verbose"])
    assert options.low_bandwidth
    assert options.verbose
    options = build_parser().parse_args(["--low-bandwidth", "--verbose", "watch"])
    assert options.low_bandwidth
    assert options.verbose


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("wiat", "there is no command “wiat”; did you mean wait?"),
        ("List", "there is no command “List”; did you mean list?"),
        ("12345", "there is no command “12345”; see scenext-tui --help"),
        ("remove 1", "there is no command “remove”; did you mean rm?"),
        ("show 1", "there is no command “show”; did you mean status?"),
        ("help", "there is no command “help”; did you mean --help?"),
        ("--verbos", "unknown flag “--verbos”; did you mean --verbose?"),
        ("--verbos list", "unknown flag “--verbos”; did you mean --verbose?"),
        ("--json list", "“--json” goes after the command"),
        ("--label=x list", "“--label” goes after the command"),
        ("list --lable=x", "unknown flag “--lable”; did you mean --label?"),
        ("wait --time 2h 1", "unknown flag “--time”; did you mean --timeout?"),
        ("wait 1 -x", "unknown flag “-x”; if it is an ID, write -- before it"),
        ("add 1 --zzzzzz", "unknown flag “--zzzzzz”; if it is an ID, write -- before it"),
        ("label -new 1", "unknown flag “-new”; if it is a label, write -- before it"),
        ("list --label -x", "one that begins with - is written --label=-..."),
        ("paths 1", "unknown argument “1”"),
        ("completions", "the following arguments are required: bash|zsh|fish"),
        ("completions tcsh", "“tcsh” is none of bash, zsh, fish"),
        ("completions fsh", "“fsh” is none of bash, zsh, fish; did you mean fish?"),
        ("list --state late", "“late” is none of waiting, running, completed, failed, unknown"),
        ("list --state done", "completed, failed, unknown; did you mean completed?"),
        ("list --state finished", "failed, unknown; did you mean completed?"),
        ("label", "the following arguments are required: TEXT"),
        ("add", "the following arguments are required: ID"),
        ("list --json --line", "not allowed with argument --json"),
    ],
)
def test_what_is_wrong_is_told_with_what_was_meant(line: str, told: str) -> None:
    with pytest.raises(ParseError) as raised:
        build_parser().parse_args(line.split())
    assert str(raised.value).endswith(told)
    usage = raised.value.usage.splitlines()[0]
    command = line.split()[0]
    known = command in ("list", "wait", "add", "paths", "completions", "label")
    assert usage.startswith(f"usage: scenext-tui {command if known else '[OPTIONS]'}")
    assert len(usage) <= 80
