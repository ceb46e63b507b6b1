"""End-to-end sessions: the real program in a real terminal, with real HTTP on loopback."""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import subprocess
import sys
import tomllib
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from tests.support.home import Home
from tests.support.picture_host import RED, PictureHost, painted, picture
from tests.support.service import Reply, ScriptedService, completed, frame_url, task
from tui.atomic_file import Filesystem
from tui.watchlist.entries import Add, Entry
from tui.watchlist.storage import WatchlistFile

ROOT = Path(__file__).parents[2]
REASON = "渲染失败：公式无法编译"
VIDEO = "https://oss.scenext.cn/video/abc/final.mp4"


def growing_task(last: int) -> list[Reply]:
    """Return the replies of a task that gains a frame per poll and then completes."""
    frames = [[frame_url("run", n) for n in range(1, count + 1)] for count in range(1, last + 1)]
    replies = [task("run", frames=urls) for urls in frames]
    result = [{"type": "video", "content": VIDEO}]
    return [*replies, task("run", "COMPLETED", frames=frames[-1], result=result)]


def test_three_tasks_are_watched_to_their_end(home: Home, service: ScriptedService) -> None:
    service.script("run", *growing_task(3))
    service.script("done", completed("done", frames=[frame_url("done", 1)]))
    failed = task("bad", "FAILED", result=[{"type": "text", "content": REASON}])
    service.script("bad", failed)

    with home.open("watch", "run", "done", "bad") as terminal:
        terminal.wait_for(r"✓ .*done")
        terminal.wait_for(r"✗ bad")
        terminal.wait_for(r"✓ run", timeout=15)
        terminal.wait_for_text("✗ 1 failed  ✓ 2 done")
        terminal.wait_for_text("nothing left to poll")
        terminal.press("G")
        terminal.wait_for_text(REASON)
        terminal.press("q")
        assert terminal.wait_exit() == 0

    polls = service.for_task("run")
    assert len(polls) == 4
    assert len(service.for_task("done")) == len(service.for_task("bad")) == 1
    assert service.in_flight_peak("run") == 1
    gaps = [later.monotonic - earlier.monotonic for earlier, later in pairwise(polls)]
    assert all(0.5 < gap < 1.8 for gap in gaps), gaps
    authorization = {request.headers.get("authorization") for request in service.requests}
    assert authorization == {f"Bearer {service.api_key}"}
    assert {request.path for request in service.requests} == {
        f"/api/get_status/{task_id}" for task_id in ("run", "done", "bad")
    }


def test_odd_answers_are_told_for_what_they_are(home: Home, service: ScriptedService) -> None:
    """A bare NaN, a reason in another field, the ID as a number, and another task's answer."""
    odd = task("odd", "Completed", frames=[frame_url("odd", 1)], title="勾股定理", score=0)
    text = json.dumps(odd.body).replace('"score": 0', '"score": NaN')
    service.script("odd", Reply(body=gzip.compress(text.encode()), headers=odd.headers))
    number: dict[str, object] = {"task_id": 17, "status": "in-progress"}
    service.script("0017", Reply(body={"data": [number]}))
    service.script("bad", task("bad", "FAILED", error={"message": REASON}))
    service.script("lost", task("found"))
    with home.open("watch", "odd", "0017", "lost", "bad") as terminal:
        terminal.wait_for(r"✓ .*odd")
        terminal.wait_for_text("1 frame")
        terminal.wait_for(r"✗ bad(.|\n)*! lost(.|\n)*» 0017")
        terminal.press("g")
        terminal.wait_for(f"Reason +{REASON}")
        terminal.press("j")
        terminal.wait_for(r"another task,(.|\n)*“found”")
        terminal.press("q")
        assert terminal.wait_exit() == 0


def test_what_scrolls_into_view_is_asked_about_first(home: Home, service: ScriptedService) -> None:
    ids = [f"task{number:03}" for number in range(200)]
    for task_id in ids:
        service.script(task_id, task(task_id))
    settings = {"poll_interval": 60, "max_requests_per_second": 20}
    home.configure(base_url=service.base_url, api_key=service.api_key, **settings)
    home.config.chmod(0o600)
    assert home.run("add", *ids).returncode == 0
    with home.open(rows=20) as terminal:
        terminal.wait_for("» task001")
        terminal.wait_for_text("refresh")
        terminal.press("G")
        terminal.wait_for("» task199")
    # In the order of the list, it would be the last of 200 queries.
    asked = [request.task_id for request in service.requests]
    assert asked.index("task199") < 100


