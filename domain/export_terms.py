"""The words of the field that exports and press kits have, each member with its Chinese term."""

from domain.term import Term


class ExportKind(Term):
    """Which rows an export holds (导出内容)."""

    DELIVERIES = "DELIVERIES", "已发布微博"
    ACCOUNTS = "ACCOUNTS", "微博账号台账"
    UNITS = "UNITS", "机构台账"
    COMMENTS = "COMMENTS", "微博评论"


class ExportFormat(Term):
    """The form of an exported file (导出格式)."""

    CSV = "CSV", "CSV 表格"
    XLSX = "XLSX", "Excel 工作簿"
    JSON_LINES = "JSON_LINES", "JSON 逐行文本"

    @property
    def ending(self) -> str:
        """What the name of such a file ends with."""
        return {"CSV": "csv", "XLSX": "xlsx", "JSON_LINES": "jsonl"}[self.value]


class HandoutState(Term):
    """Where files stand that somebody asked for (制作状态)."""

    QUEUED = "QUEUED", "排队中"
    MAKING = "MAKING", "制作中"
    READY = "READY", "已完成"
    FAILED = "FAILED", "未能完成"
    CANCELLED = "CANCELLED", "已取消"


class Language(Term):
    """The language of what is written for people (语言)."""

    ZH_CN = "ZH_CN", "简体中文"
    EN = "EN", "英文"


class ReportFormat(Term):
    """In which form a report is fetched (报告格式)."""

    PAGE = "PAGE", "网页"
    PDF = "PDF", "PDF 文档"
