"""What the help of each command says beyond its arguments: plain ASCII, 80 columns at most.

A test runs every line of the examples as it stands here.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class HelpText(NamedTuple):
    """The texts of one command."""

    arguments: str
    """The arguments in the line of its usage."""
    summary: str
    """One line, for the list of the commands and the completions of shells."""
    description: str
    """What it does: a sentence or two."""
    epilog: str
    """Examples, exit codes, and where to read on."""


DESCRIPTION: Final = """\
Watches Scenext video tasks: a dashboard for people, commands for scripts.
Each command explains itself, with examples: scenext-tui COMMAND --help

commands to look at tasks:
  watch [ID...]         open the dashboard, as without any command
  list [ID...]          print what is known, without asking the service
  status [ID...]        ask the service once about each task
  wait [ID...]          wait until tasks have ended
commands to change the watchlist:
  add ID...             add tasks
  label TEXT ID...      give tasks a label
  rm ID...              remove tasks
commands to set things up:
  paths                 print where configuration, watchlist, log and state are
  completions SHELL     print completions for bash, zsh or fish
"""

EXIT_CODES: Final = """\
exit codes; if several apply, the first of them in this list:
  2  wrong usage, or nothing was selected
  6  the service refused the API key
  1  the command itself failed: configuration, watchlist, output, or no answer
  5  the service does not know an ID
  3  a task FAILED
  4  a task had not ended when the time was up
  0  done; after wait: all tasks completed
SIGINT (ctrl+c) and SIGTERM end a command with 130 and 143.
"""

EPILOG: Final = f"""\
examples; the API key is read from SCENEXT_API_KEY, or as config.toml says:
  scenext-tui add 12345 67890 --label "batch 7"
  scenext-tui

{EXIT_CODES}"""

_SELECTION: Final = """\
Name tasks by ID, or choose them from the watchlist with --label; - reads IDs
from standard input. """
_ALL: Final = _SELECTION + "With none of these, the whole watchlist is meant."
_SOME: Final = _SELECTION + "One of these is needed."
_ALL_CODES: Final = "All exit codes: scenext-tui --help"

WATCH: Final = HelpText(
    "[ID ...]",
    "open the dashboard, adding IDs",
    "Open the dashboard, which polls each task until it ends. The IDs are added to\nthe watchlist.",
    f"""\
examples:
  scenext-tui watch 12345

In the dashboard ? shows its keys, and q quits. It needs a terminal; for scripts
there are list, status and wait. {_ALL_CODES}
""",
)

LIST: Final = HelpText(
    "[ID ...]",
    "print what is known, without asking the service",
    "Print what the watchlist knows about tasks, without asking the service: a table\n"
    f"on a terminal; elsewhere a line each, with tabs between the columns.\n\n{_ALL}",
    f"""\
examples:
  scenext-tui list
  scenext-tui list --state failed --label "batch 7*"
  scenext-tui list --json
  scenext-tui list --line

--line is for tmux:  set -g status-right '#(scenext-tui list --line)'
It counts tasks that failed, are in trouble (!), run, wait (-) and are done, and
says when all is likely to be done (~). A ? at its end: nothing has polled them
for five minutes; a dashboard does, and wait.

Columns: state, ID, name, time (that it took, or since it was added), frames,
points, note. Keys of --json (null: not known; times in UTC; more in --schema):
  schema task_id watched state state_sent label title added_at created_at
  ended_at seconds age_seconds frames points score score_detail reason
  answered_at error; in status and wait with --links: video_url frame_urls
Errors are then objects on standard error: schema code task_id message hint

Exit codes: 0 printed, 1 could not, or a task is not in the watchlist, 2 wrong
usage or nothing selected. {_ALL_CODES}
""",
)

STATUS: Final = HelpText(
    "[ID ...]",
    "ask the service once about each task",
    "Ask the service once about each task and print the answers. Adds nothing to the\n"
    f"watchlist.\n\n{_ALL}",
    f"""\
examples:
  scenext-tui status 12345
  scenext-tui status --json --links 12345

Columns and keys of --json: scenext-tui list --help

