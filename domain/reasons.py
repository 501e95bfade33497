"""Every reason for which an act may be refused, with its words in both languages; the name is the code."""

from enum import Enum

from domain import lesson_reasons, people_reasons


class Reason(Enum):
    """Every code a caller can meet; its value is the message in Chinese and in English."""

    UNAUTHENTICATED = "请先登录:缺少有效的访问令牌。", "Log in first: a valid access token is missing."
    NOT_PERMITTED = (
        "您没有在该机构执行此操作的权限({permission})。",
        "You may not do this at that unit (permission {permission}).",
    )
    NOT_FOUND = "找不到该{what},或您无权查看。", "There is no such {what}, or you may not see it."
    BAD_ID = "标识符无效,应为{what}的标识符。", "This is no id of the kind asked for: {what}."
    BAD_CURSOR = (
        "分页游标无效,请从第一页重新开始。",
        "The cursor is not valid; start again from the first page.",
    )
    BAD_PAGE = (
        "每页数量须在 1 到 {limit} 之间;first 只能与 after 同用,last 只能与 before 同用。",
        "Ask for 1 to {limit} rows, with either `first` and `after`, or `last` and `before`.",
    )
    TOO_MANY = "一次最多 {limit} 项。", "At most {limit} at a time."
    TOO_MANY_ROWS = (
        "查询最多可能涉及 {limit} 行,请减小各层的 first。",
        "The query could read more than {limit} rows; ask for smaller pages inside it.",
    )
    SEARCH_TOO_SHORT = (
        "请输入 {least} 到 {limit} 个字符进行查找。",
        "Search for {least} to {limit} characters.",
    )
    PERIOD_INVALID = (
        "时段无效:结束日期须晚于开始日期,且不超过 {days} 天。",
        "The period must end after it begins, and last at most {days} days.",
    )
    DATE_TOO_EARLY = (
        "该机构在 {date} 尚未设立或已撤销,请换一个日期。",
        "The unit was not open on {date}; ask for another date.",
    )
    ACT_TOO_EARLY = (
        "生效日期过早:所涉机构在此之后另有变更,最早可自 {date} 起生效。",
        "The date is too early: the units concerned changed since; the earliest possible is {date}.",
    )
    ACT_DECIDED = (
        "该机构变更已生效、已驳回或正待生效,不能再这样办理。",
        "The change is done, dismissed or planned already; it can no longer be decided so.",
    )
    ACT_DECIDER_GONE = (
        "决定此变更的人已离任,或所涉机构已不在其办理范围内,请重新确认。",
        "Whoever decided the change has left, or a unit it names has left their reach; decide it anew.",
    )
    UNIT_AWAITED = (
        "该变更涉及尚未设立的机构(代码 {unit_code}),请先确认其设立。",
        "The change needs the unit of code {unit_code}, which is not open yet; accept its opening first.",
    )
    UNIT_CLOSED = "该机构已撤销,请另选机构,或先恢复该机构。", "The unit is closed; choose another, or reopen it first."
    UNIT_OPEN = "该机构未被撤销,无需恢复。", "The unit is open already."
    UNIT_UNCHANGED = (
        "所填内容与现状相同,没有需要变更之处。",
        "What is given is as it stands already; there is nothing to change.",
    )
    UNIT_CODE_TAKEN = (
        "区划代码 {unit_code} 正由另一机构使用,请更换代码或先变更该机构。",
        "The code {unit_code} belongs to another open unit; take another, or change that unit first.",
    )
    UNIT_HAS_CHILDREN = (
        "该机构还有 {count} 个下级或属地机构,请先划转或合并。",
        "The unit has {count} open units below it or in its territory; move or merge them first.",
    )
    UNIT_LEVELS_DIFFER = "只能合并同一层级的机构。", "Only units of one level are merged."
    LEVEL_NOT_BELOW = (
        "层级不符:{level}机构不能归{above}机构管理,上级须高于下级。",
        "A unit of level {level} cannot stand below one of level {above}; the upper level must be higher.",
    )
    TERRITORY_ELSEWHERE = (
        "所选属地机构本身位于他处属地,请选择按区划设立的机构。",
        "The unit named as territory lies in another's territory itself; name a territorial unit.",
    )
    NATION_STAYS = "全国机构不能划转、合并、拆分或撤销。", "The nation is never moved, merged, split or closed."
    MERGE_UNITS = (
        "请选择 1 到 {limit} 个并入机构,不能重复,也不能包含接收机构。",
        "Name 1 to {limit} units to merge, each once, and not the one they go into.",
    )
    SPLIT_PARTS = "拆分后至少应有 {least} 个机构。", "A unit is split into at least {least}."
    SPLIT_CHILDREN = (
        "每个下级机构须且只须归入拆分后的一个机构。",
        "Each unit below the split one goes to exactly one of the parts.",
    )
    WORDS_TOO_LONG = "最多 {limit} 个字符。", "At most {limit} characters."
    TEXT_EMPTY = "内容不能为空。", "The text is empty."
    TEXT_TOO_LONG = (
        "内容过长:按{host}的计数为 {length} 字,最多 {limit} 字。",
        "The text is too long: {length} by the counting rule of {host}, at most {limit}.",
    )
    TEXT_HAS_TOPIC = (
        "{host}接口不接受 #话题#,请删去话题标记。",
        "{host} refuses #topics# through its interface; take the marks out.",
    )
    FILE_KIND = "不接受此类文件,可用:{kinds}。", "Files of this kind are not taken; take one of {kinds}."
    FILE_SIZE = "文件须为 1 到 {limit} 字节。", "A file has 1 to {limit} bytes."
    UPLOADS_SPENT = (
        "每人 24 小时内最多上传 {files} 个文件,共 {megabytes} MB,请稍后再传。",
        "Nobody hands in more than {files} files, or {megabytes} MB, in 24 hours; try again later.",
    )
    PICTURE_KIND = "{host}不接受这种图片,可用:{kinds}。", "{host} does not take such pictures; take {kinds}."
    PICTURE_SIZE = "图片过大:{host}只接受小于 {limit} 字节的图片。", "{host} takes pictures of less than {limit} bytes."
    TIME_WITHOUT_ZONE = (
        "时间必须带时区,例如 2026-06-01T09:00:00+08:00。",
        "The time needs its zone, as in 2026-06-01T09:00:00+08:00.",
    )
    TIME_PASSED = "发布时间已过。", "The time of publishing has passed."
    TIME_TOO_FAR = "发布时间最多可提前 {days} 天安排。", "Posts are scheduled at most {days} days ahead."
    CHOOSE_TIME = "请填写 publishAt 或 publishOn,二者择一。", "Give either publishAt or publishOn."
    WALL_TIME_UNREADABLE = (
        "当地时间须写作 2026-06-01T09:00,不带时区。",
        "Write the wall time as 2026-06-01T09:00, without a zone.",
    )
    ZONE_UNKNOWN = (
        "不认识时区“{zone}”,请用 IANA 名称,例如 Asia/Shanghai。",
        "Unknown time zone {zone!r}; use an IANA name such as Asia/Shanghai.",
    )
    SPREAD_INVALID = "发布时段须在 0 到 {limit} 秒之间。", "Spread the posts over 0 to {limit} seconds."
    SERIES_SIZE = "一个系列须有 1 到 {limit} 条微博。", "A series has 1 to {limit} posts."
    SERIES_TOO_LARGE = (
        "一次最多生成 {limit} 个发布任务,请减少条数或账号。",
        "One series makes at most {limit} deliveries; take fewer posts or accounts.",
    )
    SERIES_REPEATS = "同一系列中文字重复,请改写。", "The same text stands twice in the series; write it differently."
    LESSON_NOT_SHOWCASE = lesson_reasons.LESSON_NOT_SHOWCASE
    PRESS_SUBJECT = lesson_reasons.PRESS_SUBJECT
    CONTACT_NAMES_PERSON = lesson_reasons.CONTACT_NAMES_PERSON
    PICTURE_NOT_APPROVED = lesson_reasons.PICTURE_NOT_APPROVED
    CAMPAIGN_WITHOUT_SHOWCASE = lesson_reasons.CAMPAIGN_WITHOUT_SHOWCASE
    PRESS_PICTURE_MISSING = lesson_reasons.PRESS_PICTURE_MISSING
    PRESS_WORDING = lesson_reasons.PRESS_WORDING
    LESSON_ALREADY_SHOWCASE = lesson_reasons.LESSON_ALREADY_SHOWCASE
    LESSON_STAYS = lesson_reasons.LESSON_STAYS
    LESSON_USED = lesson_reasons.LESSON_USED
    REVISION_SHOWN = lesson_reasons.REVISION_SHOWN
    REVISION_ERASED = lesson_reasons.REVISION_ERASED
    THEMES_CHANGED = lesson_reasons.THEMES_CHANGED
    SHOWCASE_UNREVIEWED = lesson_reasons.SHOWCASE_UNREVIEWED
    SHOWCASE_CHANGED = lesson_reasons.SHOWCASE_CHANGED
    SHOWCASER_IS_AUTHOR = lesson_reasons.SHOWCASER_IS_AUTHOR
    AGES_UNFIT = lesson_reasons.AGES_UNFIT
    STEPS_TOO_LONG = lesson_reasons.STEPS_TOO_LONG
    LICENCE_FORBIDS = lesson_reasons.LICENCE_FORBIDS
    DAY_UNFIT = lesson_reasons.DAY_UNFIT
    PRACTICE_WITHDRAWN = lesson_reasons.PRACTICE_WITHDRAWN
    PRACTICE_TWICE = lesson_reasons.PRACTICE_TWICE
    CALL_NOT_ABOVE = lesson_reasons.CALL_NOT_ABOVE
    CALL_NOT_OPEN = lesson_reasons.CALL_NOT_OPEN
    CALL_STILL_OPEN = lesson_reasons.CALL_STILL_OPEN
    CALL_QUOTA_SPENT = lesson_reasons.CALL_QUOTA_SPENT
    LESSON_NOT_BELOW = lesson_reasons.LESSON_NOT_BELOW
    NOMINATION_ENDED = lesson_reasons.NOMINATION_ENDED
    REVIEWER_CONCERNED = lesson_reasons.REVIEWER_CONCERNED
    REVIEWER_SEES_LESSON = lesson_reasons.REVIEWER_SEES_LESSON
    REVIEW_SCORED = lesson_reasons.REVIEW_SCORED
    SCORING_OVER = lesson_reasons.SCORING_OVER
    SCORE_BY_UNFIT = lesson_reasons.SCORE_BY_UNFIT
    NOMINATION_UNSCORED = lesson_reasons.NOMINATION_UNSCORED
    DECIDER_IS_REVIEWER = lesson_reasons.DECIDER_IS_REVIEWER
    REVIEWS_CLOSED = lesson_reasons.REVIEWS_CLOSED
    REVIEWS_OPEN = lesson_reasons.REVIEWS_OPEN
    GOODS_UNFIT = lesson_reasons.GOODS_UNFIT
    NO_ACCOUNTS = (
        "所选层级和范围内没有可用的微博账号。",
        "No active account lies at these levels within that unit.",
    )
    TOKEN_EXPIRED = "访问令牌已过期,请刷新登录。", "The access token has expired; refresh the login."
    CSRF_FAILED = (
        "请求缺少有效的 X-CSRF-Token,或来自其他网站,已被拒绝。",
        "The request lacks a valid X-CSRF-Token, or comes from another site.",
    )
    LOGIN_REFUSED = "用户名或密码不正确。", "The login name or the password is wrong."
    LOGIN_LOCKED = "尝试次数过多,请在 {seconds} 秒后再试。", "Too many wrong guesses; try again in {seconds} seconds."
    LOGINS_BUSY = "登录人数过多,请稍后再试。", "Too many people are logging in; try again in a moment."
    REFRESH_REFUSED = "登录已失效,请重新登录。", "The login is over; log in again."
    REFRESH_RACED = (
        "另一个窗口刚刚刷新了登录,请使用它取得的新令牌。",
        "Another window has just refreshed this login; use the token that it got.",
    )
    LINK_UNUSABLE = (
        "该链接已使用、已过期或已被新链接取代,请向管理员索取新链接。",
        "The link was used, has expired, or was replaced by a newer one; ask your administrator for another.",
    )
    PASSWORD_WRONG = "原密码不正确。", "The old password is wrong."
    PASSWORD_TOO_SHORT = "密码至少 {limit} 个字符。", "A password has at least {limit} characters."
    PASSWORD_TOO_LONG = "密码最多 {limit} 个字符。", "A password has at most {limit} characters."
    PASSWORD_WEAK = (
        "密码过于常见或与用户名相同,请换一个。",
        "The password is among the first to be guessed, or is the login name; take another.",
    )
    POST_APPROVED = "该微博已审核通过。", "The post is approved already."
    TOO_MANY_POSTS = "一次须选 1 到 {limit} 条微博。", "Choose 1 to {limit} posts at a time."
    POSTS_OF_SEVERAL_UNITS = "一次只能审核同一机构的微博。", "Approve the posts of one unit at a time."
    POST_NAMED_TWICE = "同一条微博选了两次。", "The same post is named twice."
    POST_NOT_APPROVED = "该微博尚未审核通过,无可撤回。", "There is no approval to withdraw."
    APPROVER_IS_AUTHOR = (
        "撰写或修改该微博的人不能审核,请由本级另一位管理员或上级管理员审核。",
        "Whoever wrote or edited it does not approve it; ask another administrator of the unit, or of the level above.",
    )
    WORDING_BLOCKS = (
        "文稿中有不得发布的内容:{findings}。请修改后再提交。",
        "The text holds what must not be published: {findings}. Change it first.",
    )
    WORDING_NOT_SEEN = (
        "文稿中有须确认的用语:{findings}。请查看后以 wordingSeen 确认,或修改文稿。",
        "The text holds what is to be looked at: {findings}. Say by wordingSeen that you saw it, or change the text.",
    )
    LABEL_WORD_THERE = "该用语已在名单中。", "The word is on the list already."
    LABEL_WORD_RETIRED = "该用语已停用;如需恢复请重新添加。", "The word is retired; add it anew."
    LABEL_WORD_UNUSABLE = "用语须为 {least} 到 {limit} 个字符。", "A word has {least} to {limit} characters."
    POST_CANCELLED = "该微博已取消。", "The post is cancelled."
    POST_HELD = "该微博已暂缓。", "The post is held already."
    POST_NOT_HELD = "该微博并未暂缓。", "The post is not held."
    NOTHING_LEFT_TO_EDIT = (
        "该微博的所有发布任务均已开始或结束,不能再修改。",
        "Every delivery of the post has begun or ended; nothing can be changed any more.",
    )
    POST_PARTLY_SENT = (
        "已有 {count} 个账号开始发布,不能再改内容;可暂缓或取消其余任务,或另建一条微博。",
        "{count} accounts have begun to post it, so it stays as it is; hold or cancel the rest, or schedule another.",
    )
    LATENESS_INVALID = "逾期时限须在 1 分钟到 30 天之间。", "Late is after 1 minute to 30 days."
    NOT_FOR_A_PERSON = "该发布任务并不等待人工处理。", "The delivery does not wait for a person."
    LINK_UNFIT = "请填写以 http 或 https 开头的微博链接。", "Give the link of the post, beginning with http or https."
    LINK_NEEDED = "请填写已发布微博的链接。", "Give the link under which the post stands."
    CHOOSE_PLACE = (
        "请指定一条微博、一个推介批次或一个机构,三者择一。",
        "Name one of these: a post, a campaign, or a unit.",
    )
    GOAL_WITHDRAWN = "该目标已撤回。", "The goal is withdrawn."
    CHOOSE_FACET = (
        "推介批次、课程、账号最多指定一项。",
        "Name at most one of these: a campaign, a lesson, or an account.",
    )
    SILENCE_THERE = "该机构已在静默期。", "The unit is silenced already."
    SILENCE_LIFTED = "该静默令已解除。", "The order is lifted already."
    ONLY_BY_RELEASE = (
        "所选范围内的机构均只接受下发,上级不能直接发布(共 {count} 个账号)。",
        "Every unit chosen takes posts of the levels above by release only ({count} accounts).",
    )
    EDITED_MEANWHILE = (
        "有人已先行修改:现为第 {version} 版,您看到的是第 {seen} 版。差异:{differences}。请重新查看后再改。",
        "Somebody edited it meanwhile: it is at version {version}, you saw {seen}. Differences: {differences}. "
        "Look again, then edit.",
    )
    GUIDANCE_NOT_ABOVE = (
        "分类指导只能用于其所属机构的下级账号。",
        "A guidance is for accounts below the unit that wrote it.",
    )
    CHOOSE_ACCOUNTS = "请指定账号或层级,二者择一。", "Name either accounts or levels."
    NOT_ENTITLED_TO_RUN = people_reasons.NOT_ENTITLED_TO_RUN
    RUNS_IT_ALREADY = people_reasons.RUNS_IT_ALREADY
    DELEGATION_OVER = people_reasons.DELEGATION_OVER
    UNTIL_PASSED = people_reasons.UNTIL_PASSED
    ACCOUNT_SUSPENDED = people_reasons.ACCOUNT_SUSPENDED
    CHOOSE_UNIT_OR_ACCOUNT = people_reasons.CHOOSE_UNIT_OR_ACCOUNT
    ACCOUNT_NOT_SUSPENDED = people_reasons.ACCOUNT_NOT_SUSPENDED
    SAME_PERSON = people_reasons.SAME_PERSON
    SETTING_OF_THE_UNIT = people_reasons.SETTING_OF_THE_UNIT
    GRANT_FROM_ABOVE = people_reasons.GRANT_FROM_ABOVE
    GRANT_TO_SELF = people_reasons.GRANT_TO_SELF
    GRANT_THERE = people_reasons.GRANT_THERE
    GRANT_ENDED = people_reasons.GRANT_ENDED
    GRANT_PERIOD = people_reasons.GRANT_PERIOD
    USER_HOLDS_MORE = people_reasons.USER_HOLDS_MORE
    USER_IS_SELF = people_reasons.USER_IS_SELF
    USER_DISABLED = people_reasons.USER_DISABLED
    DECIDED_ABOVE = people_reasons.DECIDED_ABOVE
    USER_ENABLED = people_reasons.USER_ENABLED
    LOGIN_TAKEN = people_reasons.LOGIN_TAKEN
    LOGIN_UNUSABLE = people_reasons.LOGIN_UNUSABLE
    LOGIN_TWICE = people_reasons.LOGIN_TWICE
    NAME_UNUSABLE = people_reasons.NAME_UNUSABLE
    WORD_UNKNOWN = "不认识“{given}”,可填:{words}。", "Unknown word {given!r}; known are {words}."
    DAY_UNREADABLE = "日期须写作 2027-06-30。", "Write the date as 2027-06-30."
    DAY_PASSED = "截止日期已过。", "The last day has passed."
    FILE_HEADER = (
        "第一行须为列名:登录名,姓名,机构代码,角色,范围,截止日期(后两列可省);请检查:{columns}。",
        "The first line names the columns login, name, unit, role, reach, until (the last two may be left out); "
        "check {columns}.",
    )
    FILE_UNREADABLE = (
        "无法读取文件第 {row} 行,请检查引号,并另存为 UTF-8 编码的 CSV 文件。",
        "Row {row} cannot be read; check its quotation marks, and save the file as CSV in UTF-8.",
    )
    CELLS_TOO_MANY = "该行的列数多于表头。", "The row has more cells than the header."
    RULE_UNFIT = "此类日期规则只填写:{columns}。", "A rule of that kind takes {columns}, and nothing else."
    NUMBER_UNFIT = "须在 {least} 到 {limit} 之间。", "Give a number from {least} to {limit}."
    OCCASION_THERE = "该机构已有同名的重要日子。", "The unit has an occasion of that name already."
    OCCASION_RETIRED = "该重要日子已停用。", "The occasion is retired."
    OCCASION_DATE_UNFIT = "该重要日子不在 {date}。", "The occasion does not fall on {date}."
    CHOOSE_OCCASION_DATE = "重要日子与日期须同时填写。", "Give the occasion and its date, or neither."
    HOLIDAYS_THERE = "该年的放假安排已有记录。", "The arrangement of that year is known already."
    DAYS_UNFIT = "至少填一个放假日,同一天只填一次。", "Give at least one day off, and each day once."
    SCHOOL_TERMS_OVERLAP = "与该机构的另一学期重叠。", "It overlaps another term of the unit."
    LESSON_POSTED = "该批次已有推介此课程的微博,不能移除。", "Posts of the campaign promote the lesson; it stays."
    CAMPAIGN_ASKS_NOTHING = (
        "该批次未向本级机构下达推介指标,不能加入。",
        "The campaign asks no posts of units of this level, so theirs cannot join it.",
    )
    QUOTA_TWICE = "同一层级和统计范围只能设一个指标。", "A level and scope have one quota."
    QUOTA_ABOVE = "指标只能下达给本级及下级机构。", "A quota is for units of the campaign's level or below."
    EXPORT_FILTER_UNFIT = "此类导出没有这一筛选条件。", "An export of that kind is not narrowed by this."
    EXPORTS_UNDER_WAY = (
        "您已有 {limit} 项导出正在进行,请等其中一项结束或取消。",
        "{limit} exports of yours are under way; wait for one of them, or cancel it.",
    )
    FILES_SPENT = (
        "每人 24 小时内最多申请 {limit} 份,请稍后再试。",
        "Nobody asks for more than {limit} of these in 24 hours; try again later.",
    )
    EXPORT_ENDED = "该导出已结束。", "The export has ended already."
    EXPORT_REACH_LOST = (
        "生成时您已无权查看该机构的这些数据,因此没有导出。",
        "When it was made you could no longer see these rows of that unit, so nothing was exported.",
    )
    EXPORT_TOO_LARGE = (
        "数据过多,请按时间、层级或下级机构缩小范围后重新导出。",
        "There are too many rows; narrow it by time, level or a unit below, and ask again.",
    )
    FILE_GAVE_UP = (
        "多次制作均未完成,请稍后重新申请,并告知系统管理员。",
        "It was begun several times and came to no end; ask again later, and tell whoever runs the system.",
    )
    KEY_UNUSABLE = (
        "clientMutationKey 须为 1 到 {limit} 个字符。",
        "A clientMutationKey has 1 to {limit} characters.",
    )
    KEY_REUSED = (
        "该 clientMutationKey 已用于另一份输入,请换一个新的。",
        "This clientMutationKey was used with another input; take a new one.",
    )

    @property
    def zh(self) -> str:
        return self.value[0]

    @property
    def en(self) -> str:
        return self.value[1]
