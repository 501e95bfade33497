"""Permissions by noun and act, and which role holds which."""

from enum import StrEnum

from domain.terms import Role


class Permission(StrEnum):
    """One permission per noun and act."""

    ACCOUNT_EDIT = "account:edit"
    ACCOUNT_VIEW = "account:view"
    CAMPAIGN_EDIT = "campaign:edit"
    CAMPAIGN_VIEW = "campaign:view"
    GRANT_EDIT = "grant:edit"
    HOST_EDIT = "host:edit"
    LESSON_EDIT = "lesson:edit"
    LESSON_SCHEDULE = "lesson:schedule"
    LESSON_SHOWCASE = "lesson:showcase"
    LESSON_VIEW = "lesson:view"
    POST_CANCEL = "post:cancel"
    POST_VIEW = "post:view"
    UNIT_EDIT = "unit:edit"
    UNIT_VIEW = "unit:view"


VIEWING = frozenset(p for p in Permission if p.value.endswith(":view"))
MEDIA = VIEWING | {
    Permission.CAMPAIGN_EDIT,
    Permission.LESSON_EDIT,
    Permission.LESSON_SCHEDULE,
    Permission.POST_CANCEL,
}

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.ADMINISTRATOR: frozenset(Permission),
    Role.MEDIA_MANAGER: MEDIA,
    Role.VIEWER: VIEWING,
}
