"""The names of things, for messages in Chinese."""

# What a message calls the rows that can be missing.
NOUNS = {
    "account": "微博账号",
    "accountevent": "账号变更记录",
    "attempt": "尝试记录",
    "campaign": "推介批次",
    "delegation": "委托管理",
    "renewal": "授权续期",
    "delivery": "发布任务",
    "grant": "授权",
    "guidance": "分类指导",
    "host": "微博平台",
    "lesson": "课程",
    "lessonrevision": "课程修订稿",
    "node": "对象",
    "approval": "审核",
    "hold": "暂缓",
    "silence": "静默令",
    "post": "微博内容",
    "session": "登录会话",
    "snapshot": "传播数据",
    "unit": "机构",
    "unitact": "机构变更",
    "auditentry": "审计记录",
    "unitversion": "机构沿革",
    "user": "用户",
    "theme": "主题",
    # What a number is of.
    "age": "年龄",
    "minutes": "分钟数",
}
