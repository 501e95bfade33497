"""The words of the field: every enum once, each member with its Chinese term."""

from domain.engagement_terms import Facet as Facet
from domain.engagement_terms import FigureGap as FigureGap
from domain.engagement_terms import GoalMeasure as GoalMeasure
from domain.engagement_terms import SeriesStep as SeriesStep
from domain.export_terms import ExportFormat as ExportFormat
from domain.export_terms import ExportKind as ExportKind
from domain.export_terms import HandoutState as HandoutState
from domain.export_terms import Language as Language
from domain.export_terms import ReportFormat as ReportFormat
from domain.lesson_terms import CallState as CallState
from domain.lesson_terms import ContentGuidance as ContentGuidance
from domain.lesson_terms import FileKind as FileKind
from domain.lesson_terms import FiveGood as FiveGood
from domain.lesson_terms import LessonState as LessonState
from domain.lesson_terms import Licence as Licence
from domain.lesson_terms import NominationOutcome as NominationOutcome
from domain.lesson_terms import RunKind as RunKind
from domain.lesson_terms import SupervisionLevel as SupervisionLevel
from domain.term import Term as Term


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


class UploadPurpose(Term):
    """What a file is handed in for (上传用途)."""

    POST_PICTURE = "POST_PICTURE", "微博配图"
    LESSON_PICTURE = "LESSON_PICTURE", "课程图片"
    LESSON_ATTACHMENT = "LESSON_ATTACHMENT", "课程附件"


class PictureKind(Term):
    """The form of a picture (图片格式)."""

    JPEG = "JPEG", "JPEG 图片"
    PNG = "PNG", "PNG 图片"
    GIF = "GIF", "GIF 图片"


class PressFormat(Term):
    """In which form a newspaper gets a press kit (文稿格式)."""

    PDF = "PDF", "PDF 文档"
    DOCX = "DOCX", "Word 文档"


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


class OccasionKind(Term):
    """By what an occasion finds its date (日期规则)."""

    FIXED = "FIXED", "公历固定日期"
    LUNAR = "LUNAR", "农历日期"
    SOLAR_TERM = "SOLAR_TERM", "节气"
    NTH_WEEKDAY = "NTH_WEEKDAY", "某月第几个星期几"
    TERM_RELATIVE = "TERM_RELATIVE", "按学期推算"


class SolarTerm(Term):
    """One of the 24 solar terms (二十四节气), in the order of the calendar year."""

    MINOR_COLD = "MINOR_COLD", "小寒"
    MAJOR_COLD = "MAJOR_COLD", "大寒"
    SPRING_BEGINS = "SPRING_BEGINS", "立春"
    RAIN_WATER = "RAIN_WATER", "雨水"
    INSECTS_AWAKEN = "INSECTS_AWAKEN", "惊蛰"
    SPRING_EQUINOX = "SPRING_EQUINOX", "春分"
    CLEAR_AND_BRIGHT = "CLEAR_AND_BRIGHT", "清明"
    GRAIN_RAIN = "GRAIN_RAIN", "谷雨"
    SUMMER_BEGINS = "SUMMER_BEGINS", "立夏"
    GRAIN_BUDS = "GRAIN_BUDS", "小满"
    GRAIN_IN_EAR = "GRAIN_IN_EAR", "芒种"
    SUMMER_SOLSTICE = "SUMMER_SOLSTICE", "夏至"
    MINOR_HEAT = "MINOR_HEAT", "小暑"
    MAJOR_HEAT = "MAJOR_HEAT", "大暑"
    AUTUMN_BEGINS = "AUTUMN_BEGINS", "立秋"
    HEAT_ENDS = "HEAT_ENDS", "处暑"
    WHITE_DEW = "WHITE_DEW", "白露"
    AUTUMN_EQUINOX = "AUTUMN_EQUINOX", "秋分"
    COLD_DEW = "COLD_DEW", "寒露"
    FROST_DESCENDS = "FROST_DESCENDS", "霜降"
    WINTER_BEGINS = "WINTER_BEGINS", "立冬"
    MINOR_SNOW = "MINOR_SNOW", "小雪"
    MAJOR_SNOW = "MAJOR_SNOW", "大雪"
    WINTER_SOLSTICE = "WINTER_SOLSTICE", "冬至"


class TermEdge(Term):
    """Which day of a school term is counted from (学期起止)."""

    START = "START", "开学"
    END = "END", "学期结束"


class DayKind(Term):
    """What sort of day a date is by the arrangement of the State Council (放假调休)."""

    HOLIDAY = "HOLIDAY", "放假"
    SWAPPED_WORKDAY = "SWAPPED_WORKDAY", "调休上班"
    WEEKEND = "WEEKEND", "周末"
    WORKDAY = "WORKDAY", "工作日"
    NOT_ANNOUNCED = "NOT_ANNOUNCED", "安排尚未公布"


class QuotaScope(Term):
    """Whose posts count for a quota (指标统计范围)."""

    OWN = "OWN", "本级账号"
    WITH_BELOW = "WITH_BELOW", "本级及下级账号"


class PersonSettlement(Term):
    """What a person says of a delivery that only a person can settle (人工处理结果)."""

    PUBLISHED = "PUBLISHED", "已在平台发布"
    SEND_AGAIN = "SEND_AGAIN", "重新发布"
    DROP = "DROP", "不再发布"


class GroupSettlement(Term):
    """What a person decides of all deliveries that one cause keeps (同类问题处理)."""

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


class WordingKind(Term):
    """What is found in a text that is to be public (用语问题类别)."""

    LABEL = "LABEL", "标签化用语"
    PHONE = "PHONE", "电话号码"
    IDENTITY_NUMBER = "IDENTITY_NUMBER", "身份证号码"
    EMAIL = "EMAIL", "电子邮箱"
    CHAT_ACCOUNT = "CHAT_ACCOUNT", "微信、QQ 账号"
    DWELLING = "DWELLING", "住址"
    SCHOOL_AND_NAME = "SCHOOL_AND_NAME", "学校与姓名"
    NAME_AND_AGE = "NAME_AND_AGE", "姓名与年龄"


class WordingSeverity(Term):
    """How grave a finding in a text is (用语问题程度)."""

    WARNS = "WARNS", "须确认"
    BLOCKS = "BLOCKS", "不得发布"
