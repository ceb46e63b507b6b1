"""Plant a key and signatures, and search everything that a session leaves for them."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.support.home import Home
from tests.support.picture_host import BLOCKS, RED, picture
from tests.support.secrets import forms, leaks, program_files, strip_links, too_permissive
from tests.support.service import FAR_FUTURE, Reply, Request, ScriptedService, error, task
from tests.support.terminal import Terminal
from tui.demo.server import LoopbackServer, Response
from tui.demo.server import Request as PictureRequest
from tui.log import MAX_LOG_BYTES

KEY = "sk-CANARY-7Qm2/xK+9vT4wZbR1nLpY6sD"
WRONG_KEY = "sk-BUDGIE-3Wt8+hJ/5cF2qXeG7mNkA4uV"
SIGNATURES = tuple(f"{head}+vC/8dHs4LpW2mQ=" for head in ("Zq7XwKtN1", "Bf3YrMsP6", "Jd9GhVcL2"))
ROOT = Path(__file__).parents[2]
SSH = {"SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"}
TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}"


@dataclass
class PictureHost:
    """A host that serves a picture at every path and records its requests."""

    requests: list[PictureRequest] = field(default_factory=list)
    origin: str = ""

    def link(self, number: int) -> str:
        """Return the signed link of a frame."""
        signature = quote(SIGNATURES[number - 1], safe="")
        query = f"OSSAccessKeyId=LTAI5tX&Expires={FAR_FUTURE}&Signature={signature}"
        return f"{self.origin}/frame{number}.png?{query}"

    def respond(self, request: PictureRequest) -> Response:
        """Return a picture."""
        self.requests.append(request)
        return picture(RED)


@pytest.fixture
def pictures() -> Iterator[PictureHost]:
    host = PictureHost()
    server = LoopbackServer(host.respond)
    server.start()
    host.origin = server.origin
    yield host
    server.close()


@pytest.fixture
def service() -> Iterator[ScriptedService]:
    """Run a service that leaves the check of the key to the scripted replies."""
    with ScriptedService(api_key=KEY, check_key=False) as running:
        yield running


def quoted(secret: str) -> str:
    """Return a secret in every form in which a careless service may quote it."""
    encoded = (base64.b64encode(b"\0" * shift + secret.encode()).decode() for shift in range(3))
    percent_encoded = "".join(f"%{byte:02x}" for byte in secret.encode())
    return " ".join(
        (secret, quote(secret, safe=""), percent_encoded, *encoded, f"{secret[:9]}…", secret)
    )


def script_faults(service: ScriptedService, link: str) -> list[str]:
    """Script a task for each fault that quotes a secret; return the task IDs."""
    encoded = quote(link, safe="")
    faults = {
        "key500": error(500, f"internal: {quoted(KEY)}"),
        "key404": error(404, f"no task for {KEY[:12]}***"),
        "plain500": Reply(500, f"Traceback: Authorization: Bearer {KEY} {link}"),
        "page": Reply(502, f"<html><a href='{link}'>{KEY}</a>", {"content-type": "text/html"}),
        "moved": Reply(302, b"", {"location": link, "x-echo": KEY}),
        "cut": Reply(200, f'{{"status": "success", "data": {{"image": "{link}'),
        "quotes": error(422, f"cannot fetch {link}"),
        "quotes2": error(500, f"cannot fetch {encoded} or <{link}>, ({link})"),
        "refuses": Reply(200, {"status": "error", "data": {"messages": f"{KEY} {link}"}}),
        "other": task(link),
        "lost": Reply(drop=True),
    }
    for task_id, reply in faults.items():
        script(service, task_id, reply)
    return list(faults)


def script(service: ScriptedService, task_id: str, reply: Reply) -> None:
    """Reply to requests with the planted key; quote the `Authorization` of any other."""

    def answer(request: Request) -> Reply:
        sent = request.headers.get("authorization", "")
        if sent == f"Bearer {KEY}":
            return reply
        return error(401, f"Unauthorized: {sent} {quoted(sent.removeprefix('Bearer '))}")

    service.script(task_id, answer)


def written_files(folder: Path, *ours: Path) -> dict[Path, bytes]:
    """Return the contents of the files that the program wrote below a folder."""
    contents = {path: path.read_bytes() for path in program_files(folder, ours) if path.is_file()}
    assert contents
    return contents


def assert_key_only_sent(service: ScriptedService, pictures: PictureHost) -> None:
    """Assert that the keys were sent to the service as `Authorization` and nowhere else."""
    for request in service.requests:
        headers = dict(request.headers)
        assert headers.pop("authorization") in (f"Bearer {KEY}", f"Bearer {WRONG_KEY}")
        sent = json.dumps([request.path, headers]).encode()
        assert leaks(sent, (KEY, WRONG_KEY, *SIGNATURES)) == []
    assert leaks(repr(pictures.requests).encode(), (KEY, WRONG_KEY)) == []
    assert not any("authorization" in request.headers for request in pictures.requests)


def test_each_form_of_a_secret_is_found() -> None:
    assert len(set(forms(KEY).values())) >= 8
    for piece in (*quoted(KEY).split(" "), KEY[:5] + "\x1b[1m" + KEY[5:], KEY[:5] + "\n" + KEY[5:]):
        assert leaks(f"so: {piece}".encode(), [KEY]), piece
    shown = b"\x1b]8;id=1;https://h/?" + SIGNATURES[0].encode() + b"\x1b\\frame1\x1b]8;;\x1b\\"
    assert leaks(shown, SIGNATURES)
    assert leaks(strip_links(shown), SIGNATURES) == []


def test_a_session_of_faults_leaves_no_secret_anywhere(
    home: Home, service: ScriptedService, pictures: PictureHost, tmp_path: Path
) -> None:
    key_file, downloads = tmp_path / "key", tmp_path / "Downloads"
    downloads.mkdir()
    key_file.write_text(f"{WRONG_KEY}\n")
    home.configure(
        base_url=service.base_url,
        api_key_file=str(key_file),
        poll_interval=1,
    )
    links = [pictures.link(number) for number in (1, 2, 3)]
    script(service, "good", task("good", frames=links))
    faulty = script_faults(service, links[0])
    with home.open("--verbose", "watch", "good", *faulty, env=SSH) as terminal:
        terminal.wait_for_text("The service refused the key from")
        key_file.write_text(f"{KEY}\n")
        terminal.wait_for_text("3 frames")
        wait_for_answers(service, terminal, faulty)
        # Show the details of each faulty task.
        terminal.press("G")
        terminal.wait_for_text("lost")
        for _ in faulty:
            drawn = len(terminal.raw)
            terminal.press("k")
            until_drawn(terminal, drawn)
        terminal.press("/", "good", "enter")
        terminal.wait_for_text("frame3.png")
        terminal.press("a")
        terminal.wait_for_text("Add tasks")
        terminal.paste("late7")
        terminal.press("enter")
        terminal.wait_for(lambda _: b"late7" in home.watchlist.read_bytes())
        terminal.wait_gone("Add tasks")
        terminal.press("x")
        terminal.wait_for_text("Removed late7")
        terminal.press("/", "good", "enter")
        terminal.wait_for_text("frame3.png")
        terminal.press("y")
        terminal.wait_for_text("Link of frame3 sent to")
        terminal.press("d")
        terminal.wait_for(lambda _: (downloads / "good" / "frame3.png").exists())
        terminal.press("p")
        terminal.wait_for(BLOCKS)
        terminal.press("o")
        terminal.wait_for_text("open frame3 of good")
        terminal.wait_for(lambda _: len(terminal.clipboards()) == 2)
        before = terminal.raw
        terminal.press("u")
        terminal.wait_for_text("Press enter to go back.")
        assert leaks(strip_links(terminal.raw), SIGNATURES), "the raw link is not shown"
        raw_end = len(terminal.raw)
        terminal.press("enter")
        terminal.wait_for_text("open frame3 of good")
        # Logged only for a response without news, so for the second one at the earliest.
        terminal.wait_for(lambda _: "task good: answered, after" in home.log.read_text())
        terminal.press("q")
        assert terminal.wait_exit() == 0
        after = terminal.raw[raw_end:]

    assert leaks(terminal.raw, (KEY, WRONG_KEY)) == []
    assert set(links) <= set(terminal.links())
    assert terminal.clipboards() == [links[2]] * 2
    assert leaks(strip_links(before) + strip_links(after), SIGNATURES) == []
    files = written_files(tmp_path, key_file, home.config)
    for path in (home.log, home.watchlist, home.watchlist.with_name("watchlist.toml.bak")):
        assert path in files
    for path, data in files.items():
        assert leaks(f"{path}\n".encode() + data, (KEY, WRONG_KEY, *SIGNATURES)) == [], path
    ours = (key_file, downloads, home.config.parent.parent)
    assert too_permissive(program_files(tmp_path, ours)) == []
    assert_key_only_sent(service, pictures)
    assert_log_is_sufficient(home, faulty)


def until_drawn(terminal: Terminal, before: int) -> None:
    """Wait until the terminal was sent more than the update of one line."""
    terminal.wait_for(lambda _: len(terminal.raw) > before + 200)


def wait_for_answers(service: ScriptedService, terminal: Terminal, task_ids: list[str]) -> None:
    """Wait until a query with the correct key was answered for each of these tasks."""
    good = f"Bearer {KEY}"

    def all_answered(_: str) -> bool:
        answered = {
            r.task_id for r in service.requests if r.headers["authorization"] == good and r.ended
        }
        return answered >= set(task_ids)

    terminal.wait_for(all_answered, timeout=15)


def assert_log_is_sufficient(home: Home, faulty: list[str]) -> None:
    """Assert that the log has time, task, kind, code and duration, but no query of a link."""
    log = home.log.read_text()
    for line in log.splitlines():
        assert re.match(rf"{TIME} [A-Z]+ (tui\.\S+|__main__): ", line), line
    pattern = r"(?m)^{} WARNING \S+ task {}: {}.* after \d+\.\d\d s$"
    for task_id, kind in {
        "key500": r"server error \(500\): 500: internal",
        "page": r"server error \(502\)",
        "moved": r"not the API \(302\)",
        "quotes": r"refused \(422\)",
        "lost": "offline",
        "cut": "not the API",
    }.items():
        assert re.search(pattern.format(TIME, task_id, kind), log), task_id
    assert all(f"task {task_id}: " in log for task_id in faulty)
    assert not re.search(r"(?i)(\?|%3f)(ossaccesskeyid|expires|signature)", log)
    assert "Expires" not in log


def test_without_verbose_a_good_poll_is_not_logged_and_paths_names_the_log(
    home: Home, service: ScriptedService
) -> None:
    home.configure(base_url=service.base_url, api_key=KEY, poll_interval=1)
    service.script("good", task("good"))
    with home.open("watch", "good") as terminal:
        service.wait_for_requests(2, task_id="good", answered=True)
        terminal.wait_for_text("In progress")
        terminal.press("q")
        assert terminal.wait_exit() == 0
    log = home.log.read_text()
    assert "scenext-tui" in log
    assert "answered" not in log
    assert "task good" not in log, "an unchanged status must not be logged"
    assert f"log        {home.log}" in home.run("paths").stdout.splitlines()


LOG = """
import logging, pathlib, sys
from tui import log
from tui.redactor import Redactor
print(log.start(pathlib.Path(sys.argv[1]), Redactor()))
for number in range(int(sys.argv[2])):
    logging.getLogger("tui.x").info("%s %s", number, "x" * 9500)
