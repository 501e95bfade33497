"""How Chinese names begin, and which common words begin just so."""

from importlib.resources import files

# The common surnames; those that are mostly other words (such as 和, 来, 时, 向, 全) are left out.
SURNAMES = frozenset(
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
    "余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
    "庞樊兰殷施陶洪翟安颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂焦柳邢路岳齐梅莫庄辛管祝左涂谷祁舒耿牟卜詹关苗凌"
    "费纪靳盛童欧甄项曲游裴席卫查屈鲍覃霍翁隋甘景薄单司柏宁柯阮桂闵解强柴车冉房边吉饶刁瞿戚丘古米池滕晋苑"
    "臧畅宫"
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
    "村学同时年日岁说您你我他她它"
)
# Words that begin as a name does.
NOT_NAMES = frozenset((files("domain.wording") / "data" / "not_names.txt").read_text("utf-8").split())
