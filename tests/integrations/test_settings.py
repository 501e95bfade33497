"""Settings come from the environment, each described, each refused by name when it cannot be used."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from integrations.settings import PROJECT, Settings, default_data_dir

PLAIN = {"database_url": "DATABASE_URL", "redis_url": "REDIS_URL"}
OTHER = {
    "DATABASE_URL": ("postgresql://somebody@db.example/qicai", "postgresql://somebody@db.example/qicai"),
    "REDIS_URL": ("rediss://:secret@valkey.example:6380/2", "rediss://:secret@valkey.example:6380/2"),
    "QICAI_DATA_DIR": ("/srv/qicai", Path("/srv/qicai")),
    "QICAI_KEY_FILE": ("/etc/qicai/keys.json", Path("/etc/qicai/keys.json")),
    "QICAI_HOST": ("0.0.0.0", "0.0.0.0"),
    "QICAI_PORT": ("0", 0),
    "QICAI_SANDBOX_PORT": ("65535", 65535),
    "QICAI_SANDBOX_LIMIT_SCALE": ("0.5", 0.5),
    "QICAI_SANDBOX_GROWTH_SECONDS": ("8", 8.0),
    "QICAI_SETTLING_SECONDS": ("3", 3),
    "QICAI_PUBLIC_DOMAIN": ("s.example", "s.example"),
    "QICAI_RECORD_DAYS": ("30", 30),
    "QICAI_COMMENT_DAYS": ("30", 30),
    "QICAI_RENEWAL_DAYS": ("3", 3),
    "QICAI_SOCKETS_PER_PERSON": ("4", 4),
    "QICAI_PUBLIC_URL": ("https://qicai.example/api", "https://qicai.example/api"),
    "QICAI_STORE_URL": ("s3://pictures/qicai", "s3://pictures/qicai"),
    "QICAI_SILENCE_WARNING_DAYS": ("30", 30),
    "QICAI_TOKEN_MINUTES": ("60", 60),
    "QICAI_DEVELOPMENT": ("false", False),
    "QICAI_LOG_LEVEL": ("debug", "DEBUG"),
    "QICAI_GRAPHIQL_ASSETS": ("https://assets.example", "https://assets.example"),
    "QICAI_CORS_ORIGINS": ("https://app.example", "https://app.example"),
    "QICAI_BODY_LIMIT": ("2000", 2000),
    "QICAI_WORKER_BATCH": ("1", 1),
    "QICAI_LEASE_SECONDS": ("12.5", 12.5),
    "QICAI_CALL_SECONDS": ("1.5", 1.5),
    "QICAI_LOOK_EVERY_SECONDS": ("0.2", 0.2),
    "QICAI_WORKER_METRICS_PORT": ("9100", 9100),
    "QICAI_ENGAGEMENT_LADDER": ("2,6,12.5", "2,6,12.5"),
}
BAD = [
    ("DATABASE_URL", "mysql://db.example/qicai"),
    ("DATABASE_URL", "db.example"),
    ("REDIS_URL", "http://valkey.example"),
    ("QICAI_PORT", "65536"),
    ("QICAI_PORT", "eighty"),
    ("QICAI_SANDBOX_LIMIT_SCALE", "0"),
    ("QICAI_SETTLING_SECONDS", "0"),
    ("QICAI_RENEWAL_DAYS", "0"),
    ("QICAI_PUBLIC_URL", "qicai.example"),
    ("QICAI_STORE_URL", "https://pictures.example"),
    ("QICAI_PUBLIC_URL", "https://qicai.example/?a=b"),
    ("QICAI_TOKEN_MINUTES", "61"),
    ("QICAI_DEVELOPMENT", "perhaps"),
    ("QICAI_LOG_LEVEL", "LOUD"),
    ("QICAI_BODY_LIMIT", "999"),
    ("QICAI_WORKER_BATCH", "0"),
    ("QICAI_LEASE_SECONDS", "1"),
    ("QICAI_CALL_SECONDS", "0"),
    ("QICAI_CALL_SECONDS", "24.1"),
    ("QICAI_LOOK_EVERY_SECONDS", "0"),
    ("QICAI_ENGAGEMENT_LADDER", "soon"),
    ("QICAI_ENGAGEMENT_LADDER", "1,,2"),
    ("QICAI_ENGAGEMENT_LADDER", "."),
    ("QICAI_ENGAGEMENT_LADDER", "0,1"),
    ("QICAI_ENGAGEMENT_LADDER", "5,4"),
    ("QICAI_ENGAGEMENT_LADDER", "5,5"),
    ("QICAI_ENGAGEMENT_LADDER", "nan"),
    ("QICAI_ENGAGEMENT_LADDER", "1,inf"),
]


def variable(field: str) -> str:
    return PLAIN.get(field, f"QICAI_{field.upper()}")


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in Settings.model_fields:
        monkeypatch.delenv(variable(field), raising=False)


def test_every_setting_is_described_in_a_sentence():
    for name, field in Settings.model_fields.items():
        assert re.fullmatch(r"[A-Z].*\.", field.description or ""), name


def test_every_setting_stands_in_the_reference():
    reference = (PROJECT / "docs" / "reference" / "settings.md").read_text("utf-8")
    listed = re.findall(r"^\| `([A-Z_]+)` \|", reference, re.MULTILINE)
    assert sorted(listed) == sorted(variable(field) for field in Settings.model_fields)


def test_every_setting_has_a_case_below():
    assert set(OTHER) == {variable(field) for field in Settings.model_fields}


@pytest.mark.parametrize(("name", "text", "value"), [(name, *case) for name, case in OTHER.items()])
def test_a_setting_is_read_from_its_variable(monkeypatch: pytest.MonkeyPatch, name: str, text: str, value: object):
    plain = Settings().model_dump()
    monkeypatch.setenv(name, text)
    changed = {field: now for field, now in Settings().model_dump().items() if now != plain[field]}
    assert {variable(field): now for field, now in changed.items()} == {name: value}


@pytest.mark.parametrize(("name", "text"), BAD)
def test_a_bad_value_is_refused_and_its_variable_can_be_named(monkeypatch: pytest.MonkeyPatch, name: str, text: str):
    monkeypatch.setenv(name, text)
    with pytest.raises(ValidationError) as refused:
        Settings()
    (error,) = refused.value.errors()
    assert variable(str(error["loc"][0]).lower()) == name


@pytest.mark.parametrize("name", OTHER)
def test_an_empty_variable_is_an_unset_one(monkeypatch: pytest.MonkeyPatch, name: str):
    plain = Settings()
    monkeypatch.setenv(name, "")
    assert Settings() == plain


def test_a_call_ends_before_its_lease_also_where_only_the_lease_was_set(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("QICAI_LEASE_SECONDS", "12.4")
    with pytest.raises(ValidationError, match="QICAI_LEASE_SECONDS"):
        Settings()
    monkeypatch.setenv("QICAI_LEASE_SECONDS", "12.5")
    assert Settings().call_seconds == 10


def test_an_unusable_lease_is_reported_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("QICAI_LEASE_SECONDS", "short")
    with pytest.raises(ValidationError) as refused:
        Settings()
    assert [error["loc"] for error in refused.value.errors()] == [("lease_seconds",)]


def test_the_ladder_is_given_in_seconds(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("QICAI_ENGAGEMENT_LADDER", "2,6,12.5")
    assert Settings().ladder == (timedelta(seconds=2), timedelta(seconds=6), timedelta(seconds=12.5))


def test_data_lie_in_the_checkout_where_there_is_one():
    assert default_data_dir() == PROJECT / "var"


def test_data_lie_in_the_home_of_the_user_where_the_wheel_is_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr("integrations.settings.PROJECT", tmp_path / "site-packages")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_data_dir() == tmp_path / ".local" / "share" / "qicai"


@pytest.mark.parametrize(
    ("given", "callback"),
    [
        ({}, "http://127.0.0.1:8000/accounts/callback"),
        ({"QICAI_HOST": "10.0.0.7", "QICAI_PORT": "9000"}, "http://10.0.0.7:9000/accounts/callback"),
        ({"QICAI_PUBLIC_URL": "https://qicai.example/api/"}, "https://qicai.example/api/accounts/callback"),
    ],
)
def test_platforms_send_browsers_back_to_the_address_they_know(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], callback: str
):
    for name in ("QICAI_HOST", "QICAI_PORT", "QICAI_PUBLIC_URL"):
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert Settings().callback_url == callback