"""


def write_log(path: Path, records: int) -> str:
    """Log to a file in a program of its own; return why that is impossible, if it is."""
    argv = [sys.executable, "-c", LOG, str(path), str(records)]
    done = subprocess.run(argv, check=True, cwd=ROOT, timeout=30, stdout=subprocess.PIPE, text=True)
    return done.stdout.strip()


def test_the_log_is_bounded_and_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "state" / "app" / "app.log"
    assert write_log(path, 400) == ""
    files = [path, path.with_name("app.log.1"), path.with_name("app.log.2")]
    assert sorted(path.parent.iterdir()) == files
    assert all(file.stat().st_size <= MAX_LOG_BYTES for file in files)
    assert path.read_text().splitlines()[-1].split()[4] == "399"
    assert too_permissive(tmp_path.rglob("*")) == []


@pytest.mark.parametrize("mode", [0o666, 0o644, 0o640, 0o602])
@pytest.mark.parametrize("records", [1, 120])
def test_a_log_that_was_open_to_others_is_its_owners_alone_again(
    tmp_path: Path, mode: int, records: int
) -> None:
    path = tmp_path / "app.log"
    for name in ("app.log", "app.log.1", "app.log.2"):
        (tmp_path / name).write_text("before\n")
        (tmp_path / name).chmod(mode)
    assert write_log(path, records) == ""
    assert len(list(tmp_path.iterdir())) == 3
    assert too_permissive(tmp_path.iterdir()) == []


def make_link(path: Path) -> None:
    (path.parent / "victim").write_text("")
    path.symlink_to("victim")


def make_dangling_link(path: Path) -> None:
    path.symlink_to("victim")


def make_another_users(path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can make another user's file")
    path.write_text("")
    os.chown(path, 65501, -1)
    path.chmod(0o666)


def make_in_their_folder(path: Path) -> None:
    make_another_users(path)
    os.chown(path.parent, 65501, -1)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (make_link, "it is a symbolic link; move it away"),
        (make_dangling_link, "it is a symbolic link; move it away"),
        (os.mkfifo, "it is not a regular file; move it away"),
        (Path.mkdir, "Is a directory"),
        (make_another_users, "it belongs to another user (uid 65501); move it away"),
        (make_in_their_folder, "it belongs to another user (uid 65501); move it away"),
    ],
)
def test_a_log_that_is_no_file_of_ours_is_refused(
    tmp_path: Path, make: Callable[[Path], None], reason: str
) -> None:
    path, victim = tmp_path / "app.log", tmp_path / "victim"
    make(path)
    mode = path.lstat().st_mode
    assert write_log(path, 1) == f"No log: {path}: {reason}."
    assert path.lstat().st_mode == mode
    assert not victim.exists() or victim.read_text() == ""


def test_a_predecessor_of_the_log_that_is_a_link_keeps_its_target_as_it_was(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("")
    victim.chmod(0o644)
    (tmp_path / "app.log.1").symlink_to("victim")
    os.mkfifo(tmp_path / "app.log.2")
    assert write_log(tmp_path / "app.log", 1) == ""
    assert victim.stat().st_mode & 0o777 == 0o644


def test_a_good_answer_that_quotes_a_secret_shows_none(
    home: Home, service: ScriptedService, pictures: PictureHost
) -> None:
    link = pictures.link(1)
    home.configure(base_url=service.base_url, api_key=KEY, poll_interval=1)
    result = [{"type": f"of {KEY}", "content": f"Bearer {KEY} for {link}", "scoreDetail": link}]
    result.append({"type": "text", "content": quoted(KEY), "score": KEY})
    unknown = task("odd", f"GONE {KEY[:12]}", frames=[{"id": KEY, "image": link}], result=result)
    script(service, "odd", unknown)
    fields = {"messages": [f"{KEY} {link}"], "consumption": [KEY, link]}
    script(service, "bad", task("bad", "FAILED", frames=[link], result=result, **fields))
    with home.open("--verbose", "watch", "odd", "bad", env=SSH) as terminal:
        terminal.wait_for(r"✗ bad .*\n.*\? odd .*GONE")
        terminal.wait_for_text("1 frame")
        terminal.press("g")
        terminal.wait_for(r"│ bad")
        terminal.press("q")
        assert terminal.wait_exit() == 0
    assert leaks(terminal.raw, [KEY]) == []
    assert leaks(strip_links(terminal.raw), SIGNATURES) == []
    for path, data in written_files(home.folder, home.config).items():
        assert leaks(data, (KEY, *SIGNATURES)) == [], path


# Child processes


DUMP = """#!/bin/sh
{{
  for word in "$@"; do echo "argument $word"; done
  env | sed 's/^/variable /'
  ls -l /proc/self/fd | sed -n 's/.* \\([0-9][0-9]* -> .*\\)/descriptor \\1/p'
}} >> "{folder}/{name}.dump"
{then}
"""


def dumping_program(folder: Path, name: str, then: str = "") -> Path:
    """Write a program that dumps its arguments, variables and descriptors."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(DUMP.format(folder=folder, name=name, then=then))
    path.chmod(0o700)
    return path


