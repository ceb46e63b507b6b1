"""What the words of an error say: which kind it is, and whether it is about a key.

The service answers errors with HTTP 200 as well, and gateways answer with any status: then the
words alone tell what passes by itself from what will be said again.
"""

from __future__ import annotations

import re
from typing import Final

from tui.errors import ErrorKind

_UNKNOWN_TASK: Final = (
    r"(?i)not found|n[o'’]t exist|index out of range|no such task|unknown task|"
    r"不存在|未找到|找不到|没有找到|无此任务"
)
_ABOUT_A_KEY: Final = (
    r"(?i)api.?key|\bkeys?\b|token|authori[sz]|authentic|bearer|secret|credential|"
    r"access.denied|forbidden|密钥|秘钥|密匙|令牌|凭证|凭据|认证|验证|鉴权|授权|权限"
)
_INVALID: Final = (
    r"(?i)invalid|incorrect|wrong|expired|revoked|disabled|unknown|unauthori[sz]ed|not valid|"
    r"无效|错误|不正确|过期|失效|禁用|未授权"
)
_TOO_MANY: Final = (
    r"(?i)too many (?:\w{1,20} )?(?:requests|queries|calls|attempts|connections)|too frequent|"
    r"(?:rate|request|frequency|concurrency)[ _-]?limit|limit_?exceeded|exceeded the rate|"
    r"throttl|slow down|请求过于|频繁|频率|限流|限速|流量控制|流控|请求过多|次数过多|过快|并发"
)
_PASSING: Final = (
    r"(?i)server error|internal error|system error|unexpected error|again later|try again|"
    r"try later|please retry|\btime(?:d)?[ -]?out|temporar|unavailable|overload|\bbusy\b|"
    r"maintenance|database|deadlock|bad gateway|upstream|not ready|"
    r"connection (?:\w{1,20} )?(?:reset|refused|lost|closed|aborted|failed|error)|"
    r"繁忙|稍后|稍候|稍等|重试|再试|超时|维护|暂时|暂不可用|内部错误|系统错误|系统异常|系统出错|"
    r"服务器错误|服务器异常|服务异常|服务不可用|服务器内部|网络异常|网络错误|数据库"
)


def is_about_a_key(message: str) -> bool:
    """Return whether a message of the service may be about a key, which it may quote then."""
    return bool(re.search(_ABOUT_A_KEY, message))


def refuses_key(message: str) -> bool:
    """Return whether an error says that the key is not accepted."""
    return is_about_a_key(message) and bool(re.search(_INVALID, message))


def is_unknown_task(message: str) -> bool:
    """Return whether an error says that the service does not know the task."""
    return bool(re.search(_UNKNOWN_TASK, message)) and not is_about_a_key(message)


def names_the_task(message: str) -> bool:
    """Return whether an error says in so many words that it is about the task."""
    return bool(re.search(r"(?i)task|任务|\bid\b", message))


def passing_kind(message: str) -> ErrorKind | None:
    """Return the kind of an error that says that it passes by itself; None for any other.

    `RATE_LIMITED` where it says that there are too many requests, `SERVER` where it tells of a
    fault of the server's own, or asks to try again.
    """
    if re.search(_TOO_MANY, message):
        return ErrorKind.RATE_LIMITED
    return ErrorKind.SERVER if re.search(_PASSING, message) else None


def kind(message: str) -> ErrorKind:
    """Return the kind of an error by its words alone: `REJECTED` where they do not tell."""
    if is_unknown_task(message):
        return ErrorKind.NOT_FOUND
    return passing_kind(message) or ErrorKind.REJECTED
