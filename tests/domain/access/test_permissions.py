"""Which role holds which permission."""

import re
from pathlib import Path

import pytest

from domain.access.permissions import PERMISSIONS, Permission, permissions_of
from domain.terms import Reach, Role


def test_a_permission_is_a_noun_and_an_act():
    for permission in Permission:
        assert re.fullmatch(r"[a-z]+:[a-z]+", permission.value)
        assert permission.name == permission.value.upper().replace(":", "_")


def test_every_role_holds_some_permission():
    assert set(PERMISSIONS) == set(Role)
    assert all(PERMISSIONS.values())


READING = [Role.VIEWER, Role.AUDITOR] + [role for role in Role if role.name.startswith("PARTNER_")]


@pytest.mark.parametrize("role", READING)
def test_roles_that_read_change_nothing(role: Role):
    assert {permission.value.partition(":")[2] for permission in PERMISSIONS[role]} <= {"view", "find"}


def test_a_partner_sees_what_is_done_not_by_whom_or_how_accounts_are_run():
    partners = {PERMISSIONS[role] for role in Role if role.name.startswith("PARTNER_")}
    assert len(partners) == 1
    seen = {permission.value.partition(":")[0] for permission in partners.pop()}
    assert seen == {"unit", "lesson", "campaign", "occasion"}


def test_of_those_who_read_only_the_auditor_sees_decisions_and_grants():
    inner = {Permission.AUDIT_VIEW, Permission.GRANT_VIEW, Permission.USER_VIEW}
    assert [role for role in READING if PERMISSIONS[role] & inner] == [Role.AUDITOR]
    assert inner <= PERMISSIONS[Role.AUDITOR]


@pytest.mark.parametrize("role", Role)
def test_who_views_also_finds_and_who_acts_also_views(role: Role):
    acting, viewing, finding = (permissions_of(role, reach) for reach in Reach)
    assert finding <= viewing <= acting == PERMISSIONS[role]
    assert {permission.value.partition(":")[2] for permission in viewing} <= {"view", "find"}
    assert {permission.value.partition(":")[2] for permission in finding} <= {"find"}
    assert finding


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


def test_the_table_in_the_reference_is_what_holds():
    page = (Path(__file__).parents[3] / "docs/reference/permissions.md").read_text("utf-8")
    columns = [Role.ADMINISTRATOR, Role.MEDIA_MANAGER, Role.VIEWER, Role.AUDITOR, Role.PARTNER_EDUCATION]
    told = {
        name: [bool(cell.strip()) for cell in cells.split("|")]
        for name, cells in re.findall(r"^\| `(\w+:\w+)` \|(.*)\|$", page, re.MULTILINE)
    }
    assert told == {p.value: [p in PERMISSIONS[role] for role in columns] for p in Permission}
