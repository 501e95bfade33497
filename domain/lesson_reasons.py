"""The words of what is refused about lessons, their calls, and press kits: each in Chinese and in English."""

LESSON_NOT_SHOWCASE = (
    "该课程尚未评为示范课程,不能推介。",
    "The lesson is not a showcase lesson yet, so it cannot be promoted.",
)
PRESS_SUBJECT = (
    "请选择一门示范课程或一个推介批次,二者选一。",
    "Name a showcase lesson or a campaign, one of the two.",
)
CONTACT_NAMES_PERSON = (
    "联系方式应为单位的,请勿写个人姓名或称呼。",
    "The contact is that of the unit: leave out who answers there.",
)
PICTURE_NOT_APPROVED = (
    "只能选用本机构已审核的同一课程或批次微博的配图。",
    "Choose pictures of approved posts of this unit about the same lesson or campaign.",
)
CAMPAIGN_WITHOUT_SHOWCASE = (
    "该推介批次没有示范课程可供报道。",
    "The campaign has no showcase lesson to tell of.",
)
PRESS_PICTURE_MISSING = (
    "所选图片已不在存储中,请重新申请并另选图片。",
    "A chosen picture is no longer in the store; ask anew with another.",
)
PRESS_WORDING = (
    "素材包的文字中有不得发布的内容,请修改课程、推介标题或重要日子名称后重新申请。",
    "The kit would say what must not be published; change the lesson, the campaign or the occasion, and ask anew.",
)
LESSON_ALREADY_SHOWCASE = "该课程已是示范课程。", "The lesson is a showcase lesson already."
LESSON_STAYS = "课程现为“{state}”,不能这样办理。", "The lesson is {state}; this cannot be done to it now."
LESSON_USED = (
    "该课程曾被推荐、评定、改编或记录实践,不能删除。",
    "The lesson was nominated, showcased, adapted or taught before; it cannot be discarded.",
)
REVISION_SHOWN = "该修订稿正在使用,请先另写一稿。", "The revision is the one in use; write another one first."
REVISION_ERASED = "第 {number} 稿内容已清除。", "What revision {number} said was erased."
THEMES_CHANGED = (
    "该分类方案已被他人修改,现为:{names}。",
    "The list was changed meanwhile; it now has {names}.",
)
SHOWCASE_UNREVIEWED = (
    "该课程未经征集评审选出,请说明直接定为示范课程的理由。",
    "No call chose the lesson as it is now; say why it is to be a showcase lesson nevertheless.",
)
SHOWCASE_CHANGED = (
    "打磨后与评审选出的修订稿有出入({fields}),请说明理由。",
    "Polishing changed what the call chose ({fields}); say why it is to be a showcase lesson so.",
)
SHOWCASER_IS_AUTHOR = (
    "撰写、推荐或评审过该课程的人不能评定,请由本级另一位管理员或上级管理员办理。",
    "Whoever wrote, nominated or reviewed it does not decide; ask another administrator, or one above.",
)
AGES_UNFIT = "年龄须由小到大。", "The lower age comes first."
STEPS_TOO_LONG = "各环节合计 {total} 分钟,超过课程时长。", "The steps take {total} minutes, more than the lesson."
LICENCE_FORBIDS = "该课程的使用许可不允许改编。", "The licence of the lesson does not let it be adapted."
DAY_UNFIT = "日期须在 {least} 至 {limit} 之间。", "The day is to be between {least} and {limit}."
PRACTICE_WITHDRAWN = "该记录已撤回。", "The record was taken back."
PRACTICE_TWICE = (
    "本机构当日已有 {others} 条该课程的记录,请核对是否重复。",
    "The unit has {others} other records of the lesson on that day; see that no class is counted twice.",
)
CALL_NOT_ABOVE = "只能向上级机构的征集推荐。", "A unit nominates into calls of the units above it."
CALL_NOT_OPEN = "该征集尚未开始或已截止。", "The call is not open: it has not begun, or is over."
CALL_STILL_OPEN = "该征集尚未截止。", "The call is not over yet."
CALL_QUOTA_SPENT = "本机构的推荐名额({quota})已用完。", "The unit has spent its quota of {quota} in this call."
LESSON_NOT_BELOW = "只能推荐本机构及下级机构的课程。", "A unit nominates its own lessons and those below it."
NOMINATION_ENDED = "该推荐已有结果:{outcome}。", "The nomination has ended: {outcome}."
REVIEWER_CONCERNED = (
    "评审人与该课程有利害关系:撰写、推荐过它,或任职于推荐机构及其上下级。",
    "The reviewer is concerned: wrote or nominated it, or belongs or acts on the line of the nominating unit.",
)
REVIEWER_SEES_LESSON = (
    "评审人有权查看该课程,知道它出自哪里,不能盲评。",
    "The reviewer may view the lesson and so knows whose it is; ask somebody who may not.",
)
REVIEW_SCORED = "该评审人已评分,不能再撤换。", "The reviewer has scored already, and stays."
SCORING_OVER = "评分已截止。", "The time to score is over."
SCORE_BY_UNFIT = "评分截止须晚于征集截止和现在。", "Scoring ends after the call does, and later than now."
NOMINATION_UNSCORED = "该推荐无人评分,只能落选。", "Nobody has scored the lesson; it can only be declined."
DECIDER_IS_REVIEWER = "评审过该课程的人不能作决定。", "Whoever scored the lesson does not decide about it."
REVIEWS_CLOSED = "评审已结束。", "The reviews are closed."
REVIEWS_OPEN = "评审尚未结束,请先结束评审。", "The reviews are not closed yet; close them first."
GOODS_UNFIT = "五好须逐项评分,每项一次。", "Give each of the five goods exactly one score."