def test_what_was_added_survives_kill_9(home: Home, service: ScriptedService) -> None:
    service.script("kept", task("kept"))
    assert home.run("add", "kept", "--label", "第一批").returncode == 0
    with home.open() as terminal:
        terminal.wait_for(r"» 第一批 +kept")
        terminal.press("a")
        terminal.wait_for_text("Add tasks")
        terminal.paste("late1\nlate2\n")
        terminal.press("enter")
        terminal.wait_for(r"late1 .*unknown ID")
        # A thread saves at once; only the file shows when it is done.
        terminal.wait_for(lambda _: b"late2" in home.watchlist.read_bytes())
        terminal.signal(signal.SIGKILL)
        terminal.wait_exit()
    with home.open() as terminal:
        terminal.wait_for_text("kept")
        terminal.wait_for_text("late1")
        terminal.wait_for_text("late2")


def test_what_is_typed_before_the_first_paint_is_done_in_its_order(
    home: Home, service: ScriptedService
) -> None:
    service.script("one", task("one"))
    service.script("two", task("two", frames=[frame_url("two", 1)]))
    assert home.run("add", "one", "two").returncode == 0
    with home.open() as terminal:
        terminal.press("j", "x")
        terminal.wait_for_text("Removed two")
        terminal.wait_for_text("» 1 running")


def test_two_dashboards_and_a_script_share_one_watchlist(
    home: Home, service: ScriptedService
) -> None:
    for task_id in ("one", "two", "three"):
        service.script(task_id, task(task_id))
    with home.open() as first, home.open() as second:
        for terminal, task_id in ((first, "one"), (second, "two")):
            terminal.wait_for_text("The watchlist is empty.")
            terminal.press("a")
            terminal.wait_for_text("Add tasks")
            terminal.press(task_id, "enter")
        assert home.run("add", "-", stdin="# a comment\n\nthree  # here\n").returncode == 0
        for terminal in (first, second):
            for task_id in ("one", "two", "three"):
                # 2 s are promised; the margin is for a loaded machine.
                terminal.wait_for(rf"» .*{task_id}")
        assert home.run("label", "第一批", "two").stdout == "Labelled 1 task “第一批”.\n"
        for terminal in (first, second):
            terminal.wait_for(r"» 第一批 +two")
        assert home.run("rm", "two", "one").stdout == "Removed 2 tasks.\n"
        for terminal in (first, second):
            terminal.wait_for(lambda text: len(re.findall(r"^[ >][ *]» ", text, re.M)) == 1)
        assert home.run("add", "one", "two").returncode == 0
        for terminal in (first, second):
            terminal.wait_for(lambda text: len(re.findall(r"^[ >][ *]» ", text, re.M)) == 3)
        first.press("x")
        first.wait_for(lambda text: len(re.findall(r"^[ >][ *]» ", text, re.M)) == 2)
        second.wait_for(lambda text: "3 tasks" not in text)


def test_a_refused_key_stops_polling_and_another_one_starts_it_again(
    home: Home, service: ScriptedService, tmp_path: Path
) -> None:
    key_file = tmp_path / "key"
    key_file.write_text("sk-wrong-0123456789\n")
    home.configure(base_url=service.base_url, api_key_file=str(key_file), poll_interval=1)
    for task_id in ("a1", "a2", "a3"):
        service.script(task_id, task(task_id))
    with home.open("watch", "a1", "a2", "a3") as terminal:
        terminal.wait_for_text("The service refused the key from")
        text = terminal.wait_for(r": stopped since \d\d:\d\d")
        assert text.count("The service refused the key from") == 1
        assert "sk-wrong" not in text
        sent = len(service.requests)
        assert sent <= 3
        terminal.read_for(2.5)
        assert len(service.requests) == sent
        key_file.write_text(f"{service.api_key}\n")
        terminal.wait_for(lambda text: len(re.findall(r"^[ >][ *]» ", text, re.M)) >= 3, timeout=8)
        terminal.wait_gone("refused the key")