Exit codes: 0 each was answered, whatever its state, 1 no answer, 2 wrong usage
or nothing selected, 5 the service does not know an ID, 6 it refused the API
key. {_ALL_CODES}
""",
)

WAIT: Final = HelpText(
    "[ID ...]",
    "wait until tasks have ended",
    "Poll tasks until all of them have ended, and print each as it ends. Adds nothing\n"
    "to the watchlist. A failed request is not an end: it tries again. On a terminal\n"
    "a line shows the progress, the window's title has the counts, and each end rings\n"
    f"the bell; notify and notify_on in config.toml change that.\n\n{_ALL}",
    """\
examples:
  scenext-tui wait 12345 67890 --timeout 2h
  scenext-tui wait --label "batch 7*" --fail-fast
  scenext-tui add 12345 && scenext-tui wait 12345 && echo "the video is there"

exit codes; if several apply, the first of them in this list:
  2  wrong usage, or nothing was selected
  6  the service refused the API key
  1  no answer at all within the timeout, or the configuration is wrong
  5  the service does not know an ID
  3  a task FAILED
  4  a task had not ended when the time was up
  0  all completed; with --any: all that have ended

Columns and keys of --json: scenext-tui list --help
""",
)

ADD: Final = HelpText(
    "ID ...",
    "add tasks to the watchlist",
    "Add tasks to the watchlist. An open dashboard shows them within two seconds; the\n"
    "service is not asked. Tasks that are there already stay, and take a new --label.",
    f"""\
examples:
  scenext-tui add 12345 67890 --label "batch 7"
  echo "12345 # from a script" | scenext-tui add -
  scenext-tui add - --label "batch 7" < ids.txt

Standard input may have many IDs a line, # comments, or the service's own JSON.
Exit codes: 0 saved, 1 could not, 2 wrong usage.
{_ALL_CODES}
""",
)

LABEL: Final = HelpText(
    "TEXT [ID ...]",
    "give tasks a label",
    f'Give tasks in the watchlist another label; an empty one ("") takes it away.\n\n{_SOME}',
    f"""\
examples:
  scenext-tui label "batch 8" 12345 67890
  scenext-tui label "" 12345
  scenext-tui label "batch 8" --label "batch 7*"

Exit codes: 0 saved, 1 could not, or a task is not in the watchlist, 2 wrong
usage or nothing selected. {_ALL_CODES}
""",
)

REMOVE: Final = HelpText(
    "[ID ...]",
    "remove tasks from the watchlist",
    "Remove tasks from the watchlist; the service keeps them. An open dashboard shows\n"
    f"that within two seconds.\n\n{_SELECTION}One of these or --finished is needed.",
    f"""\
examples:
  scenext-tui rm 12345
  scenext-tui rm --finished
  scenext-tui rm --label "batch 7*"

Exit codes: 0 saved, 1 could not, or a task is not in the watchlist, 2 wrong
usage or nothing selected. {_ALL_CODES}
""",
)

PATHS: Final = HelpText(
    "",
    "print where configuration, watchlist, log and state are",
    "Print where the configuration, the watchlist, the log and the state are, or\n"
    "would be; the state says whether p has hidden pictures. For a second account:\n"
    "--config FILE, where the file names a key and a watchlist of its own. In a\n"
    "terminal it also says how pictures are shown there, and why no better way works.",
    f"""\
examples:
  scenext-tui paths
  scenext-tui paths --watchlist ~/school.toml

Exit codes: 0 printed, 1 could not, 2 wrong usage.
{_ALL_CODES}
""",
)

COMPLETIONS: Final = HelpText(
    "bash|zsh|fish",
    "print completions for bash, zsh or fish",
    "Print a script with which a shell completes commands, flags and files. It reads\n"
    "neither the watchlist nor the API key.",
    f"""\
examples; they take effect in the next shell:
  mkdir -p ~/.local/share/bash-completion/completions
  scenext-tui completions bash \\
    > ~/.local/share/bash-completion/completions/scenext-tui

  mkdir -p ~/.zfunc
  scenext-tui completions zsh > ~/.zfunc/_scenext-tui

  mkdir -p ~/.config/fish/completions
  scenext-tui completions fish > ~/.config/fish/completions/scenext-tui.fish

bash needs the package bash-completion for this, and ~/.zshrc this line:
  fpath+=~/.zfunc; autoload -Uz compinit; compinit
Print the script again after an update.

Exit codes: 0 printed, 1 could not, 2 wrong usage.
{_ALL_CODES}
""",
)
