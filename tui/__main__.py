"""Run the command: `python -m tui`."""

from tui.cli.main import run

if __name__ == "__main__":
    run()