def test_a_new_key_for_another_service_is_never_sent_to_the_old_one(
    home: Home, service: ScriptedService
) -> None:
    new_key = "sk-new-0123456789"
    with ScriptedService(api_key=new_key) as other:
        home.configure(base_url=service.base_url, api_key="sk-old-0123456789", poll_interval=1)
        with home.open("watch", "a1") as terminal:
            terminal.wait_for_text("The service refused the key from")
            home.configure(base_url=other.base_url, api_key=new_key, poll_interval=1)
            terminal.wait_for_text("base_url changed in config.toml: restart to use it.")
            sent = len(service.requests)
            terminal.press("r")
            service.wait_for_requests(sent + 1, answered=True)
            terminal.wait_for_text("base_url changed in config.toml: restart to use it.")
            terminal.press("q")
            assert terminal.wait_exit() == 0
        sent_keys = {request.headers["authorization"] for request in service.requests}
        assert sent_keys == {"Bearer sk-old-0123456789"}
        assert other.requests == []


def test_an_outage_keeps_what_is_known_and_ends_by_itself(
    home: Home, service: ScriptedService
) -> None:
    for task_id in ("o1", "o2"):
        service.script(task_id, task(task_id, frames=[frame_url(task_id, 1)]))
    with home.open("watch", "o1", "o2") as terminal:
        terminal.wait_for(lambda text: len(re.findall(r"^[ >][ *]» ", text, re.M)) == 2)
        service.stop()
        age = r"offline since \d\d:\d\d, trying again; data from \d\d:\d\d"
        terminal.wait_for(age, timeout=25)
        assert "frame1.png" in terminal.text()
        service.start()
        terminal.wait_gone("offline", timeout=40)
        terminal.wait_for("live")


def test_over_ssh_a_frame_opens_through_the_terminal(
    home: Home, service: ScriptedService, tmp_path: Path
) -> None:
    url = frame_url("ssh", 1)
    service.script("ssh", task("ssh", "COMPLETED", frames=[url]))
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    for name in ("w3m", "lynx", "xdg-open", "www-browser", "firefox"):
        script = bin_folder / name
        script.write_text(f"#!/bin/sh\necho started > {tmp_path / 'started'}\n")
        script.chmod(0o755)
    env = {
        "SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22",
        "DISPLAY": "localhost:10.0",
        "PATH": f"{bin_folder}:{os.environ['PATH']}",
    }
    with home.open("watch", "ssh", env=env) as terminal:
        terminal.wait_for_text("frame1.png")
        terminal.press("enter", "o")
        terminal.wait_for_text("Ctrl+click or Cmd+click")
        assert url in terminal.links()
        terminal.wait_for_text("Link sent to your terminal's clipboard")
        assert terminal.clipboards() == [url]
        terminal.press("u")
        terminal.wait_for_text("Press enter to go back.")
        assert url in terminal.text().replace("\n", "")
        terminal.press("enter")
        terminal.wait_for_text("Ctrl+click or Cmd+click")
        terminal.press("q")
        assert terminal.wait_exit() == 0
    assert not (tmp_path / "started").exists()


def test_a_helper_in_browser_gets_the_link_and_no_terminal(
    home: Home, service: ScriptedService, tmp_path: Path
) -> None:
    url = frame_url("vs", 1)
    service.script("vs", task("vs", "COMPLETED", frames=[url]))
    helper = tmp_path / "helper.sh"
    helper.write_text(
        "#!/bin/sh\n"
        f'printf "%s\\n" "$@" >> {tmp_path / "got"}\n'
        f"env > {tmp_path / 'env'}\n"
        f"if [ -t 0 ] || [ -t 1 ] || [ -t 2 ]; then echo tty >> {tmp_path / 'got'}; fi\n"
        "echo NOISE; echo NOISE >&2\n"
    )
    helper.chmod(0o755)
    env = {"SSH_CONNECTION": "1 2 3 4", "BROWSER": str(helper)}
    with home.open("watch", "vs", env=env) as terminal:
        terminal.wait_for_text("frame1.png")
        terminal.press("o")
        terminal.wait_for_text("Opened frame1 with helper.sh.")
        assert b"NOISE" not in terminal.raw
    assert (tmp_path / "got").read_text() == f"{url}\n"
    assert service.api_key not in (tmp_path / "env").read_text()


