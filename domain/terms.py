"""The words of the field: every enum once, each member with its Chinese term."""

from enum import Enum


class Term(str, Enum):  # noqa: UP042 - StrEnum takes no second value
    """A word of the field: its value is the identifier, `zh` the Chinese term."""

    zh: str

    def __new__(cls, value: str, zh: str) -> "Term":
        term = str.__new__(cls, value)
        term._value_ = value
        term.zh = zh
        return term

    def __str__(self) -> str:
        return str(self.value)


class Level(Term):
    """Level of a volunteer body (层级), from the nation down to the grassroots."""

    NATIONAL = "NATIONAL", "全国"
    PROVINCIAL = "PROVINCIAL", "省级"
    PREFECTURE = "PREFECTURE", "市级"
    COUNTY = "COUNTY", "县级"
    GRASSROOTS = "GRASSROOTS", "基层"

    @property
    def depth(self) -> int:
        """1 for the nation to 5 for the grassroots; a child is always deeper than its parent."""
        return list(Level).index(self) + 1


class UnitKind(Term):
    """What sort of volunteer body a unit is (机构类别)."""

    TERRITORIAL = "TERRITORIAL", "属地机构"
    STATISTICAL = "STATISTICAL", "统计用区划"
    XPCC = "XPCC", "新疆生产建设兵团"
    INDUSTRY_SYSTEM = "INDUSTRY_SYSTEM", "行业系统团委"


class Role(Term):
    """What a grant lets a person do over a unit and everything below it (角色)."""

    ADMINISTRATOR = "ADMINISTRATOR", "管理员"
    MEDIA_MANAGER = "MEDIA_MANAGER", "微博管理员"
    VIEWER = "VIEWER", "查看者"


class HostKind(Term):
    """A microblog platform (微博平台)."""

    WEIBO = "WEIBO", "新浪微博"


class AccountState(Term):
    """Standing of a microblog account (账号状态)."""

    ACTIVE = "ACTIVE", "正常"
    UNAUTHORIZED = "UNAUTHORIZED", "授权失效"
    SUSPENDED = "SUSPENDED", "停用"


class ServiceKind(Term):
    """The five services of the programme (五项服务)."""

    STUDY_HELP = "STUDY_HELP", "学业辅导"
    COMPANIONSHIP = "COMPANIONSHIP", "亲情陪伴"
    CITY_DISCOVERY = "CITY_DISCOVERY", "感受城市"
    SELF_PROTECTION = "SELF_PROTECTION", "自护教育"
    DONATION = "DONATION", "爱心捐赠"


class LessonState(Term):
    """Where a lesson stands; a SHOWCASE lesson is a 示范课程."""

    DRAFT = "DRAFT", "草稿"
    SHOWCASE = "SHOWCASE", "示范课程"


class DeliveryState(Term):
    """Where the delivery of a post to one account stands (发布状态)."""

    SCHEDULED = "SCHEDULED", "待发布"
    SENDING = "SENDING", "发布中"
    ACCEPTED = "ACCEPTED", "平台已受理"
    UNCONFIRMED = "UNCONFIRMED", "结果待核实"
    NEEDS_PERSON = "NEEDS_PERSON", "待人工处理"
    PUBLISHED = "PUBLISHED", "已发布"
    FAILED = "FAILED", "发布失败"
    CANCELLED = "CANCELLED", "已取消"


class AttemptKind(Term):
    """What a worker did for a delivery at its host (尝试类别)."""

    SUBMIT = "SUBMIT", "发送"
    LOOK = "LOOK", "核实"


class Metric(Term):
    """A count that hosts report of a post (传播指标)."""

    REPOSTS = "REPOSTS", "转发"
    COMMENTS = "COMMENTS", "评论"
    LIKES = "LIKES", "点赞"
    READS = "READS", "阅读"
