"""The words of the field that engagement has, each member with its Chinese term."""

from domain.term import Term


class Facet(Term):
    """Of which posts a roll-up is (汇总口径)."""

    ALL = "ALL", "全部"
    CAMPAIGN = "CAMPAIGN", "推介批次"
    LESSON = "LESSON", "课程"
    ACCOUNT = "ACCOUNT", "微博账号"


class SeriesStep(Term):
    """How long the periods of a time series are (时间粒度)."""

    DAY = "DAY", "按日"
    WEEK = "WEEK", "按周"
    MONTH = "MONTH", "按月"


class FigureGap(Term):
    """Why a figure has no value (无数值原因)."""

    NOT_REPORTED = "NOT_REPORTED", "平台不提供"
    NOT_BY_ALL = "NOT_BY_ALL", "部分平台不提供"
    NOT_READ = "NOT_READ", "尚未读取"


class GoalMeasure(Term):
    """What a unit's own goal counts (目标指标)."""

    PUBLISHED = "PUBLISHED", "发布"
    REPOSTS = "REPOSTS", "转发"
    COMMENTS = "COMMENTS", "评论"
    LIKES = "LIKES", "点赞"
    READS = "READS", "阅读"