def test_an_expired_link_is_asked_for_again_and_the_panel_says_when_it_stays_expired(
    home: Home, service: ScriptedService
) -> None:
    fresh, old = frame_url("end", 1), frame_url("end", 1, expires=1_000_000_000)
    service.script("end", task("end", "COMPLETED", frames=[old]))
    with home.open("watch", "end", env={"SSH_TTY": "/dev/pts/9"}) as terminal:
        terminal.wait_for(r"ended\? +frame1")
        terminal.press("o")
        terminal.wait_for("probably ended at 2001-09-09 .* and was not renewed")
        assert len(service.for_task("end")) == 2
        terminal.press("escape")
        service.script("end", task("end", "COMPLETED", frames=[fresh]))
        terminal.press("r")
        terminal.wait_gone(r"ended\? +frame1")
        terminal.press("o")
        terminal.wait_for_text("The link lives for")
        assert fresh in terminal.links()


@pytest.mark.parametrize("hostile", ["file:///etc/passwd", "javascript:alert(1)", "--help"])
def test_a_link_that_is_none_is_shown_and_never_opened(
    home: Home, service: ScriptedService, hostile: str, tmp_path: Path
) -> None:
    service.script("bad", task("bad", frames=[hostile]))
    env = {"SCENEXT_OPEN_COMMAND": f"touch {tmp_path / 'opened'}"}
    with home.open("watch", "bad", env=env) as terminal:
        terminal.wait_for_text("1 frame")
        terminal.press("o")
        terminal.wait_for_text("Not opened: the link")
        assert terminal.links() == []
    assert not (tmp_path / "opened").exists()


@pytest.mark.parametrize(("cols", "rows"), [(80, 24), (60, 20)])
def test_a_narrow_terminal_shows_the_list_and_then_the_task(
    home: Home, service: ScriptedService, cols: int, rows: int
) -> None:
    service.script("n1", task("n1", frames=[frame_url("n1", 1)]))
    with home.open("watch", "n1", cols=cols, rows=rows) as terminal:
        text = terminal.wait_for("» .*n1")
        assert "frame1.png" not in text
        terminal.press("enter")
        terminal.wait_for_text("frame1.png")
        terminal.press("escape")
        terminal.wait_gone(r"frame1\.png")
        terminal.resize(120, 40)
        terminal.wait_for_text("frame1.png")


def test_undo_brings_a_task_back_to_its_place(home: Home, service: ScriptedService) -> None:
    for task_id in ("u1", "u2", "u3"):
        service.script(task_id, task(task_id))
    with home.open("watch", "u1", "u2", "u3") as terminal:
        terminal.wait_for(lambda text: len(re.findall(r"^[ >][ *]» ", text, re.M)) == 3)
        terminal.press("j", "x")
        terminal.wait_for_text("» 2 running")
        terminal.press("u")
        text = terminal.wait_for_text("» 3 running")
        terminal.wait_for(r"u1\s(.|\n)*u2\s(.|\n)*u3")
        assert "u2" in text
        terminal.wait_for(
            lambda _: (
                [entry["id"] for entry in tomllib.loads(home.watchlist.read_text())["task"]].count(
                    "u2"
                )
                == 1
            )
        )


def test_quitting_does_not_wait_for_hung_queries(home: Home, service: ScriptedService) -> None:
    ids = [f"h{n}" for n in range(16)]
    for task_id in ids:
        service.hold(task_id)
    with home.open("watch", *ids) as terminal:
        terminal.wait_for_text("16 waiting")
        service.wait_for_requests(10)
        terminal.press("q")
        # One second is promised; the margin is for a loaded machine.
        assert terminal.wait_exit(3) == 0
        assert 1049 not in terminal.modes


@pytest.mark.parametrize(
    ("arguments", "words"),
    [((), "no key"), (("--demo", "add", "1"), "usage"), (("add", ".."), "usage")],
)
def test_what_cannot_be_done_is_one_line(
    home: Home, arguments: tuple[str, ...], words: str
) -> None:
    home.config.unlink()
    completed = home.run(*arguments)
    assert completed.returncode == 2
    assert "Traceback" not in completed.stderr


