"""What went wrong with a delivery, and what to do about it, in plain words: pure decisions, an entry for each code."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from domain.posts.lifecycle import LOOKED_FOR
from domain.terms import DeliveryState, HoldReason

GOES_OUT_AGAIN = frozenset({DeliveryState.SCHEDULED})
IS_LOOKED_FOR = frozenset(LOOKED_FOR)
# Where a problem is one now; elsewhere it is of the past, or its holds tell why it waits.
IN_TROUBLE = GOES_OUT_AGAIN | IS_LOOKED_FOR | {DeliveryState.FAILED, DeliveryState.NEEDS_PERSON}
# What waits for a delivery above that came to this does not go out by itself.
UPPERS = (DeliveryState.FAILED, DeliveryState.MISSED, DeliveryState.CANCELLED)
LOOKED_FIRST = "LOOKED_FIRST"
# These wait for a person to mend the account; until then no instant can be named.
WAITS_FOR_MENDING = frozenset({"UNAUTHORIZED"})


@dataclass(frozen=True)
class Pair:
    """The same words in Chinese and in English."""

    zh: str
    en: str


@dataclass(frozen=True)
class Entry:
    """What happened, and what to do about it; `by_hand` is said where a person has to settle it."""

    message: Pair
    remedy: Pair
    by_hand: Pair = Pair(
        "请打开该账号的微博主页查看:已发出的,填写链接确认;没有发出的,选择重新发布或放弃。",
        "Open the account's page at the platform: if the post stands there, confirm it with its link; "
        "if not, send it again or drop it.",
    )


@dataclass(frozen=True)
class Trouble:
    """A trouble as it is told: `is_retried` says that it goes on by itself, `retried_at` when, where that is known."""

    code: str
    message_zh: str
    message_en: str
    remedy_zh: str
    remedy_en: str
    is_retried: bool
    retried_at: datetime | None = None


NOTHING_TO_DO = Pair("无需操作,系统会自动重试。", "Nothing; it is tried again by itself.")
IS_CHECKED = Pair(
    "无需操作,系统会先到平台核实,确认没有发出才会重发。",
    "Nothing; we look at the platform first, and send again only once it is certain that nothing went out.",
)
EDIT_AND_RETRY = Pair(
    "请改写内容后另行发布;平台已放宽限制的,可对此类失败统一重试。",
    "Schedule the post again with other words; if the platform has changed its mind, retry all failures of this kind.",
)
GO_WITHOUT = Pair(
    "请解除等待直接发布;不再需要的请取消。",
    "Release what waits so that it goes out without it, or cancel the post.",
)

ENTRIES: Mapping[str, Entry] = {
    "TRANSIENT_BEFORE_SEND": Entry(
        Pair("平台暂时无法连接,这条微博没有发出。", "The platform could not be reached; nothing was sent."),
        NOTHING_TO_DO,
    ),
    "OUTCOME_UNKNOWN": Entry(
        Pair(
            "平台没有明确答复,不知道是否已经发出。",
            "The platform gave no clear answer, so it may have gone out or not.",
        ),
        IS_CHECKED,
    ),
    "RATE_LIMITED": Entry(
        Pair("平台限制了发布频率。", "The platform limits how often may be posted now."),
        Pair(
            "无需操作,限制解除后自动发布;经常出现时请拉开发布时间。",
            "Nothing; it goes out when the limit ends. If that happens often, spread posts over a longer time.",
        ),
    ),
    "UNAUTHORIZED": Entry(
        Pair(
            "账号授权已失效,平台不再接受我们的发布。",
            "The account's authorisation is over; the platform takes no posts.",
        ),
        Pair(
            "请账号负责人重新授权,之后自动继续。",
            "Let the account's keeper authorise us again; then it goes on by itself.",
        ),
    ),
    "PERMISSION_MISSING": Entry(
        Pair(
            "平台没有给予该账号或本应用发布权限。",
            "The platform does not allow this account, or our application, to post.",
        ),
        Pair(
            "请账号负责人在平台检查账号状态,或由系统管理员申请接口权限;每半小时自动再试。",
            "Let the keeper check the account at the platform, or the operator ask for the permission; "
            "it is tried again every half hour.",
        ),
    ),
    "INVALID": Entry(
        Pair("内容或格式不符合平台的规则,没有发出。", "The post breaks a rule of the platform; nothing was sent."),
        EDIT_AND_RETRY,
    ),
    "MEDIA_INVALID": Entry(
        Pair("平台不接受所配图片,没有发出。", "The platform does not take the picture; nothing was sent."),
        Pair("请更换图片后另行发布。", "Schedule the post again with another picture."),
    ),
    "PICTURE_MISSING": Entry(
        Pair("所配图片已不在存储中,没有发出。", "The picture is gone from our store; nothing was sent."),
        Pair(
            "请系统管理员恢复图片存储的备份,再对此类失败统一重试;或更换图片后另行发布。",
            "Let the operator put the store of pictures back from its copy, then retry all failures of this kind; "
            "or schedule the post again with another picture.",
        ),
    ),
    "PICTURE_ALTERED": Entry(
        Pair(
            "存储中的图片与审核通过的不一致,没有发出。",
            "The picture in our store is not the one that was approved; nothing was sent.",
        ),
        Pair(
            "请系统管理员查明原因并恢复原图,再对此类失败统一重试;或更换图片后另行发布。",
            "Let the operator find out why and put the picture back, then retry all failures of this kind; "
            "or schedule the post again with another picture.",
        ),
    ),
    "PICTURE_UNREADABLE": Entry(
        Pair("图片存储暂时无法读取,没有发出。", "Our store of pictures cannot be read now; nothing was sent."),
        Pair(
            "系统会自动重试;持续出现时,请系统管理员检查图片存储。",
            "It is tried again by itself; if it goes on, let the operator check the store of pictures.",
        ),
    ),
    "DUPLICATE": Entry(
        Pair(
            "平台称已有相同内容,可能正是我们先前发出的那一条。",
            "The platform says that it has this text already; that may be our own earlier try.",
        ),
        IS_CHECKED,
    ),
    "CONTENT_REJECTED": Entry(
        Pair("平台审核未通过该内容,没有发出。", "The platform refuses the content; nothing was sent."),
        EDIT_AND_RETRY,
    ),
    "ACCOUNT_BLOCKED": Entry(
        Pair(
            "平台封禁了该账号、本应用或服务器地址。",
            "The platform has blocked the account, our application or our address.",
        ),
        Pair(
            "请账号负责人到平台申诉解封;每半小时自动再试。",
            "Let the account's keeper have it unblocked at the platform; it is tried again every half hour.",
        ),
    ),
    "HUMAN_NEEDED": Entry(
        Pair("平台要求本人操作(如输入验证码)。", "The platform asks for a person, as with a captcha."),
        Pair("请账号负责人登录平台完成验证。", "Let the account's keeper log in at the platform and pass its check."),
        Pair(
            "请账号负责人登录平台完成验证,之后在此选择重新发布;不再需要的可以放弃。",
            "Let the account's keeper log in at the platform and pass its check, then send it again here, or drop it.",
        ),
    ),
    "GONE": Entry(
        Pair(
            "平台上已找不到该账号或所指内容。", "The platform knows the account, or what the post refers to, no more."
        ),
        Pair(
            "请核对账号是否仍在使用;恢复后可对此类失败统一重试。",
            "Check that the account is still in use; once it is back, retry all failures of this kind.",
        ),
    ),
    "MISCONFIGURED": Entry(
        Pair("本系统在平台的应用设置有误。", "Our application is set up wrongly at the platform."),
        Pair(
            "请系统管理员检查应用设置;每半小时自动再试。",
            "Let the operator check how the application is set up; it is tried again every half hour.",
        ),
    ),
    "LEASE_ENDED": Entry(
        Pair(
            "发布程序中途停止,不知道是否已经发出。",
            "The process that was to send it stopped half-way, so it may have gone out or not.",
        ),
        IS_CHECKED,
    ),
    "NOT_FOUND": Entry(
        Pair(
            "在账号主页没有找到这条微博,也无法确定没有发出。",
            "The post was not found at the account, and it is not certain that it did not go out.",
        ),
        IS_CHECKED,
    ),
    "NEVER_ARRIVES": Entry(
        Pair(
            "平台多次收下却始终没有发出这条微博。",
            "The platform took the post again and again, and it never appeared.",
        ),
        IS_CHECKED,
        Pair(
            "请检查账号是否被平台限制;改写后另行发布,或选择重新发布、放弃。",
            "See whether the platform restricts the account; schedule it with other words, send it again, or drop it.",
        ),
    ),
    "QUARANTINED": Entry(
        Pair(
            "发布程序几次在处理这条微博时停止,已将其隔离。",
            "Several processes stopped while they had this post, so it was set apart.",
        ),
        IS_CHECKED,
        Pair(
            "请先联系系统管理员查明原因,再到账号主页核对:已发出的填写链接确认,没有发出的重新发布或放弃。",
            "Ask the operator to find out why first; then look at the account's page: if it stands there, confirm it; "
            "if not, send it again or drop it.",
        ),
    ),
    "TOKEN_UNREADABLE": Entry(
        Pair(
            "系统无法读取该账号的授权,没有发出。",
            "We cannot read the account's stored authorisation; nothing was sent.",
        ),
        Pair(
            "请系统管理员检查密钥文件;每分钟自动再试。",
            "Let the operator check the key file; it is tried again every minute.",
        ),
    ),
}
# What no problem tells, but the state itself or the delivery above.
STANDINGS: Mapping[str, Entry] = {
    DeliveryState.MISSED: Entry(
        Pair(
            "已超过允许的发布时限,没有发出,也不会再发。",
            "It could not go out in time; it was not sent and will not be.",
        ),
        Pair("仍需发布的,请另定时间再发一次。", "If it is still wanted, schedule the post once more, at another time."),
    ),
    LOOKED_FIRST: Entry(
        Pair(
            "数据已从备份恢复,不能确定此前是否已经发出。",
            "The database was restored from a copy; it may have gone out after the copy was made.",
        ),
        IS_CHECKED,
    ),
    "UPPER_FAILED": Entry(
        Pair("所等待的上级微博发布失败。", "The post of the level above, for which it waits, failed."),
        Pair(
            "请重新发布上级的微博,或解除等待直接发布;不再需要的请取消。",
            "Have the one above sent again, release what waits so that it goes out without it, or cancel the post.",
        ),
    ),
    "UPPER_MISSED": Entry(
        Pair(
            "所等待的上级微博已错过发布时限。", "The post of the level above, for which it waits, was not sent in time."
        ),
        GO_WITHOUT,
    ),
    "UPPER_CANCELLED": Entry(
        Pair("所等待的上级微博已取消。", "The post of the level above, for which it waits, was cancelled."),
        GO_WITHOUT,
    ),
}
# A code of a newer process during an upgrade: something true is said of it, never nothing.
UNKNOWN = Entry(
    Pair("发布遇到问题。", "Sending it met with a trouble."),
    Pair("请查看平台原话,必要时联系系统管理员。", "See the platform's own words; ask the operator if need be."),
)

HOLDS: Mapping[HoldReason, Entry] = {
    HoldReason.NOT_APPROVED: Entry(
        Pair("这条微博尚未审核通过。", "Nobody has approved the text yet."),
        Pair(
            "请本级另一位管理员或上级管理员审核;通过后自动发布。",
            "Let another administrator of the unit, or of the level above, approve it; then it goes out.",
        ),
    ),
    HoldReason.HELD_BY_PERSON: Entry(
        Pair("有人暂缓了这条微博。", "A person holds the post back."),
        Pair("解除暂缓后自动发布。", "Release the post; then it goes out."),
    ),
    HoldReason.SILENCED: Entry(
        Pair("该机构或其上级处于静默期。", "A silence order is in force over the unit, or over one above it."),
        Pair(
            "无需操作,静默令解除后按次序发布。",
            "Nothing; when the order is lifted, posts go out in their order.",
        ),
    ),
    HoldReason.ACCOUNT_SUSPENDED: Entry(
        Pair("该账号已停用。", "The account is suspended."),
        Pair("恢复账号后自动发布;不再使用的,请取消发布。", "Resume the account, or cancel the post."),
    ),
    HoldReason.ACCOUNT_UNAUTHORIZED: Entry(
        Pair("账号授权已失效。", "The account's authorisation is over."),
        Pair("请账号负责人重新授权,之后自动发布。", "Let the account's keeper authorise us again; then it goes out."),
    ),
    HoldReason.LESSON_NOT_SHOWCASE: Entry(
        Pair("所推介的课程已不是示范课程。", "The lesson is a showcase lesson no more."),
        Pair("重新评为示范课程,或取消发布。", "Make it a showcase lesson again, or cancel the post."),
    ),
    HoldReason.TOO_LATE: Entry(
        Pair("已超过允许的发布时限。", "It could not go out in time."),
        Pair(
            "请决定是否仍要发布:修改发布时间,或取消发布。",
            "Decide whether it is still wanted: give it another time, or cancel it.",
        ),
    ),
}


def trouble_of(row: Any) -> Trouble | None:
    """The trouble that a delivery is in, as its row tells; None where there is none."""
    code = cause_of(row)
    return None if code is None else told(code, row.state, row.look_at if row.state in IS_LOOKED_FOR else row.try_at)


def cause_of(row: Any) -> str | None:
    """The code of what keeps a delivery; `upper_state` is how the one above stands for which it waits."""
    if row.state is DeliveryState.MISSED:
        return str(DeliveryState.MISSED)
    if row.state is DeliveryState.WAITING:
        return f"UPPER_{row.upper_state}" if row.upper_state in UPPERS else None
    problem: str | None = row.problem if row.state in IN_TROUBLE else None
    return problem or (LOOKED_FIRST if row.state is DeliveryState.UNCONFIRMED else None)


def told(code: str, state: DeliveryState, next_at: datetime | None) -> Trouble:
    """A problem in a state; `next_at` is when it goes on, where it does so by itself."""
    is_retried = state in GOES_OUT_AGAIN | IS_LOOKED_FOR
    found = _told(code, ENTRIES.get(code) or STANDINGS.get(code, UNKNOWN), by_hand=state is DeliveryState.NEEDS_PERSON)
    at = next_at if is_retried and code not in WAITS_FOR_MENDING else None
    return replace(found, is_retried=is_retried, retried_at=at)


def held_for(reason: HoldReason) -> Trouble:
    """Why a delivery is held: it goes on by itself once the reason is gone, nobody knows when."""
    return replace(_told(reason.value, HOLDS.get(reason, UNKNOWN)), is_retried=True)


def _told(code: str, entry: Entry, *, by_hand: bool = False) -> Trouble:
    remedy = entry.by_hand if by_hand else entry.remedy
    return Trouble(code, entry.message.zh, entry.message.en, remedy.zh, remedy.en, is_retried=False)
