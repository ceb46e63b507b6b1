"""Below the download folder, files stay ours: no link is followed, nothing of others is used."""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from tests.support import saving
from tui.errors import MediaError
from tui.saving.folder import SaveError

ROOT: Final = 0
VICTIM: Final = 65501
ATTACKER: Final = 65502
SECRET: Final = b"a private key"

pytestmark = pytest.mark.usefixtures("partial_files")
only_named = pytest.mark.parametrize("partial_files", ["named"], indirect=True)
two_users = pytest.mark.skipif(os.geteuid() != ROOT, reason="only root can act as other users")


@contextmanager
def acting_as(uid: int) -> Iterator[None]:
    """Have the rights of another user, in all threads."""
    before = os.geteuid()
    os.seteuid(ROOT)
    os.seteuid(uid)
    try:
        yield
    finally:
        os.seteuid(ROOT)
        os.seteuid(before)


class Body:
    """A body in two parts; what happens in between is up to the test."""

    length = None

    def __init__(
        self, meanwhile: Callable[[], None] = lambda: None, *, breaks: bool = False
    ) -> None:
        self._meanwhile, self._breaks = meanwhile, breaks

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"pic"
        self._meanwhile()
        if self._breaks:
            raise MediaError("The connection broke half-way.")
        yield b"ture"


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder in which everybody may write, as /tmp."""
    # Not pytest's own, which no other user can reach.
    with tempfile.TemporaryDirectory(prefix="shared-") as name:
        folder = Path(name)
        folder.chmod(0o1777)
        yield folder


@pytest.fixture
def private(shared: Path) -> Path:
    """A file of the victim's that nobody else may read."""
    path = shared / "id_ed25519"
    path.write_bytes(SECRET)
    path.chmod(0o600)
    os.chown(path, VICTIM, -1)
    return path


async def save(
    folder: Path, threads: ThreadPoolExecutor, body: Body | None = None, name: str = "frame1.png"
) -> Path:
    return await saving.save(body or Body(), folder / name, threads)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def unharmed(private: Path) -> bool:
    return (mode(private), private.read_bytes()) == (0o600, SECRET)


def give_away(folder: Path, bits: int = 0o1777) -> None:
    """Make a folder the attacker's."""
    os.chown(folder, ATTACKER, -1)
    folder.chmod(bits)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# Links


@pytest.mark.parametrize("target", ["config/autostart", "missing", "file", "1", "/dev/null"])
async def test_a_task_folder_that_is_a_link_is_refused_by_name(
    tmp_path: Path, threads: ThreadPoolExecutor, target: str
) -> None:
    downloads, elsewhere = tmp_path / "Downloads", tmp_path / "config" / "autostart"
    downloads.mkdir()
    elsewhere.mkdir(parents=True)
    (tmp_path / "file").write_text("mine")
    (downloads / "1").symlink_to(target if target in ("1", "/dev/null") else tmp_path / target)
    with pytest.raises(SaveError) as caught:
        await save(downloads / "1", threads)
    assert str(caught.value) == (
        f"Not saved: {downloads / '1'} is a symbolic link, which is not followed; move it away."
    )
    assert names(elsewhere) == []
    assert names(tmp_path) == ["Downloads", "config", "file"]


async def test_the_download_folder_may_be_a_link(
    tmp_path: Path, threads: ThreadPoolExecutor
) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "Downloads").symlink_to("disk")
    path = await save(tmp_path / "Downloads" / "1", threads)
    assert path == tmp_path / "Downloads" / "1" / "frame1.png"
    assert (tmp_path / "disk" / "1" / "frame1.png").read_bytes() == b"picture"


async def test_a_download_folder_that_is_moved_meanwhile_keeps_the_file(
    tmp_path: Path, threads: ThreadPoolExecutor
) -> None:
    def swap() -> None:
        (tmp_path / "Downloads").rename(tmp_path / "moved")
        (tmp_path / "Downloads").symlink_to("elsewhere")

    (tmp_path / "elsewhere" / "1").mkdir(parents=True)
    (tmp_path / "Downloads").mkdir()
    await save(tmp_path / "Downloads" / "1", threads, Body(swap))
    assert names(tmp_path / "moved" / "1") == ["frame1.png"]
    assert names(tmp_path / "elsewhere" / "1") == []


@only_named
@pytest.mark.parametrize("breaks", [False, True])
async def test_a_task_folder_that_becomes_a_link_meanwhile_leads_nowhere_else(
    tmp_path: Path, threads: ThreadPoolExecutor, breaks: bool
) -> None:
    folder, elsewhere = tmp_path / "1", tmp_path / "elsewhere"
    elsewhere.mkdir()

    def swap() -> None:
        for part in folder.iterdir():
            (elsewhere / part.name).write_text("not ours to remove")
        folder.rename(tmp_path / "moved")
        folder.symlink_to("elsewhere")

    if breaks:
        with pytest.raises(MediaError):
            await save(folder, threads, Body(swap, breaks=True))
        assert names(tmp_path / "moved") == []
    else:
        await save(folder, threads, Body(swap))
        assert names(tmp_path / "moved") == ["frame1.png"]
    assert [name.rpartition(".")[2] for name in names(elsewhere)] == ["part"]


