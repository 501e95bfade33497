"""The foreseen answers: why an act is refused, with a stable code and words in two languages."""

from enum import Enum
from typing import Any

# What a message calls the rows that can be missing.
NOUNS = {
    "account": "微博账号",
    "attempt": "尝试记录",
    "campaign": "推介批次",
    "delivery": "发布任务",
    "host": "微博平台",
    "lesson": "课程",
    "node": "对象",
    "post": "微博内容",
    "snapshot": "传播数据",
    "unit": "机构",
    "user": "用户",
}


class Reason(Enum):
    """Every code a caller can meet; its value is the message in Chinese and in English."""

    UNAUTHENTICATED = "请先登录:缺少有效的访问令牌。", "Log in first: a valid access token is missing."
    NOT_PERMITTED = (
        "您没有在该机构执行此操作的权限({permission})。",
        "You may not do this at that unit (permission {permission}).",
    )
    NOT_FOUND = "找不到该{what},或您无权查看。", "There is no such {what}, or you may not see it."
    BAD_ID = "标识符无效,应为{what}的标识符。", "This is not the id of a {what}."
    BAD_CURSOR = (
        "分页游标无效,请从第一页重新开始。",
        "The cursor is not valid; start again from the first page.",
    )
    BAD_PAGE = (
        "每页数量须在 1 到 {limit} 之间;first 只能与 after 同用,last 只能与 before 同用。",
        "Ask for 1 to {limit} rows, with either `first` and `after`, or `last` and `before`.",
    )
    TOO_MANY = "一次最多 {limit} 项。", "At most {limit} at a time."
    TOO_MANY_ROWS = (
        "查询最多可能涉及 {limit} 行,请减小各层的 first。",
        "The query could read more than {limit} rows; ask for smaller pages inside it.",
    )
    TEXT_EMPTY = "内容不能为空。", "The text is empty."
    TEXT_TOO_LONG = (
        "内容过长:按{host}的计数为 {length} 字,最多 {limit} 字。",
        "The text is too long: {length} by the counting rule of {host}, at most {limit}.",
    )
    TEXT_HAS_TOPIC = (
        "{host}接口不接受 #话题#,请删去话题标记。",
        "{host} refuses #topics# through its interface; take the marks out.",
    )
    TIME_WITHOUT_ZONE = (
        "时间必须带时区,例如 2026-06-01T09:00:00+08:00。",
        "The time needs its zone, as in 2026-06-01T09:00:00+08:00.",
    )
    TIME_PASSED = "发布时间已过。", "The time of publishing has passed."
    TIME_TOO_FAR = "发布时间最多可提前 {days} 天安排。", "Posts are scheduled at most {days} days ahead."
    SPREAD_INVALID = "发布时段须在 0 到 {limit} 秒之间。", "Spread the posts over 0 to {limit} seconds."
    LESSON_NOT_SHOWCASE = (
        "该课程尚未评为示范课程,不能推介。",
        "The lesson is not a showcase lesson yet, so it cannot be promoted.",
    )
    LESSON_ALREADY_SHOWCASE = "该课程已是示范课程。", "The lesson is a showcase lesson already."
    NO_ACCOUNTS = (
        "所选层级和范围内没有可用的微博账号。",
        "No active account lies at these levels within that unit.",
    )
    KEY_UNUSABLE = (
        "clientMutationKey 须为 1 到 {limit} 个字符。",
        "A clientMutationKey has 1 to {limit} characters.",
    )
    KEY_REUSED = (
        "该 clientMutationKey 已用于另一份输入,请换一个新的。",
        "This clientMutationKey was used with another input; take a new one.",
    )

    @property
    def zh(self) -> str:
        return self.value[0]

    @property
    def en(self) -> str:
        return self.value[1]


class Refusal(Exception):
    """A foreseen answer to an act that cannot be done.

        Refusal
        ├── NotAuthenticated   nobody is logged in
        ├── NotPermitted       the actor lacks the permission at that unit
        ├── NotFound           no such row within the actor's reach
        ├── Conflict           the row, or an earlier request, says otherwise
        ├── Invalid            the input breaks a rule
        └── QuotaExceeded      a limit is used up; the same request may succeed later

    `path` names the input field at fault, `facts` fill the message.
    """

    retryable = False

    def __init__(self, reason: Reason, *, path: str = "", **facts: Any) -> None:
        super().__init__(reason.name)
        self.reason = reason
        self.path = tuple(path.split(".")) if path else ()
        self.facts = facts

    @property
    def code(self) -> str:
        return self.reason.name

    def words(self, language: str) -> str:
        """The message in `zh` or `en`; terms among the facts are named in that language."""
        template = self.reason.zh if language == "zh" else self.reason.en
        facts = {key: _in_chinese(fact) for key, fact in self.facts.items()} if language == "zh" else self.facts
        return template.format(**facts)


def _in_chinese(fact: Any) -> Any:
    named = NOUNS.get(fact.lower(), fact) if isinstance(fact, str) else fact
    return getattr(fact, "zh", named)


class NotAuthenticated(Refusal):
    def __init__(self) -> None:
        super().__init__(Reason.UNAUTHENTICATED)


class NotPermitted(Refusal):
    def __init__(self, permission: str, *, path: str = "") -> None:
        super().__init__(Reason.NOT_PERMITTED, path=path, permission=permission)


class NotFound(Refusal):
    def __init__(self, what: str, *, path: str = "") -> None:
        super().__init__(Reason.NOT_FOUND, path=path, what=what)


class Conflict(Refusal): ...


class Invalid(Refusal): ...


class QuotaExceeded(Refusal):
    retryable = True
