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


class TreeLink(Term):
    """By which link a unit stands below another (归属关系): numbers say which one they use."""

    AFFILIATION = "AFFILIATION", "隶属"
    TERRITORY = "TERRITORY", "属地"


class TreeTime(Term):
    """By which tree a number of the past is counted (统计口径): as it stood then, or as it stands now."""

    AS_THEN = "AS_THEN", "按当时隶属"
    AS_NOW = "AS_NOW", "按现时隶属"


class UnitActKind(Term):
    """A change of the tree (机构变更类别)."""

    OPEN = "OPEN", "设立"
    RENAME = "RENAME", "更名"
    MOVE = "MOVE", "划转"
    MERGE = "MERGE", "合并"
    SPLIT = "SPLIT", "拆分"
    CLOSE = "CLOSE", "撤销"
    REOPEN = "REOPEN", "恢复"


class UnitActState(Term):
    """Where a change of the tree stands (机构变更状态)."""

    PROPOSED = "PROPOSED", "待确认"
    PLANNED = "PLANNED", "待生效"
    DONE = "DONE", "已生效"
    FAILED = "FAILED", "未能生效"
    DISMISSED = "DISMISSED", "已驳回"


class UpperPosting(Term):
    """How the levels above may post through a unit's accounts (上级发布方式)."""

    DIRECT = "DIRECT", "可直接发布"
    BY_RELEASE = "BY_RELEASE", "仅可下发"


class Role(Term):
    """What a grant lets a person do over a unit and everything below it (角色)."""

    ADMINISTRATOR = "ADMINISTRATOR", "管理员"
    MEDIA_MANAGER = "MEDIA_MANAGER", "微博管理员"
    VIEWER = "VIEWER", "查看者"
    AUDITOR = "AUDITOR", "审计人员"
    PARTNER_EDUCATION = "PARTNER_EDUCATION", "教育部门"
    PARTNER_CIVIL_AFFAIRS = "PARTNER_CIVIL_AFFAIRS", "民政部门"
    PARTNER_WOMEN = "PARTNER_WOMEN", "妇联"
    PARTNER_NEXT_GENERATION = "PARTNER_NEXT_GENERATION", "关工委"


class Reach(Term):
    """How far a grant goes (授权范围): what is acted on is also seen, and what is seen is also found."""

    ACT = "ACT", "办理"
    VIEW = "VIEW", "查看"
    FIND = "FIND", "查找"


class UserState(Term):
    """Standing of a user (用户状态)."""

    INVITED = "INVITED", "已邀请"
    ACTIVE = "ACTIVE", "正常"
    DISABLED = "DISABLED", "停用"


class LinkPurpose(Term):
    """What a link handed to a person is for (链接用途)."""

    INVITATION = "INVITATION", "邀请"
    RESET = "RESET", "重设密码"


class SessionKind(Term):
    """Through what a person is logged in (登录方式)."""

    BROWSER = "BROWSER", "浏览器"
    APP = "APP", "应用"


class SessionEnd(Term):
    """Why a session ended (会话结束原因)."""

    LOGGED_OUT = "LOGGED_OUT", "本人退出"
    ENDED = "ENDED", "被结束"
    REUSED = "REUSED", "令牌被重复使用"
    PASSWORD_SET = "PASSWORD_SET", "密码已更改"
    DISABLED = "DISABLED", "用户停用"


class RowPolicy(Term):
    """What a bulk act does where some rows cannot be taken (逐行处理方式)."""

    IGNORE_FAILED = "IGNORE_FAILED", "跳过出错的行"
    REJECT_ALL = "REJECT_ALL", "有错则全部拒绝"


class InviteOutcome(Term):
    """What became of a row of invited people (邀请结果)."""

    CREATED = "CREATED", "已邀请"
    EXISTS = "EXISTS", "已存在"
    REFUSED = "REFUSED", "未通过"
    LEFT_OUT = "LEFT_OUT", "因其他行出错而未办理"


class HostKind(Term):
    """A microblog platform (微博平台)."""

    WEIBO = "WEIBO", "新浪微博"


class AccountState(Term):
    """Standing of a microblog account (账号状态)."""

    ACTIVE = "ACTIVE", "正常"
    UNAUTHORIZED = "UNAUTHORIZED", "授权失效"
    SUSPENDED = "SUSPENDED", "停用"


class Positioning(Term):
    """What an account is there for (账号定位)."""

    ANNOUNCE = "ANNOUNCE", "信息发布"
    STORY = "STORY", "故事传播"
    SERVICE_DESK = "SERVICE_DESK", "咨询服务"
    MUTUAL_HELP = "MUTUAL_HELP", "互帮互助"
    BRAND = "BRAND", "品牌展示"


class RenewalState(Term):
    """Where the renewal of a token stands (授权续期状态)."""

    OPEN = "OPEN", "待续期"
    BEGUN = "BEGUN", "续期中"
    DONE = "DONE", "已续期"


class AccountChange(Term):
    """What changed about an account (账号变更)."""

    CONNECTED = "CONNECTED", "接入"
    RENEWED = "RENEWED", "更新授权"
    STATE = "STATE", "状态变更"
    PROFILE = "PROFILE", "资料变更"
    KEEPER = "KEEPER", "管理人变更"
    UNIT = "UNIT", "归属变更"


class ServiceKind(Term):
    """The five services of the programme (五项服务)."""

    STUDY_HELP = "STUDY_HELP", "学业辅导"
    COMPANIONSHIP = "COMPANIONSHIP", "亲情陪伴"
    CITY_DISCOVERY = "CITY_DISCOVERY", "感受城市"
    SELF_PROTECTION = "SELF_PROTECTION", "自护教育"
    DONATION = "DONATION", "爱心捐赠"


