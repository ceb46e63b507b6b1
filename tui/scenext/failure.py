"""Find the plain text in which a response says why something failed, wherever it says so.

The reference puts the reason into `data.result`; other services, and the frameworks and gateways
that services are built with, put it into `error`, `message`, `detail` and the like, as text, as a
list of texts, as an object, or as JSON in a text. What comes out is text for people: no links, no
JSON, no page.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from itertools import islice
from typing import Final

from tui.errors import ApiError
from tui.scenext.json_body import read_object
from tui.signed_links.mending import is_link

_MAX_ITEMS: Final = 200
_MAX_REASONS: Final = 5
_MAX_LENGTH: Final = 2_000
"""Characters of one reason: a stack trace may be long."""
_MAX_DEPTH: Final = 4
_NAMES: Final = (
    *("reason", "failreason", "failedreason", "failurereason", "errorreason", "失败原因", "原因"),
    *("errormessage", "errormsg", "errmessage", "errmsg", "failmessage", "failmsg"),
    *("failuremessage", "错误信息", "error", "errors", "err", "错误", "failure", "exception"),
    *("message", "messages", "msg", "detail", "details", "errordetail", "errordetails"),
    *("statusmessage", "statusmsg", "statusdetail", "statusreason", "description"),
    *("errordescription", "cause", "text", "content"),
)
"""Names without `_`, `-` and capitals, the most telling first."""
_PLACES: Final = {name: place for place, name in enumerate(_NAMES)}
_NO_REASONS: Final = frozenset(
    {
        *("", "ok", "success", "succeeded", "successful", "true", "false", "yes", "no", "none"),
        *("null", "nil", "undefined", "nan", "n/a", "-", "error", "failed", "fail", "unknown"),
        *(
            "no error",
            "成功",
            "查询成功",
            "请求成功",
            "操作成功",
            "获取成功",
            "失败",
            "无",
            "completed",
        ),
        *("in_progress", "query successful", "request successful"),
    }
)
"""Texts that say nothing, or that the request went well."""
_LINK: Final = r"(?i)\b[a-z][a-z0-9+.-]{0,20}://\S+"
_JSON_INSIDE: Final = r"\{\s*+[\"'{]"
_MARKUP: Final = r"(?i)<(?:!doctype|html|head|body|\?xml|error)\b"


def reason(*sources: object, known: Collection[str] = ()) -> str:
    """Return why something failed, as plain lines; empty if no object in `sources` says so.

    What is `known` already is left out.
    """
    found = (_told(text) for source in sources for text in _named_texts(source, _MAX_DEPTH))
    new = dict.fromkeys(text for text in found if text and text not in known)
    return "\n".join(islice(new, _MAX_REASONS))


def plain_text(value: object) -> str:
    """Return a text as it is; the texts in a list or an object as plain lines."""
    if isinstance(value, str):
        return value
    texts = (text for text in _texts(value, _MAX_DEPTH) if not is_link(text))
    return "\n".join(islice(dict.fromkeys(texts), _MAX_ITEMS))


def _texts(value: object, depth: int) -> Iterator[str]:
    if depth < 0:
        return
    match value:
        case str():
            text = value.strip()
            inside = _json_in(text)
            yield from [text] if inside is None else _texts(inside, depth - 1)
        case list():
            for item in islice(value, _MAX_ITEMS):
                yield from _texts(item, depth - 1)
        case dict():
            yield from _named_texts(value, depth)


def _named_texts(value: object, depth: int) -> Iterator[str]:
    if not isinstance(value, Mapping):
        return
    named = []
    for key, member in islice(value.items(), _MAX_ITEMS):
        place = _PLACES.get(re.sub(r"[\W_]+", "", key[:40]).lower())
        if place is not None:
            named.append((place, member))
    for _, member in sorted(named, key=lambda pair: pair[0]):
        yield from _texts(member, depth - 1)


def _json_in(text: str) -> dict[str, object] | None:
    """Return the object that a text consists of, an empty one if it looks like that only."""
    if not text.startswith(("{", "[{", '["')):
        return None
    try:
        return read_object(text[:10_000].encode("utf-8", "replace"))
    except ApiError:
        return {}


def _told(text: str) -> str:
    """Return what a text tells people: nothing for a link, a page, a code or an empty phrase."""
    if is_link(text) or re.match(_MARKUP, text):
        return ""
    text = re.split(_JSON_INSIDE, text[:_MAX_LENGTH], maxsplit=1)[0]
    text = re.sub(_LINK, "(link)", text).strip().rstrip(":：- ")
    is_code = not any(map(str.isalpha, text))
    return "" if is_code or text.strip(" .!。！").lower() in _NO_REASONS else text
