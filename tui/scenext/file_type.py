"""What a file is by its first bytes: a picture, a video, or something else. Pure.

A name, a `Content-Type` and a status say what a host believes to send; hosts send error pages with
status 200 and the name of a picture. Preview and download ask this module alone. The marks are
those of the formats' own specifications, as the WHATWG's *MIME Sniffing* standard and the
registries of file signatures list them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Final, NamedTuple

SNIFF_BYTES: Final = 1024
"""How many first bytes suffice for the answer; a shorter file is judged by all that it has."""
_ENOUGH_BYTES: Final = 64
"""How many suffice for what is a picture or a video by them: the brands of a file in a box."""


class FileKind(Enum):
    """What can be done with a file."""

    PICTURE = "picture"
    VIDEO = "video"
    OTHER = "other"


class FileType(NamedTuple):
    """The format of a file."""

    kind: FileKind
    name: str
    """As it stands in a sentence, with its article."""
    suffixes: tuple[str, ...] = ()
    """In lower case, without the dot; the usual one first."""
    is_shown: bool = False
    """Whether `pictures.worker` decodes it."""

    def file_name(self, name: str) -> str:
        """Return a file's name with a suffix that agrees with its content.

        One that agrees stays as it is. One that belongs to another picture or video is replaced;
        to anything else, such as `.php` or `.desktop`, the right one is appended.
        """
        stem, dot, suffix = name.rpartition(".")
        if not self.suffixes or (dot and suffix.lower() in self.suffixes):
            return name
        is_foreign = dot and suffix.lower() in _ALL_SUFFIXES
        return f"{stem if is_foreign else name}.{self.suffixes[0]}"


def file_type(start: bytes) -> FileType:
    """Return the type of a file by its first `SNIFF_BYTES` bytes; it never raises."""
    if not start:
        return EMPTY
    for marks, found in _MARKS:
        if any(start.startswith(mark) for mark in marks):
            return found
    return (
        _riff(start)
        or _iso_media(start)
        or _matroska(start)
        or _loosely_marked(start)
        or _text(start)
        or UNKNOWN
    )


def is_enough(start: bytes) -> bool:
    """Return whether the type of a file is certain by these first bytes, whatever follows."""
    if len(start) >= SNIFF_BYTES:
        return True
    return len(start) >= _ENOUGH_BYTES and file_type(start).kind is not FileKind.OTHER


def _picture(name: str, *suffixes: str, is_shown: bool = False) -> FileType:
    return FileType(FileKind.PICTURE, f"{name} picture", suffixes, is_shown)


def _video(name: str, *suffixes: str) -> FileType:
    return FileType(FileKind.VIDEO, f"{name} video", suffixes)


def _other(name: str) -> FileType:
    return FileType(FileKind.OTHER, name)


EMPTY: Final = _other("an empty file")
PACKED: Final = _other("a packed file")
UNKNOWN: Final = _other("something that is neither a picture nor a video")

_WEBP: Final = _picture("a WebP", "webp", is_shown=True)
_AVIF: Final = _picture("an AVIF", "avif", "avifs")
_HEIC: Final = _picture("an HEIC", "heic", "heif", "hif", "heics", "heifs")
_BMP: Final = _picture("a BMP", "bmp", "dib")
_ICO: Final = _picture("an ICO", "ico", "cur")
_SVG: Final = _picture("an SVG", "svg")
_AVI: Final = _video("an AVI", "avi")
_TRANSPORT_STREAM: Final = _video("an MPEG-TS", "ts", "m2ts", "mts", "m2t")
_WEBM: Final = _video("a WebM", "webm", "mkv")
_MATROSKA: Final = _video("a Matroska", "mkv", "webm", "mk3d")
_ISO_SUFFIXES: Final = ("mp4", "m4v", "mov", "qt", "3gp", "3g2", "f4v", "m4s")
_MP4: Final = _video("an MP4", *_ISO_SUFFIXES)
_QUICKTIME: Final = _video("a QuickTime", "mov", *_ISO_SUFFIXES)
_3GP: Final = _video("a 3GP", "3gp", *_ISO_SUFFIXES)
_SOUND: Final = _other("a sound file")
_PROGRAM: Final = _other("a program")
_PLAYLIST: Final = _other("a playlist, which is no video itself,")
_WEB_PAGE: Final = _other("a web page")
_ERROR_XML: Final = _other("an error message (XML)")
_ERROR_JSON: Final = _other("an error message (JSON)")
_XML: Final = _other("an XML document")
_PLAIN_TEXT: Final = _other("plain text")

_MARKS: Final[Sequence[tuple[tuple[bytes, ...], FileType]]] = (
    ((b"\x89PNG\r\n\x1a\n",), _picture("a PNG", "png", "apng", is_shown=True)),
    ((b"\xff\xd8\xff",), _picture("a JPEG", "jpg", "jpeg", "jpe", "jfif", is_shown=True)),
    ((b"GIF87a", b"GIF89a"), _picture("a GIF", "gif", is_shown=True)),
    ((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"), _picture("a TIFF", "tif", "tiff")),
    ((b"\0\0\0\x0cJXL \r\n\x87\n", b"\xff\x0a"), _picture("a JPEG XL", "jxl")),
    (
        (b"\0\0\0\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51"),
        _picture("a JPEG 2000", "jp2", "j2k", "jpx", "jpf", "j2c"),
    ),
    ((b"8BPS\0\x01", b"8BPS\0\x02"), _picture("a Photoshop", "psd", "psb")),
    ((b"qoif",), _picture("a QOI", "qoi")),
    ((b"FLV\x01",), _video("an FLV", "flv")),
    ((b"OggS\0",), _video("an Ogg", "ogv", "ogg", "ogx")),
    ((b"\x30\x26\xb2\x75\x8e\x66\xcf\x11",), _video("a Windows Media", "wmv", "asf")),
    ((b"\0\0\x01\xba", b"\0\0\x01\xb3"), _video("an MPEG", "mpg", "mpeg", "vob")),
    ((b"ID3", b"fLaC", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2", b"\xff\xf1", b"\xff\xf9"), _SOUND),
    ((b"\x1f\x8b", b"PK\x03\x04", b"PK\x05\x06", b"\x28\xb5\x2f\xfd", b"\xfd7zXZ\0"), PACKED),
    ((b"BZh", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07"), PACKED),
    ((b"\x7fELF", b"MZ\x90\0", b"\xcf\xfa\xed\xfe", b"#!"), _PROGRAM),
    ((b"%PDF-",), _other("a PDF document")),
)

# Brands of ISO base media files (the registry of the MP4 Registration Authority).
_AVIF_BRANDS: Final = frozenset({b"avif", b"avis"})
_HEIC_BRANDS: Final = frozenset(
    {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs", b"mif1", b"msf1"}
)
_SOUND_BRANDS: Final = frozenset({b"M4A ", b"M4B ", b"M4P "})
# What a QuickTime file, or a part of a stream, may begin with instead of its brand.
_FIRST_BOXES: Final = frozenset(
    {b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp", b"moof", b"sidx"}
)
_BMP_HEADERS: Final = frozenset({12, 16, 40, 52, 56, 64, 108, 124})
"""Sizes of the header behind the first 14 bytes of a BMP file."""

# Control characters that no text holds.
_NOT_TEXT: Final = frozenset(range(0x20)) - frozenset(b"\t\n\f\r\x1b")
_HTML_TAGS: Final = (
    *("html", "head", "body", "title", "script", "meta", "div", "table", "style", "link", "base"),
    *("h1", "h2", "h3", "p", "br", "center", "font", "iframe", "a", "b", "form", "span", "img"),
)


def _riff(start: bytes) -> FileType | None:
    if start[:4] != b"RIFF":
        return None
    kinds: Mapping[bytes, FileType] = {b"WEBP": _WEBP, b"AVI ": _AVI, b"WAVE": _SOUND}
    return kinds.get(start[8:12], UNKNOWN)


def _iso_media(start: bytes) -> FileType | None:
    size, box = int.from_bytes(start[:4], "big"), start[4:8]
    if box in _FIRST_BOXES and (size >= 8 or size == 1):
        return _MP4 if box in (b"styp", b"moof", b"sidx") else _QUICKTIME
    if box != b"ftyp":
        return None
    major, end = start[8:12], min(max(size, 16), SNIFF_BYTES)
    brands = {major, *(start[at : at + 4] for at in range(16, end, 4))}
    if major in _AVIF_BRANDS | _HEIC_BRANDS:
        return _AVIF if _AVIF_BRANDS & brands else _HEIC
    if major in _SOUND_BRANDS:
        return _SOUND
    if major == b"qt  ":
        return _QUICKTIME
    return _3GP if major[:2] == b"3g" else _MP4


def _matroska(start: bytes) -> FileType | None:
    if not start.startswith(b"\x1a\x45\xdf\xa3"):
        return None
    return _WEBM if b"\x42\x82" in start[:64] and b"webm" in start[:64] else _MATROSKA


def _loosely_marked(start: bytes) -> FileType | None:
    """Return a type whose mark is so short that its place or its neighbours must fit, too."""
    # A packet of a transport stream has 188 bytes, behind a time of four on Blu-ray discs.
    is_synchronous = b"GG" in (start[0:189:188], start[4:197:192])
    if is_synchronous and not _NOT_TEXT.isdisjoint(start):
        return _TRANSPORT_STREAM
    if start[:2] == b"BM" and int.from_bytes(start[14:18], "little") in _BMP_HEADERS:
        return _BMP
    # The number of its pictures, and a byte that is kept free.
    is_icon = start[:4] in (b"\0\0\x01\0", b"\0\0\x02\0") and start[5:6] == b"\0" != start[4:5]
    return _ICO if is_icon and start[9:10] == b"\0" else None


def _text(start: bytes) -> FileType | None:
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = start.decode("utf-16", "ignore")
    elif _NOT_TEXT.isdisjoint(start):
        text = start.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    else:
        return None
    text = text.lstrip()
    if text.startswith("#EXTM3U"):
        return _PLAYLIST
    if text.startswith(("{", "[")):
        return _ERROR_JSON
    return _marked_up(text) if text.startswith("<") else _PLAIN_TEXT


def _marked_up(text: str) -> FileType:
    """Return the type of a text that begins with a tag, by its root element."""
    is_xml = text.startswith("<?xml")
    text = text.lower()
    while text.startswith(("<?", "<!")):
        if text.startswith(("<!doctype html", "<!doctype\thtml")):
            return _WEB_PAGE
        _, _, text = text.partition("-->" if text.startswith("<!--") else ">")
        text = text.lstrip()
    root = text[1:].replace("/", " ").replace(">", " ").partition(" ")[0].strip()
    root = root.rpartition(":")[2] if root else ""
    if root == "svg":
        return _SVG
    if root == "mpd":
        return _PLAYLIST
    if root in _HTML_TAGS and not (is_xml and root != "html"):
        return _WEB_PAGE
    return _ERROR_XML if "error" in root or "fault" in root else _XML


_ALL_SUFFIXES: Final = frozenset(
    suffix
    for found in (
        *(found for _, found in _MARKS),
        *(_WEBP, _AVIF, _HEIC, _BMP, _ICO, _SVG),
        *(_AVI, _TRANSPORT_STREAM, _WEBM, _MATROSKA, _MP4),
    )
    for suffix in found.suffixes
)