class LessonState(Term):
    """Where a lesson stands (课程状态); a SHOWCASE lesson is a 示范课程."""

    DRAFT = "DRAFT", "草稿"
    NOMINATED = "NOMINATED", "已推荐"
    UNDER_REVIEW = "UNDER_REVIEW", "评审中"
    POLISHING = "POLISHING", "打磨中"
    SHOWCASE = "SHOWCASE", "示范课程"
    DECLINED = "DECLINED", "未入选"
    WITHDRAWN = "WITHDRAWN", "已撤回"


class SupervisionLevel(Term):
    """Which adults a lesson needs beside the children (看护要求); one is always there."""

    PRESENT = "PRESENT", "成人在场"
    CLOSE = "CLOSE", "成人近旁指导"
    QUALIFIED = "QUALIFIED", "须有专业人员在场"


class ContentGuidance(Term):
    """What whoever teaches a lesson should know beforehand (内容提示)."""

    SEPARATION = "SEPARATION", "涉及离别与思念"
    INJURY = "INJURY", "涉及伤亡"
    ABUSE = "ABUSE", "涉及侵害与欺凌"
    EXERTION = "EXERTION", "体力活动"
    TOOLS = "TOOLS", "使用工具"
    FOOD = "FOOD", "涉及食品,注意过敏"
    OUTDOORS = "OUTDOORS", "户外或外出"
    WATER = "WATER", "涉水"


class Licence(Term):
    """Under which licence a lesson may be used (使用许可)."""

    CC_BY = "CC_BY", "知识共享 署名 4.0"
    CC_BY_NC = "CC_BY_NC", "知识共享 署名-非商业性使用 4.0"
    CC_BY_ND = "CC_BY_ND", "知识共享 署名-禁止演绎 4.0"
    PROGRAMME = "PROGRAMME", "仅限本行动使用,不得改编"


class CallState(Term):
    """Where a call for lessons stands (征集状态)."""

    PLANNED = "PLANNED", "未开始"
    OPEN = "OPEN", "征集中"
    CLOSED = "CLOSED", "已截止"


class NominationOutcome(Term):
    """What became of a nomination (推荐结果)."""

    WITHDRAWN = "WITHDRAWN", "已撤回"
    DECLINED = "DECLINED", "未入选"
    CHOSEN = "CHOSEN", "入选"


class FiveGood(Term):
    """What a class is judged by (五好)."""

    TIMETABLE = "TIMETABLE", "课表设计好"
    TIMES = "TIMES", "时次安排好"
    VENUE = "VENUE", "活动阵地好"
    PUBLICITY = "PUBLICITY", "宣传动员好"
    QUALITY = "QUALITY", "服务质量好"


class RunKind(Term):
    """What became of a stretch of text between two revisions (文字变化)."""

    KEPT = "KEPT", "保留"
    REMOVED = "REMOVED", "删去"
    ADDED = "ADDED", "新增"


class DeliveryState(Term):
    """Where the delivery of a post to one account stands (发布状态)."""

    WAITING = "WAITING", "待上级发布"
    SCHEDULED = "SCHEDULED", "待发布"
    HELD = "HELD", "暂缓"
    SENDING = "SENDING", "发布中"
    ACCEPTED = "ACCEPTED", "平台已受理"
    UNCONFIRMED = "UNCONFIRMED", "结果待核实"
    NEEDS_PERSON = "NEEDS_PERSON", "待人工处理"
    PUBLISHED = "PUBLISHED", "已发布"
    FAILED = "FAILED", "发布失败"
    MISSED = "MISSED", "已错过"
    CANCELLED = "CANCELLED", "已取消"


class HoldReason(Term):
    """Why a delivery that is due does not go out (暂缓原因)."""

    NOT_APPROVED = "NOT_APPROVED", "待审核"
    HELD_BY_PERSON = "HELD_BY_PERSON", "人工暂缓"
    SILENCED = "SILENCED", "静默期"
    ACCOUNT_SUSPENDED = "ACCOUNT_SUSPENDED", "账号停用"
    ACCOUNT_UNAUTHORIZED = "ACCOUNT_UNAUTHORIZED", "授权失效"
    LESSON_NOT_SHOWCASE = "LESSON_NOT_SHOWCASE", "非示范课程"
    TOO_LATE = "TOO_LATE", "已逾期,待确认"


class Lateness(Term):
    """What becomes of a delivery that could not go out in time (逾期处理方式)."""

    SEND = "SEND", "照常发布"
    HOLD = "HOLD", "暂缓待定"
    MISS = "MISS", "不再发布"


class PersonSettlement(Term):
    """What a person says of a delivery that only a person can settle (人工处理结果)."""

    PUBLISHED = "PUBLISHED", "已在平台发布"
    SEND_AGAIN = "SEND_AGAIN", "重新发布"
    DROP = "DROP", "不再发布"


class AttemptKind(Term):
    """What a worker did for a delivery at its host (尝试类别)."""

    SUBMIT = "SUBMIT", "发送"
    LOOK = "LOOK", "核实"
    PERSON = "PERSON", "人工处理"


class Metric(Term):
    """A count that hosts report of a post (传播指标)."""

    REPOSTS = "REPOSTS", "转发"
    COMMENTS = "COMMENTS", "评论"
    LIKES = "LIKES", "点赞"
    READS = "READS", "阅读"
