"""Permissions by noun and act, which role holds which, and what of a role remains where it only looks or finds."""

from enum import StrEnum

from domain.terms import Reach, Role


class Permission(StrEnum):
    """One permission per noun and act."""

    ACCOUNT_EDIT = "account:edit"
    ACCOUNT_FIND = "account:find"
    # Of an account that one runs: its keeper, or somebody to whom it is delegated.
    ACCOUNT_RENEW = "account:renew"
    ACCOUNT_VIEW = "account:view"
    AUDIT_VIEW = "audit:view"
    CAMPAIGN_EDIT = "campaign:edit"
    CAMPAIGN_VIEW = "campaign:view"
    GOAL_EDIT = "goal:edit"
    GOAL_VIEW = "goal:view"
    GRANT_EDIT = "grant:edit"
    GRANT_VIEW = "grant:view"
    GUIDANCE_EDIT = "guidance:edit"
    GUIDANCE_VIEW = "guidance:view"
    HOST_EDIT = "host:edit"
    LESSON_EDIT = "lesson:edit"
    LESSON_SCHEDULE = "lesson:schedule"
    LESSON_SHOWCASE = "lesson:showcase"
    LESSON_VIEW = "lesson:view"
    OCCASION_EDIT = "occasion:edit"
    OCCASION_VIEW = "occasion:view"
    POST_APPROVE = "post:approve"
    POST_CANCEL = "post:cancel"
    POST_EDIT = "post:edit"
    POST_SETTLE = "post:settle"
    POST_VIEW = "post:view"
    SILENCE_EDIT = "silence:edit"
    SILENCE_VIEW = "silence:view"
    UNIT_EDIT = "unit:edit"
    UNIT_FIND = "unit:find"
    UNIT_SET = "unit:set"
    UNIT_VIEW = "unit:view"
    USER_EDIT = "user:edit"
    USER_FIND = "user:find"
    USER_VIEW = "user:view"
    WORDING_EDIT = "wording:edit"


FINDING = frozenset(p for p in Permission if p.value.endswith(":find"))
VIEWING = FINDING | frozenset(p for p in Permission if p.value.endswith(":view"))
# Who the people are, which roles they hold and what they decided is not for everybody who looks on.
INNER = frozenset({Permission.AUDIT_VIEW, Permission.GRANT_VIEW, Permission.USER_VIEW, Permission.USER_FIND})
MEDIA = (VIEWING - {Permission.AUDIT_VIEW}) | {
    Permission.ACCOUNT_RENEW,
    Permission.CAMPAIGN_EDIT,
    Permission.GOAL_EDIT,
    Permission.LESSON_EDIT,
    Permission.LESSON_SCHEDULE,
    Permission.OCCASION_EDIT,
    Permission.POST_CANCEL,
    Permission.POST_EDIT,
    Permission.POST_SETTLE,
}
# A partner body sees what is done for the children, not how the accounts are run or by whom.
PARTNER = frozenset(
    {
        Permission.UNIT_FIND,
        Permission.UNIT_VIEW,
        Permission.LESSON_VIEW,
        Permission.CAMPAIGN_VIEW,
        Permission.OCCASION_VIEW,
    }
)

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.ADMINISTRATOR: frozenset(Permission),
    Role.MEDIA_MANAGER: MEDIA,
    Role.VIEWER: VIEWING - INNER,
    Role.AUDITOR: VIEWING,
    Role.PARTNER_EDUCATION: PARTNER,
    Role.PARTNER_CIVIL_AFFAIRS: PARTNER,
    Role.PARTNER_WOMEN: PARTNER,
    Role.PARTNER_NEXT_GENERATION: PARTNER,
}

OF_REACH: dict[Reach, frozenset[Permission]] = {
    Reach.ACT: frozenset(Permission),
    Reach.VIEW: VIEWING,
    Reach.FIND: FINDING,
}


def permissions_of(role: Role, reach: Reach) -> frozenset[Permission]:
    """What a grant of this role lets its holder do when it goes this far."""
    return PERMISSIONS[role] & OF_REACH[reach]
