"""Which role holds which permission."""

import re

from domain.access.permissions import PERMISSIONS, Permission
from domain.terms import Role


def test_a_permission_is_a_noun_and_an_act():
    for permission in Permission:
        assert re.fullmatch(r"[a-z]+:[a-z]+", permission.value)
        assert permission.name == permission.value.upper().replace(":", "_")


def test_every_role_holds_some_permission():
    assert set(PERMISSIONS) == set(Role)
    assert all(PERMISSIONS.values())


def test_a_viewer_may_only_view():
    assert all(permission.value.endswith(":view") for permission in PERMISSIONS[Role.VIEWER])


def test_a_media_manager_schedules_but_neither_appoints_nor_connects():
    held = PERMISSIONS[Role.MEDIA_MANAGER]
    assert held > PERMISSIONS[Role.VIEWER]
    assert {Permission.LESSON_SCHEDULE, Permission.POST_CANCEL} <= held
    assert held.isdisjoint(
        {
            Permission.GRANT_EDIT,
            Permission.ACCOUNT_EDIT,
            Permission.UNIT_EDIT,
            Permission.HOST_EDIT,
            Permission.LESSON_SHOWCASE,
        }
    )


def test_an_administrator_holds_all_permissions():
    assert PERMISSIONS[Role.ADMINISTRATOR] == set(Permission)