def dumped(folder: Path, name: str, kind: str) -> list[str]:
    """Return what a program dumped: each `argument`, `variable` or `descriptor`."""
    lines = (folder / f"{name}.dump").read_text().splitlines()
    return [line.removeprefix(f"{kind} ") for line in lines if line.startswith(f"{kind} ")]


@pytest.mark.parametrize("variable", ["SCENEXT_OPEN_COMMAND", "BROWSER"])
def test_children_get_the_link_that_is_opened_and_nothing_else(
    home: Home, service: ScriptedService, pictures: PictureHost, tmp_path: Path, variable: str
) -> None:
    bin_folder = tmp_path / "bin"
    browser = dumping_program(bin_folder, "browser")
    dumping_program(
        bin_folder, "tmux", f'[ "$1" = load-buffer ] && cat > "{bin_folder}/buffer.dump"'
    )
    vault = dumping_program(bin_folder, "vault", f"echo '{KEY}'")
    env = {**SSH, "PATH": f"{bin_folder}:{os.environ['PATH']}", "TMUX": "/nowhere,1,0"}
    env[variable] = str(browser)
    home.configure(base_url=service.base_url, api_key_command=str(vault), poll_interval=1)
    if variable == "BROWSER":
        env["SCENEXT_API_KEY"] = KEY
    link = pictures.link(1)
    script(service, "t", task("t", frames=[link]))
    with home.open("--verbose", "watch", "t", env=env) as terminal:
        terminal.wait_for_text("frame1.png")
        terminal.press("o")
        terminal.wait_for_text("Opened frame1 with browser.")
        terminal.press("y")
        terminal.wait_for_text("Link of frame1 copied by tmux.")
        asked = len(service.requests)
        terminal.press("r")
        service.wait_for_requests(asked + 1)
        terminal.press("q")
        assert terminal.wait_exit() == 0
    assert dumped(bin_folder, "browser", "argument") == [link]
    assert (bin_folder / "buffer.dump").read_text() == link
    programs = ["browser", "tmux", *(["vault"] if variable == "SCENEXT_OPEN_COMMAND" else [])]
    assert (bin_folder / "vault.dump").exists() == ("vault" in programs)
    for name in programs:
        dump = (bin_folder / f"{name}.dump").read_bytes()
        assert leaks(dump, [KEY]) == [], name
        assert leaks(dump.replace(link.encode(), b""), SIGNATURES) == [], name
        variables = dumped(bin_folder, name, "variable")
        ours = {line.partition("=")[0] for line in variables if line.startswith("SCENEXT_")}
        assert ours == ({"SCENEXT_URL"} if name == "browser" else set())
        # `ls` has the folder open that it lists.
        others = [
            line
            for line in dumped(bin_folder, name, "descriptor")
            if int(line.split()[0]) > 2 and "/proc/" not in line
        ]
        assert others == []
    assert b"vault" not in terminal.raw
    assert leaks(terminal.raw, [KEY]) == []
    assert leaks(strip_links(terminal.raw), SIGNATURES) == []
    for path, data in written_files(tmp_path, bin_folder, home.config).items():
        assert leaks(data, (KEY, *SIGNATURES)) == [], path
    assert_key_only_sent(service, pictures)