async def test_an_equal_file_behind_a_link_does_not_count_as_saved(
    tmp_path: Path, threads: ThreadPoolExecutor
) -> None:
    (tmp_path / "1").mkdir()
    (tmp_path / "elsewhere.png").write_bytes(b"picture")
    (tmp_path / "1" / "frame1.png").symlink_to("../elsewhere.png")
    os.mkfifo(tmp_path / "1" / "frame1-2.png")
    assert (await save(tmp_path / "1", threads)).name == "frame1-3.png"
    assert (tmp_path / "1" / "frame1.png").is_symlink()


@only_named
async def test_a_temporary_file_that_is_swapped_is_not_called_saved(
    tmp_path: Path, threads: ThreadPoolExecutor
) -> None:
    folder, other = tmp_path / "1", tmp_path / "other"
    other.write_bytes(SECRET)
    other.chmod(0o600)

    def swap() -> None:
        (part,) = folder.iterdir()
        part.unlink()
        part.symlink_to(other)

    with pytest.raises(SaveError, match=r"^Not saved to .*/1/frame1\.png: .* replaced it"):
        await save(folder, threads, Body(swap))
    assert (other.read_bytes(), mode(other)) == (SECRET, 0o600)
    assert names(tmp_path) == ["other"]


# Other users


@two_users
@pytest.mark.parametrize(
    ("victim", "owner"), [(VICTIM, ATTACKER), (VICTIM, ROOT), (ROOT, ATTACKER)]
)
@pytest.mark.parametrize("bits", [0o755, 0o777, 0o1777])
async def test_a_task_folder_of_another_user_is_refused_by_name(
    shared: Path, threads: ThreadPoolExecutor, victim: int, owner: int, bits: int
) -> None:
    folder = shared / "1"
    with acting_as(owner):
        folder.mkdir()
        folder.chmod(bits)
    with acting_as(victim), pytest.raises(SaveError) as caught:
        await save(folder, threads)
    assert str(caught.value) == (
        f"Not saved: {folder} belongs to another user (uid {owner}); "
        "move it away, or set download_dir."
    )
    assert names(folder) == []


@two_users
async def test_the_download_folder_may_be_another_users(
    shared: Path, threads: ThreadPoolExecutor
) -> None:
    give_away(shared)
    with acting_as(VICTIM):
        path = await save(shared / "1", threads)
    assert path.stat().st_uid == VICTIM
    assert mode(path) & 0o022 == 0
    assert mode(path.parent) & 0o022 == 0


@two_users
@pytest.mark.parametrize("bits", [0o755, 0o777])
async def test_a_symbolic_link_swapped_in_by_another_user_opens_no_file_of_ours(
    shared: Path, threads: ThreadPoolExecutor, private: Path, bits: int
) -> None:
    folder = shared / "1"

    def swap() -> None:
        with acting_as(ATTACKER):
            try:
                for part in folder.iterdir():
                    part.unlink()
                    part.symlink_to(private)
            except PermissionError:
                assert bits == 0o755

    with acting_as(VICTIM):
        folder.mkdir()
        folder.chmod(bits)
        try:
            await save(folder, threads, Body(swap))
        except SaveError:
            assert bits == 0o777
    assert unharmed(private)
    assert not [path for path in folder.iterdir() if path.is_symlink()]


@two_users
async def test_a_task_folder_made_by_another_user_at_the_last_moment_is_refused(
    shared: Path, threads: ThreadPoolExecutor, private: Path
) -> None:
    """The first file makes the folder; another user who may remove it puts theirs there."""
    folder = shared / "1"
    with acting_as(VICTIM):
        await save(folder, threads)
    give_away(shared)
    with acting_as(ATTACKER):
        folder.rename(shared / "moved")
        folder.mkdir()
        folder.chmod(0o777)
    with acting_as(VICTIM), pytest.raises(SaveError, match="belongs to another user"):
        await save(folder, threads, name="frame2.png")
    assert names(folder) == []
    assert unharmed(private)


@two_users
async def test_an_equal_file_of_another_user_does_not_count_as_saved(
    shared: Path, threads: ThreadPoolExecutor
) -> None:
    with acting_as(VICTIM):
        (shared / "1").mkdir()
        (shared / "1").chmod(0o777)
    with acting_as(ATTACKER):
        (shared / "1" / "frame1.png").write_bytes(b"picture")
    with acting_as(VICTIM):
        assert (await save(shared / "1", threads)).name == "frame1-2.png"


@two_users
@pytest.mark.parametrize("owner", [VICTIM, ATTACKER, ROOT])
async def test_a_folder_without_permission_says_whose_it_is(
    shared: Path, threads: ThreadPoolExecutor, owner: int
) -> None:
    with acting_as(owner):
        (shared / "1").mkdir()
        (shared / "1").chmod(0o555)
    reason = "permission denied" if owner == VICTIM else rf"another user \(uid {owner}\)"
    with acting_as(VICTIM), pytest.raises(SaveError, match=reason):
        await save(shared / "1", threads)


