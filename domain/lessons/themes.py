"""The lists of themes that are published of the programme, each with the year from which it was used."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ThemeList:
    """A list of themes, in its published order (主题分类)."""

    name: str
    since: int
    themes: tuple[str, ...]


SHIPPED = (
    ThemeList("三原色课堂", 2012, ("红色课堂(认知教育)", "黄色课堂(情感教育)", "蓝色课堂(意志培养)")),
    ThemeList("七彩假期", 2019, ("学业辅导", "亲情陪伴", "素质拓展", "自护教育", "思想引领", "心理辅导")),
    ThemeList("七彩假期", 2023, ("思想引领", "文明生活", "身心成长", "科技创新", "快乐学习", "艺术素养", "文化传承")),
)