def test_what_a_command_says_of_the_key_that_it_once_gave_is_redacted(
    home: Home, service: ScriptedService, tmp_path: Path
) -> None:
    vault, revoked = tmp_path / "vault", tmp_path / "revoked"
    vault.write_text(
        f'#!/bin/sh\n[ -e "{revoked}" ] || exec echo "{WRONG_KEY}"\n'
        f'echo "no longer valid: {WRONG_KEY}" >&2\nexit 1\n'
    )
    vault.chmod(0o700)
    script(service, "t", task("t"))
    home.configure(base_url=service.base_url, api_key_command=str(vault))
    with home.open("watch", "t") as terminal:
        terminal.wait_for_text("The service refused the key")
        revoked.touch()
        home.config.touch()
        terminal.wait_for_text("no longer valid: ***")
        terminal.press("q")
        assert terminal.wait_exit() == 0
    assert leaks(terminal.raw, [WRONG_KEY]) == []


def test_the_demo_passes_no_key_of_the_user_on(home: Home, tmp_path: Path) -> None:
    browser = dumping_program(tmp_path / "bin", "browser")
    env = {"SCENEXT_API_KEY": KEY, "SCENEXT_OPEN_COMMAND": str(browser)}
    with home.open("--demo", env=env) as terminal:
        terminal.wait_for(r"[1-9]\d* frame")
        # In its order: the finished task is the last.
        terminal.wait_for_text("Needs attention  1")
        terminal.wait_for_text("Finished  1")
        terminal.press("G")
        terminal.wait_for_text("Video, 5 frames")
        terminal.press("o")
        terminal.wait_for_text("with browser.")
        terminal.press("q")
        assert terminal.wait_exit() == 0
    assert leaks((tmp_path / "bin" / "browser.dump").read_bytes(), [KEY]) == []
    assert leaks(terminal.raw, [KEY]) == []


