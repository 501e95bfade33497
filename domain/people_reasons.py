"""The words of what is refused about people, their grants, and who runs an account: each in Chinese and in English."""

NOT_ENTITLED_TO_RUN = (
    "该用户已停用,或在账号所属机构及其上级没有办理权限的管理员、微博管理员角色(涉及 {count} 个账号)。",
    "The person is disabled, or acts neither as administrator nor as media manager "
    "at or above the account's unit ({count} accounts).",
)
RUNS_IT_ALREADY = "该用户已在管理此账号。", "The person runs this account already."
DELEGATION_OVER = "该委托已经结束。", "The delegation is over."
UNTIL_PASSED = "截止时间须晚于现在。", "The end has to lie ahead."
ACCOUNT_SUSPENDED = "该账号已停用。", "The account is suspended already."
CHOOSE_UNIT_OR_ACCOUNT = (
    "请指定要接入账号的机构和平台,或仅指定要续期的账号。",
    "Name the unit and the platform of a new account, or the account to be renewed and nothing else.",
)
ACCOUNT_NOT_SUSPENDED = (
    "该账号并未停用;授权失效的账号请重新授权。",
    "The account is not suspended; one whose token is dead needs a new token.",
)
SAME_PERSON = "接手人不能是本人,请另选。", "Choose somebody else as the successor."
SETTING_OF_THE_UNIT = (
    "该设置由机构自行决定,须由在该机构任职的管理员修改。",
    "This is for the unit itself to decide: an administrator with a grant at that very unit sets it.",
)
GRANT_FROM_ABOVE = (
    "该机构的{role}须由上级机构的管理员任命或撤销,请联系上一级。",
    "Over a unit the role {role} is given and ended from above; ask an administrator of the level above.",
)
GRANT_TO_SELF = (
    "不能给自己授权或撤销自己的授权,请由另一位管理员办理。",
    "Nobody gives roles to themselves, or ends their own; ask another administrator.",
)
GRANT_THERE = (
    "该用户在这段时间内已有此授权。",
    "The person holds this grant already in that time; end it first, or choose another time.",
)
GRANT_ENDED = "该授权已结束。", "The grant has ended already."
GRANT_PERIOD = (
    "授权不能从过去开始,结束时间须晚于开始时间;立即生效请不填开始时间。",
    "A grant begins now or later, and ends after it begins; leave the beginning out to begin now.",
)
USER_HOLDS_MORE = (
    "该用户还持有您无权授予的角色,请联系上级管理员。",
    "The person holds roles that you could not give; ask an administrator of the level above.",
)
USER_IS_SELF = (
    "不能对自己的登录执行此操作,请由另一位管理员办理。",
    ("Nobody does this to their own login; ask another administrator."),
)
USER_DISABLED = "该用户已停用,请先启用。", "The login is disabled; enable it first."
DECIDED_ABOVE = (
    "此前由更上级机构决定,须由该级或其上级解除。",
    "A level further up decided this; that level, or one above it, has to lift it.",
)
USER_ENABLED = "该用户未被停用。", "The login is not disabled."
LOGIN_TAKEN = (
    "登录名已被使用,且与该行不符;请换一个登录名,或直接给已有用户授权。",
    "The login is in use for somebody who differs from this row; choose another, or grant a role to that person.",
)
LOGIN_UNUSABLE = (
    "登录名须为 {least} 到 {limit} 个小写字母、数字或 . _ - @,并以字母或数字开头。",
    "A login has {least} to {limit} lower-case letters, digits or . _ - @, and begins with a letter or digit.",
)
LOGIN_TWICE = "文件中该登录名出现多次(第 {row} 行)。", "The file has this login before, in row {row}."
NAME_UNUSABLE = (
    "姓名须为 1 到 {limit} 个字符,不能含控制字符。",
    "A name has 1 to {limit} characters, none of them a control character.",
)