# Permissions


@two_users
async def test_a_download_folder_that_can_only_be_written_to_is_enough(
    shared: Path, threads: ThreadPoolExecutor
) -> None:
    give_away(shared, 0o1733)
    with acting_as(VICTIM):
        path = await save(shared / "1", threads)
    assert path.read_bytes() == b"picture"


@pytest.mark.parametrize("renames", [True, False])
async def test_without_hard_links_nothing_is_replaced_either(
    tmp_path: Path, threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch, *, renames: bool
) -> None:
    """Whether the system can rename without replacing or not."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refuse)
    if not renames:
        monkeypatch.setattr(ctypes, "CDLL", refuse)
    (tmp_path / "frame1.png").write_bytes(b"another")
    (tmp_path / "frame1-2.png").symlink_to("nowhere")
    for _ in range(2):
        assert (await save(tmp_path, threads)).name == "frame1-3.png"
    assert names(tmp_path) == ["frame1-2.png", "frame1-3.png", "frame1.png"]
    assert (tmp_path / "frame1.png").read_bytes() == b"another"
    assert mode(tmp_path / "frame1-3.png") == mode(tmp_path / "frame1.png")


# What tells that a file without a name cannot be had: Linux before 3.11, file systems without
# them (FAT, FUSE, NFS), and those that are stricter.
NO_NAMELESS: Final = [
    errno.EISDIR,
    errno.ENOENT,
    errno.EOPNOTSUPP,
    errno.ENOSYS,
    errno.EINVAL,
    errno.EPERM,
    errno.EACCES,
    errno.EIO,
]
# And that it cannot be named: sandboxes, no /proc any more, a folder of another mount.
NO_LINK: Final = [errno.ENOENT, errno.EPERM, errno.EACCES, errno.EXDEV, errno.EOPNOTSUPP]


@pytest.mark.parametrize("number", NO_NAMELESS, ids=errno.errorcode.get)
async def test_where_there_are_no_files_without_a_name_one_has_a_hidden_name(
    tmp_path: Path, threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    real = os.open
    nameless = getattr(os, "O_TMPFILE", 0)

    def refuse(path: str, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        if nameless and flags & nameless == nameless:
            raise OSError(number, os.strerror(number))
        return real(path, flags, mode, dir_fd=dir_fd)

    def check() -> None:
        assert [name.rpartition(".")[2] for name in names(tmp_path / "1")] == ["part"]

    monkeypatch.setattr(os, "open", refuse)
    path = await save(tmp_path / "1", threads, Body(check))
    assert path.read_bytes() == b"picture"
    assert names(tmp_path / "1") == ["frame1.png"]


@pytest.mark.parametrize("number", NO_LINK, ids=errno.errorcode.get)
async def test_what_has_no_name_and_can_get_none_is_copied(
    tmp_path: Path, threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    real = os.link

    def refuse(old: str, *arguments: Any, **options: Any) -> None:  # noqa: ANN401
        if old.startswith("/proc/"):
            raise OSError(number, os.strerror(number))
        real(old, *arguments, **options)

    monkeypatch.setattr(os, "link", refuse)
    (tmp_path / "1").mkdir()
    (tmp_path / "1" / "frame1.png").write_bytes(b"another")
    path = await save(tmp_path / "1", threads)
    assert path.read_bytes() == b"picture"
    assert names(tmp_path / "1") == ["frame1-2.png", "frame1.png"]


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002, 0o007])
async def test_files_and_folders_follow_the_umask_and_nothing_changes_it(
    tmp_path: Path, threads: ThreadPoolExecutor, mask: int
) -> None:
    before = os.umask(mask)
    try:
        path = await save(tmp_path / "1", threads, Body(lambda: None))
        now = os.umask(mask)
    finally:
        os.umask(before)
    assert now == mask
    assert (mode(path), mode(path.parent)) == (0o666 & ~mask, 0o777 & ~mask)


async def test_a_download_folder_that_is_missing_is_made_for_its_owner_alone(
    tmp_path: Path, threads: ThreadPoolExecutor
) -> None:
    await save(tmp_path / "data" / "downloads" / "1", threads)
    assert mode(tmp_path / "data") == 0o700
    assert mode(tmp_path / "data" / "downloads") == 0o700


@pytest.mark.parametrize("breaks", [False, True])
async def test_no_descriptor_stays_open(
    tmp_path: Path, threads: ThreadPoolExecutor, breaks: bool
) -> None:
    (tmp_path / "link").symlink_to("nowhere")
    before = sorted(os.listdir("/dev/fd"))  # noqa: PTH208
    for _ in range(3):
        try:
            await save(tmp_path / "1", threads, Body(breaks=breaks))
            await save(tmp_path / "link", threads)
        except (MediaError, SaveError):
            pass
    assert sorted(os.listdir("/dev/fd")) == before  # noqa: PTH208