# Crashes


@pytest.mark.parametrize("where", ["handler", "worker"])
def test_a_crash_tells_no_secret(tmp_path: Path, where: str) -> None:
    argv = [sys.executable, "-m", "tests.support.secrets", where, str(tmp_path), KEY]
    with Terminal(argv) as terminal:
        terminal.wait_for_text("Asking the service")
        terminal.wait_for(lambda _: (tmp_path / "watchlist.toml").exists())
        (tmp_path / "strike").touch()
        if where == "handler":
            terminal.press("a")
            terminal.wait_for_text("Add tasks")
            terminal.press("67890", "enter")
        assert terminal.wait_exit() == 1
    assert f"a fault in a {where}" in terminal.text().replace("\n", "")
    assert leaks(terminal.raw, [KEY]) == []
    files = written_files(tmp_path, tmp_path / "strike")
    log = files[tmp_path / "scenext-tui.log"]
    assert b"Traceback" in log
    for path, data in files.items():
        assert leaks(data, [KEY]) == [], path
    assert too_permissive(program_files(tmp_path, [tmp_path / "strike"])) == []


def test_a_crash_at_start_tells_no_secret(
    home: Home, service: ScriptedService, pictures: PictureHost, tmp_path: Path
) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    words = f"a broken package quotes {quoted(KEY)}, Bearer {KEY} and {pictures.link(1)}"
    (broken / "textual.py").write_text(f"raise RuntimeError(open({str(broken / 'said')!r}).read())")
    (broken / "said").write_text(words)
    home.configure(base_url=service.base_url, api_key=KEY)
    home.config.chmod(0o600)
    with home.open(env={"PYTHONPATH": str(broken)}) as terminal:
        assert terminal.wait_exit() == 1
    assert "a broken package quotes" in terminal.text()
    assert leaks(terminal.raw, (KEY, *SIGNATURES)) == []
    for path in program_files(tmp_path, [broken, home.config]):
        assert path.is_dir() or leaks(path.read_bytes(), (KEY, *SIGNATURES)) == [], path
    assert service.requests == []
