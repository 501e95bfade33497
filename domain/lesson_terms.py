"""The words of the field that lessons have, each member with its Chinese term."""

from domain.term import Term


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


class FileKind(Term):
    """The form of what is attached to a lesson (附件格式)."""

    JPEG = "JPEG", "JPEG 图片"
    PNG = "PNG", "PNG 图片"
    GIF = "GIF", "GIF 图片"
    PDF = "PDF", "PDF 文档"
    DOCX = "DOCX", "Word 文档"
    PPTX = "PPTX", "PowerPoint 演示文稿"
    XLSX = "XLSX", "Excel 表格"
    TXT = "TXT", "纯文本"


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
