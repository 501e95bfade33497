"""How Chinese names begin, which common words begin just so, and names of other peoples of China."""

from domain.wording.folding import DATA

# The common surnames; those that are mostly other words (such as 和, 来, 时, 向, 全) are left out.
SURNAMES = frozenset(
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
    "余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
    "庞樊兰殷施陶洪翟安颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂焦柳邢路岳齐梅莫庄辛管祝左涂谷祁舒耿牟卜詹关苗凌"
    "费纪靳盛童欧甄项曲游裴席卫查屈鲍覃霍翁隋甘景薄单司柏宁柯阮桂闵解强柴车冉房边吉饶刁瞿戚丘古米池滕晋苑"
    "臧畅宫"
)
# Surnames that are hardly ever another word.
FIRM = frozenset(
    "王李张刘陈杨赵吴徐孙胡朱郭罗梁宋郑谢韩唐冯董萧曹袁邓许傅沈彭吕苏卢蒋蔡贾丁魏薛阎潘杜戴夏汪姜谭廖邹陆郝孔"
    "崔邱秦侯邵孟贺龚庞樊殷翟倪俞葛韦毕聂焦邢岳莫辛祝祁耿牟卜詹欧甄裴霍翁隋甘柯阮桂闵冉瞿臧尹赖"
)
COMPOUND = frozenset(
    [
        "欧阳",
        "司马",
        "上官",
        "诸葛",
        "皇甫",
        "尉迟",
        "公孙",
        "慕容",
        "令狐",
        "司徒",
        "夏侯",
        "宇文",
        "长孙",
        "端木",
        "轩辕",
        "南宫",
        "独孤",
    ]
)
# Signs that no given name has.
NOT_GIVEN = frozenset(
    "的了和与及或是在们个名位些这那把被让给对从为着过得地也就还又很几每各级班组校里没不等由州市县区省镇乡"
    "村学同时年日岁说您你我他她它某向带陪请问教看叫找送帮领"
)
# A surname with one of these is how a grown-up is called, and no name of anybody.
TITLES = frozenset((DATA / "titles.txt").read_text("utf-8").split())
# Words that begin as a name does.
NOT_NAMES = frozenset((DATA / "not_names.txt").read_text("utf-8").split())
# Given names of Tibetan, Uygur, Mongolian and Yi children as they are written in Chinese signs, one or two of them.
OTHER_NAMES = frozenset((DATA / "other_names.txt").read_text("utf-8").split())
# Signs that such names are written with where a dot parts the child's from the father's.
SPELLING = (
    "阿艾买提力木江克尔孜古丽依拜迪热合曼吐逊努肉库卡哈萨斯坦苏帕夏娜扎巴别特达格乌叶赛伊玛米沙仁赫玉素甫托塔什图拉尼莎"
    "不都卜杜汗麦买亚日娅努热西里穆罕默德优素福居马胡塞音居来孜买旦肯叶尔兰居努斯白合提古力米拉布佐然木尔扎提"
)
