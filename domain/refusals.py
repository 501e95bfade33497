"""The foreseen answers: why an act is refused, with a stable code and words in two languages."""

from typing import Any

from domain.reasons import Reason as Reason

# What a message calls the rows that can be missing.
NOUNS = {
    "account": "微博账号",
    "accountevent": "账号变更记录",
    "attempt": "尝试记录",
    "campaign": "推介批次",
    "campaignreport": "推介报告",
    "campaignlesson": "推介课程",
    "occasion": "重要日子",
    "schoolterm": "学期",
    "comment": "评论",
    "delegation": "委托管理",
    "renewal": "授权续期",
    "delivery": "发布任务",
    "export": "数据导出",
    "followercount": "粉丝数",
    "grant": "授权",
    "guidance": "分类指导",
    "goal": "传播目标",
    "host": "微博平台",
    "labelword": "标签用语",
    "lesson": "课程",
    "lessoncall": "课程征集",
    "lessonfile": "课程文件",
    "lessonrevision": "课程修订稿",
    "nomination": "推荐",
    "practice": "实践运用记录",
    "review": "评审",
    "theme": "主题",
    "node": "对象",
    "approval": "审核",
    "hold": "暂缓",
    "silence": "静默令",
    "picture": "图片",
    "presskit": "新闻素材包",
    "post": "微博内容",
    "session": "登录会话",
    "snapshot": "传播数据",
    "unit": "机构",
    "unitact": "机构变更",
    "auditentry": "审计记录",
    "unitversion": "机构沿革",
    "user": "用户",
}
# Where the name of a row is no English by itself.
IN_ENGLISH = {
    "accountevent": "change of an account",
    "auditentry": "entry of the audit log",
    "campaignlesson": "lesson of a campaign",
    "campaignreport": "campaign report",
    "followercount": "count of followers",
    "labelword": "word of the list",
    "lessoncall": "call for lessons",
    "lessonfile": "file of a lesson",
    "lessonrevision": "revision of a lesson",
    "node": "object",
    "presskit": "press kit",
    "schoolterm": "school term",
    "unitact": "change of a unit",
    "unitversion": "earlier state of a unit",
}


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
        return template.format(**{key: _named(fact, language) for key, fact in self.facts.items()})


def _named(fact: Any, language: str) -> Any:
    """A fact as people of a language read it: terms and nouns have names."""
    # Findings and differences have a Chinese name as terms have.
    if hasattr(fact, "zh"):
        return fact.zh if language == "zh" else fact
    if not isinstance(fact, str):
        return fact
    # One of several has ` / ` between them.
    return " / ".join(_noun(each, language) for each in fact.split(" / "))


def _noun(fact: str, language: str) -> str:
    noun = fact.lower()
    if noun not in NOUNS:
        return fact
    return NOUNS[noun] if language == "zh" else IN_ENGLISH.get(noun, noun)


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


def edited_meanwhile(version: int, seen: int, differences: Any, *, path: str = "expectedVersion") -> Conflict:
    """Somebody else edited a row since the version that was seen; `differences` show both."""
    return Conflict(Reason.EDITED_MEANWHILE, path=path, version=version, seen=seen, differences=differences)


class Hindered(Conflict):
    """What stands in the way of an act before anybody tries it: told by a rule, for `viewerCan`."""

    @classmethod
    def by(cls, reason: Reason) -> "Hindered":
        return cls(reason)


class Invalid(Refusal): ...


class QuotaExceeded(Refusal):
    retryable = True