@pytest.mark.parametrize("demo", [False, True])
def test_a_configuration_that_others_may_change_is_told(
    home: Home, service: ScriptedService, demo: bool
) -> None:
    home.configure(base_url=service.base_url, api_key_file="key", open_command="true")
    (home.config.parent / "key").write_text(service.api_key)
    (home.config.parent / "key").chmod(0o644)
    home.config.chmod(0o666)
    with home.open(*["--demo"] if demo else [], cols=200) as terminal:
        terminal.wait_for(r"decides\s+what\s+is\s+run\s+and\s+other\s+users\s+may\s+change\s+it")
        key_warning = r"key\s+holds\s+the\s+API\s+key\s+and\s+other\s+users\s+may\s+read\s+it"
        if demo:
            assert not re.search(key_warning, terminal.text()), "it is not used"
        else:
            terminal.wait_for(key_warning)
        terminal.press("q")
        assert terminal.wait_exit() == 0


def test_without_a_terminal_the_dashboard_says_so(home: Home) -> None:
    completed = home.run()
    assert (completed.returncode, completed.stdout) == (2, "")
    assert completed.stderr.count("\n") == 1
    assert "needs a terminal" in completed.stderr
    with home.open(env={"TERM": "dumb"}) as terminal:
        terminal.wait_for_text("dumb")
        assert terminal.wait_exit() == 2


def test_paths_and_help(home: Home) -> None:
    completed = home.run("paths")
    assert [line.split()[1] for line in completed.stdout.splitlines()] == [
        str(home.config),
        str(home.watchlist),
        str(home.log),
        str(home.state),
    ]
    text = home.run("--help").stdout
    assert len(text.splitlines()) <= 40
    assert max(map(len, text.splitlines())) <= 80
    assert "scenext-tui add" in text
    assert home.run("--version").stdout.startswith("scenext-tui ")


def test_another_watchlist(home: Home) -> None:
    """The flag counts before the configuration, in front of the command and behind it."""
    mine, school = home.folder / "mine.toml", home.config.with_name("school.toml")
    assert home.run("--watchlist", "mine.toml", "add", "1").returncode == 0
    home.configure(watchlist="school.toml")
    assert str(school) in home.run("paths").stdout
    assert home.run("add", "2").returncode == 0
    assert home.run("add", "3", "--watchlist", "mine.toml").returncode == 0
    assert re.findall(r"id = \"(.)\"", mine.read_text()) == ["1", "3"]
    assert re.findall(r"id = \"(.)\"", school.read_text()) == ["2"]
    assert not home.watchlist.exists()


def test_two_accounts_have_a_key_and_a_watchlist_each(home: Home, service: ScriptedService) -> None:
    service.script("mine", task("mine"))
    assert home.run("add", "mine").returncode == 0
    with ScriptedService(api_key="sk-of-the-school") as school:
        school.script("theirs", task("theirs"))
        config, key = (home.config.with_name(f"school.{suffix}") for suffix in ("toml", "key"))
        config.write_text(
            f'base_url = "{school.base_url}"\napi_key_file = "school.key"\n'
            'watchlist = "~/lists/school.toml"\n'
        )
        key.write_text("sk-of-the-school\n")
        key.chmod(0o600)
        with home.open("watch", "theirs", "--config", str(config)) as terminal:
            terminal.wait_for_text("» theirs")
            assert "mine" not in terminal.text()
            terminal.press("q")
            assert terminal.wait_exit() == 0
        assert home.run("--config", str(config), "status").stdout.startswith("running\ttheirs\t")
        assert not school.for_task("mine")
    assert "theirs" in (home.folder / "lists" / "school.toml").read_text()
    assert home.run("list").stdout.split("\t")[1] == "mine"
    with home.open("--watchlist", str(config)) as terminal:
        assert terminal.wait_exit() == 1
        assert "is not a watchlist" in " ".join(terminal.text().split())
    assert 'api_key_file = "school.key"' in config.read_text()


