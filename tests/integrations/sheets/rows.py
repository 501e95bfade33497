"""A column of each type, and a row of values for them."""

from datetime import UTC, date, datetime

from domain.exports.kinds import Column, ColumnType
from domain.terms import Level

TEXT = Column("name", "名称", "Name", ColumnType.TEXT, "name")
COUNT = Column("reads", "阅读数", "Reads", ColumnType.COUNT, "reads")
AT = Column("at", "发布时间", "Published", ColumnType.INSTANT, "at")
DAY = Column("day", "日期", "Day", ColumnType.DAY, "day")
WORD = Column("level", "层级", "Level", ColumnType.TERM, "level")
YES = Column("isBrand", "品牌", "Brand", ColumnType.YES_NO, "is_brand")
EACH = [TEXT, COUNT, AT, DAY, WORD, YES]
# Of the day after in China.
NIGHT = datetime(2026, 6, 1, 20, 30, 15, 999, tzinfo=UTC)
ROW = ["示范,课程", 3, NIGHT, date(2026, 6, 1), Level.COUNTY, True]
EMPTY = [None] * len(EACH)
