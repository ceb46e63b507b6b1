"""The dashboard with an injected exception: `python -m tests.support.crashing WHERE FOLDER KEY`.

WHERE is `handler` or `worker`, FOLDER holds its files. The exception is raised once a file `strike`
is in the folder.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from tests.support.dependencies import make_dependencies
from tui.clock import Clock
from tui.config import Config
from tui.credentials import Secret
from tui.dashboard.app import ScenextApp
from tui.dependencies import ClientFactory
from tui.redactor import Redactor
from tui.terminal import crash_report
from tui.terminal.lifecycle import TerminalWatchdog
from tui.terminal.process_end import end_now
from tui.terminal.run import run_to_its_end


def main(where: str, folder: Path, key: str) -> None:
    """Run the app until it crashes."""

    def wall() -> float:
        authorization = f"Bearer {key}"
        if (folder / "strike").exists():
            raise ValueError(f"a fault in a handler, with {len(authorization)} characters")
        return time.time()

    def connect() -> ClientFactory:
        authorization = f"Bearer {key}"
        while where != "worker" or not (folder / "strike").exists():
            time.sleep(0.02)
        raise ValueError(f"a fault in a worker that quotes {authorization}")

    redact = Redactor()
    redact.learn(Secret(key))
    crash_report.install(redact)
    app = ScenextApp(
        make_dependencies(folder, connect, key=lambda: key)._replace(
            config=Config(base_url="http://127.0.0.1:9/api", trust_env=False),
            clock=Clock(wall=wall if where == "handler" else time.time),
            redact=redact,
        ),
        ["12345"],
    )
    TerminalWatchdog(app.request_exit).install()
    end_now(run_to_its_end(app, mouse=True))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
