"""In which language a page speaks, and its words in both."""

from collections.abc import Mapping
from enum import Enum

from starlette.requests import Request

from domain.terms import ContentGuidance, Licence, ServiceKind, SupervisionLevel, Term


class Language(Enum):
    """A language of the pages; the value is its tag, as HTML has it."""

    ZH = "zh-CN"
    EN = "en"

    @property
    def short(self) -> str:
        """As an address says it."""
        return self.name.lower()

    @property
    def other(self) -> "Language":
        return Language.EN if self is Language.ZH else Language.ZH


WORDS: Mapping[str, tuple[str, str]] = {
    "site": ("七彩课堂", "Seven-Colour Classroom"),
    "site_about": ("关爱行动示范课程公开页", "Showcase lessons of the care programme"),
    "skip": ("跳到正文", "Skip to the text"),
    "nav": ("主要栏目", "Sections"),
    "other": ("English", "中文"),
    "lessons": ("示范课程", "Showcase lessons"),
    "lessons_about": (
        "从各地七彩课堂中选出、打磨并推介的课程,供志愿者和学校取用。",
        "Lessons chosen from all places, polished and recommended, for volunteers and schools to use.",
    ),
    "no_lessons": ("暂无示范课程。", "There are no showcase lessons yet."),
    "campaigns": ("推介批次", "Campaigns"),
    "campaigns_about": (
        "示范课程按批次在重要日期推介。",
        "Showcase lessons are recommended in batches on important dates.",
    ),
    "no_campaigns": ("暂无已开始的推介批次。", "No campaign has begun yet."),
    "more": ("更早的课程", "Earlier lessons"),
    "feed": ("订阅更新(Atom)", "Subscribe (Atom)"),
    "service": ("服务类别", "Service"),
    "theme": ("主题", "Theme"),
    "unit": ("来源单位", "From"),
    "shown_since": ("推介日期", "Recommended"),
    "ages": ("适用年龄", "Ages"),
    "years": (" 岁", " years"),
    "minutes": ("时长", "Time"),
    "minutes_unit": (" 分钟", " minutes"),
    "supervision": ("看护要求", "Adults needed"),
    "guidance": ("内容提示", "Know beforehand"),
    "licence": ("使用许可", "Licence"),
    "about": ("课程简介", "About"),
    "goals": ("教学目标", "Goals"),
    "key_points": ("教学重点", "Key points"),
    "steps": ("教学环节", "Steps"),
    "materials": ("材料", "Materials"),
    "safety": ("安全提示", "Safety"),
    "pictures": ("图片", "Pictures"),
    "sources": ("资料来源", "Sources"),
    "adapted": ("改编自", "Adapted from"),
    "occasion": ("推介时机", "Occasion"),
    "window": ("推介时段", "Window"),
    "until": ("至", " to "),
    "promoted": ("本批次的示范课程", "Lessons of this campaign"),
}

# The Chinese term is the word's own; of English ones nobody else has need.
_ENGLISH: Mapping[Term, str] = {
    ServiceKind.STUDY_HELP: "Study help",
    ServiceKind.COMPANIONSHIP: "Companionship",
    ServiceKind.CITY_DISCOVERY: "City discovery",
    ServiceKind.SELF_PROTECTION: "Self-protection",
    ServiceKind.DONATION: "Donation",
    SupervisionLevel.PRESENT: "An adult is present",
    SupervisionLevel.CLOSE: "An adult guides close by",
    SupervisionLevel.QUALIFIED: "A qualified person is present",
    ContentGuidance.SEPARATION: "Speaks of parting and longing",
    ContentGuidance.INJURY: "Speaks of injury and death",
    ContentGuidance.ABUSE: "Speaks of abuse and bullying",
    ContentGuidance.EXERTION: "Physical exercise",
    ContentGuidance.TOOLS: "Uses tools",
    ContentGuidance.FOOD: "Food: mind allergies",
    ContentGuidance.OUTDOORS: "Outdoors, or an outing",
    ContentGuidance.WATER: "Near or in water",
    Licence.CC_BY: "Creative Commons Attribution 4.0",
    Licence.CC_BY_NC: "Creative Commons Attribution-NonCommercial 4.0",
    Licence.CC_BY_ND: "Creative Commons Attribution-NoDerivatives 4.0",
    Licence.PROGRAMME: "For use in this programme only; not to be adapted",
}


def said(word: str, language: Language) -> str:
    """A word of the pages."""
    return WORDS[word][language is Language.EN]


def named(term: Term, language: Language) -> str:
    """A word of the field."""
    return _ENGLISH[term] if language is Language.EN else term.zh


def language_of(request: Request) -> Language:
    """What the address says, else the first language that the browser would rather read; Chinese where neither says."""
    asked = request.query_params.get("lang", "").lower().partition("-")[0]
    for language in Language:
        if asked == language.short:
            return language
    weighed = [_weighed(part) for part in request.headers.get("accept-language", "").split(",")[:20]]
    best = max((each for each in weighed if each[1] is not None), key=lambda each: each[0], default=(0.0, None))
    return best[1] if best[0] > 0 and best[1] is not None else Language.ZH


def _weighed(part: str) -> tuple[float, Language | None]:
    """One entry of Accept-Language: how much it is wanted, and the language if it is one of ours."""
    tag, _, rest = part.strip().lower().partition(";")
    short = tag.partition("-")[0].strip()
    language = next((each for each in Language if each.short == short), None)
    try:
        weight = float(rest.strip().removeprefix("q=")) if rest.strip() else 1.0
    except ValueError:
        weight = 0.0
    return weight, language