def test_add_tells_what_it_did_and_refuses_what_is_no_id(home: Home) -> None:
    assert home.run("add", "1", "2").stdout == "Added 2 tasks.\n"
    url = "https://api.scenext.cn/api/get_status/3"
    assert home.run("add", "2", url).stdout == "Added 1 task; 1 already there.\n"
    bad = home.run("add", "-", stdin="4,5;6\n{not an id\n")
    assert bad.returncode == 1
    assert "line 2: " in bad.stderr
    assert "“{not” is no task ID" in bad.stderr
    assert "nothing was added" in bad.stderr
    assert home.run("add", "-", "9").returncode == 2
    number = home.run("add", "-", stdin="4\n1.2345E+17\n")
    assert "line 2: “1.2345E+17” is a number as a spreadsheet shows it" in number.stderr
    more = home.run("add", "-", stdin='q1,q2;q3 # comment\n{"task_id": "99"}\na#b\n#5\n')
    assert more.stdout == "Added 5 tasks.\n"
    saved = tomllib.loads(home.watchlist.read_text())
    assert [entry["id"] for entry in saved["task"]] == [*"123", "q1", "q2", "q3", "99", "a#b"]
    assert saved["count"] == 8


CHANGE = """
import sys
from tui.cli.main import main

def hook(event, arguments):
    if event == "open" and str(arguments[0]).endswith(".lock"):
        print("at the lock", file=sys.stderr, flush=True)

sys.addaudithook(hook)
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize(
    ("commands", "told"),
    [
        (
            ("add 1 2 3", "add 1 4 3"),
            ["Added 1 task; 2 already there.\n", "Added 3 tasks.\n"],
        ),
        (("rm 0", "rm 0"), ["Removed 0 tasks.\n", "Removed 1 task.\n"]),
    ],
)
def test_two_changes_at_once_claim_each_id_once(
    home: Home, commands: tuple[str, str], told: list[str]
) -> None:
    WatchlistFile(home.watchlist).save([Add(Entry("0", datetime.now(UTC)))])
    env = {"PATH": "/usr/bin:/bin", **home.environment()}
    with ExitStack() as stack:
        with Filesystem().lock(Path(f"{home.watchlist}.lock"), 5):
            changes = [
                stack.enter_context(
                    subprocess.Popen(
                        [sys.executable, "-c", CHANGE, *command.split()],
                        stdout=subprocess.PIPE,
                        stderr=subprocess.PIPE,
                        text=True,
                        env=env,
                        cwd=ROOT,
                    )
                )
                for command in commands
            ]
            for change in changes:
                assert change.stderr is not None
                assert change.stderr.readline() == "at the lock\n"
        assert sorted(change.communicate(timeout=30)[0] for change in changes) == told


@pytest.mark.parametrize(
    ("setting", "env", "words"),
    [("auto", {"NO_COLOR": "1"}, "need colours"), ("off", {}, 'pictures = "off"')],
)
def test_where_no_picture_can_be_shown_the_task_and_the_panel_say_why(
    home: Home, service: ScriptedService, setting: str, env: dict[str, str], words: str
) -> None:
    home.configure(base_url=service.base_url, api_key=service.api_key, pictures=setting)
    home.state.unlink()
    service.script("pic", task("pic", "COMPLETED", frames=[frame_url("pic", 1)]))
    env = {**env, "SSH_TTY": "/dev/pts/9"}
    with home.open("watch", "pic", env=env) as terminal:
        terminal.wait_for_text("frame1.png")
        assert words not in terminal.text()
        terminal.press("p")
        terminal.wait_for_text(words)
        terminal.press("p")
        terminal.wait_gone(re.escape(words))
        terminal.press("o")
        terminal.wait_for_text("Ctrl+click or Cmd+click")
        terminal.press("p")
        terminal.wait_for_text(words)


def test_with_low_bandwidth_no_picture_comes_before_p_and_none_is_remembered(
    home: Home, service: ScriptedService, host: PictureHost
) -> None:
    home.state.unlink()
    host.answers["/frame1.png"] = picture(RED)
    service.script("pic", task("pic", "COMPLETED", frames=[host.link("/frame1.png")]))
    with home.open("--low-bandwidth", "watch", "pic") as terminal:
        terminal.wait_for_text("frame1.png")
        terminal.wait_quiet(0.3)
        assert host.requests == []
        terminal.press("p")
        terminal.wait_for(lambda _: painted(RED) in terminal.raw)
        terminal.press("q")
        assert terminal.wait_exit(5) == 0
    assert not home.state.exists()


def test_a_broken_state_file_is_set_aside_with_one_line(
    home: Home, service: ScriptedService
) -> None:
    home.state.write_text("pictures = ")
    service.script("t", task("t"))
    with home.open("watch", "t") as terminal:
        words = "state.toml cannot be read (it is not valid TOML). It is "
        terminal.wait_for(lambda text: words in " ".join(text.split()))
        terminal.press("p", "q")
        assert terminal.wait_exit(5) == 0
    asides = [each.name for each in home.state.parent.iterdir() if ".broken-" in each.name]
    assert len(asides) == 1


def test_keys_that_come_together_each_remove_a_task(home: Home, service: ScriptedService) -> None:
    assert home.run("add", *"abcdef").returncode == 0
    with home.open() as terminal:
        terminal.wait_for("6 (waiting|trouble)")
        terminal.press("xxxx")
        terminal.wait_for("2 (waiting|trouble)")
        terminal.press("uu")
        terminal.wait_for("4 (waiting|trouble)")


def test_without_colours_the_cursor_is_underlined(home: Home, service: ScriptedService) -> None:
    with home.open("watch", "alpha", "beta", env={"NO_COLOR": "1"}) as terminal:
        terminal.wait_for_text("│ alpha")
        before = len(terminal.raw)
        terminal.press("j")
        terminal.wait_for_text("│ beta")
        assert re.search(rb"\x1b\[1;4;[0-9;]*m[^\x1b]*beta", terminal.raw[before:])


def test_a_wrong_theme_names_its_file_in_the_demo_too(home: Home) -> None:
    home.configure(theme="nrod")
    with home.open("--demo") as terminal:
        terminal.wait_for(lambda text: f"{home.config}: theme" in text.replace("\n", ""))
        assert terminal.wait_exit() == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_output_that_cannot_be_written_is_told_in_a_line(home: Home) -> None:
    with Path("/dev/full").open("w") as full:
        completed = subprocess.run(
            [*home.command, "paths"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            env={"PATH": "/usr/bin:/bin", **home.environment()},
        )
    assert completed.returncode == 1
    assert completed.stderr == "scenext-tui: output: No space left on device\n"


def test_an_unknown_theme_names_the_file_and_the_key(home: Home, service: ScriptedService) -> None:
    home.configure(base_url=service.base_url, api_key=service.api_key, theme="nrod")
    with home.open() as terminal:
        message = "config.toml: theme: there is no theme “nrod”"
        terminal.wait_for(lambda text: message in text.replace("\n", ""))
        assert terminal.wait_exit() == 1


def test_an_unknown_id_is_not_found_and_waiting(home: Home, service: ScriptedService) -> None:
    def error(message: str) -> dict[str, object]:
        return {"status": "error", "data": {"messages": message}}

    service.script("gone", Reply(200, error("list index out of range")))
    service.script("absent", Reply(500, error("Server error: Task not found")))
    service.script("broken", Reply(500, error("out of order")))
    service.script("fine", task("fine"))
    with home.open("watch", "gone", "absent", "broken", "fine") as terminal:
        terminal.wait_for(r"! gone +unknown ID")
        terminal.wait_for(r"! absent +unknown ID")
        terminal.wait_for(r"- broken .*! 500")
        shown = terminal.wait_for(r"! \d trouble  » 1 running")
        assert "ueued" not in shown
        terminal.wait_for(lambda _: b'"IN_PROGRESS"' in home.watchlist.read_bytes())
    assert 'status = "QUEUED"' in home.watchlist.read_text(), "older versions read this word"


def test_the_documented_answer_is_shown(home: Home, service: ScriptedService) -> None:
    answer = task(
        "one",
        "COMPLETED",
        frames=[frame_url("one", number) for number in range(1, 1_201)],
        result=[{"type": "text", "content": "a " * 200_000}],
        title="勾股定理",
        consumption=[{"type": "score", "value": 20, "detail": "10 scenes"}],
        created_at="2025-08-01T12:00:00",
        finish_at="2025-08-01T12:12:30",
    )
    service.script("one", answer)
    with home.open("watch", "one", cols=140, rows=40) as terminal:
        terminal.wait_for(r"12 min .*frames")
        shown = terminal.wait_for_text("The newest 1,000 of 1,200 frames")
        assert re.search(r"│ 勾股定理", shown)
        assert re.search(r"Points +20 points: 10 scenes", shown)
        assert re.search(r"took 12\s", shown)
        terminal.press("tab", "shift+tab", "end")
        terminal.wait_for_text("… cut after 64 kB")
        terminal.press("l", "end")
        terminal.wait_for_text("frame1200")
