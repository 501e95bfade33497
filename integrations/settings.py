"""Settings: read from the environment, each one named and described here."""

import math
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT = Path(__file__).resolve().parent.parent
# How much of a lease one call may take: what begins in the rest of it is over before another worker looks.
CALL_SHARE = 0.8
OLDEST = 100 * 365 * 86_400.0


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


LogLevel = Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(_upper)]


def default_data_dir() -> Path:
    """`var/` in a checkout; the user's data folder where the wheel is installed."""
    if (PROJECT / "pyproject.toml").exists():
        return PROJECT / "var"
    return Path.home() / ".local" / "share" / "qicai"


class Settings(BaseSettings):
    """Everything that can be set from outside."""

    # An empty variable is an unset one, as in `DATABASE_URL= make demo`.
    model_config = SettingsConfigDict(env_prefix="QICAI_", extra="ignore", populate_by_name=True, env_ignore_empty=True)

    database_url: str | None = Field(
        None,
        validation_alias="DATABASE_URL",
        pattern=r"^postgres(ql)?(\+asyncpg)?://",
        description="PostgreSQL 15 or newer; unset starts the embedded one.",
    )
    redis_url: str | None = Field(
        None,
        validation_alias="REDIS_URL",
        pattern=r"^(rediss?|unix)://",
        description="Valkey or Redis 6.2 or newer; unset starts the embedded one.",
    )
    data_dir: Path = Field(
        default_factory=default_data_dir,
        description="Where embedded servers, keys, the sandbox and workers keep their data.",
    )
    key_file: Path | None = Field(
        None, description="File of the keys that seal secrets; unset makes `keys.json` in the data folder."
    )
    store_url: str | None = Field(
        None,
        pattern=r"^(s3|file)://",
        description="Object store of files, as s3://bucket/prefix; unset makes `objects` in the data folder.",
    )
    host: str = Field("127.0.0.1", description="Address the API listens on.")
    port: int = Field(8000, ge=0, le=65535, description="Port the API listens on; 0 takes a free one.")
    sandbox_port: int = Field(8001, ge=0, le=65535, description="Port of the sandbox host; 0 takes a free one.")
    sandbox_limit_scale: float = Field(
        100.0, gt=0, description="How many times larger the sandbox's call limits are than Weibo's."
    )
    sandbox_growth_seconds: float = Field(
        3600.0, gt=0, description="Time constant, in seconds, of the growth of the sandbox's synthetic counts."
    )
    settling_seconds: int = Field(
        300, ge=1, description="How long after an unclear answer a post may still appear at the seeded platform."
    )
    record_days: int = Field(
        730, ge=30, le=36500, description="For how many days attempts, lifted holds and surpassed counts are kept."
    )
    comment_days: int = Field(180, ge=1, le=3650, description="For how many days comments below posts are kept.")
    renewal_days: int = Field(
        7, ge=1, le=3650, description="How many days before its end a token is listed for renewal."
    )
    public_url: str | None = Field(
        None,
        pattern=r"^https?://[^/?#]+(/[^?#]*)?$",
        description="Address under which browsers reach the API; unset takes the address it listens on.",
    )
    silence_warning_days: int = Field(
        14, ge=1, le=3650, description="After how many days without a post an account counts as silent."
    )
    public_domain: str = Field(
        "qicai.example",
        description="Domain of the short links in posts, registered as safe with the platforms.",
    )
    token_minutes: int = Field(10, ge=1, le=60, description="Life of an access token, in minutes.")
    development: bool = Field(
        True, description="Shows GraphiQL and introspection to everybody; switch it off in production."
    )
    log_level: LogLevel = Field("INFO", description="Least level of log lines: DEBUG, INFO, WARNING or ERROR.")
    graphiql_assets: str = Field(
        "https://unpkg.com", description="Where GraphiQL's own files are loaded from by the browser."
    )
    cors_origins: str = Field(
        "", description="Web origins that browsers may call the API from, with commas between them; none by default."
    )
    sockets_per_person: int = Field(
        10, ge=1, le=1000, description="How many websockets a person may hold open at one API process."
    )
    body_limit: int = Field(1_000_000, ge=1000, description="Largest request body, in bytes.")
    worker_batch: int = Field(16, ge=1, le=1000, description="How many deliveries one worker sends at a time.")
    lease_seconds: float = Field(
        30.0,
        gt=1,
        description="How long a worker holds a delivery or an export; calls to platforms are cut off well before.",
    )
    call_seconds: float = Field(
        10.0, gt=0, validate_default=True, description="Longest wait for an answer of a platform."
    )
    look_every_seconds: float = Field(1.0, gt=0, description="How often a worker looks for due work by itself.")
    worker_metrics_port: int = Field(
        0, ge=0, le=65535, description="Port on which a worker process shows its metrics; 0 shows none."
    )
    engagement_ladder: str = Field(
        "600,3600,21600,86400,259200,604800,2592000",
        description="Ages at which the counts of a post are read, in seconds, with commas between them.",
    )

    @field_validator("call_seconds")
    @classmethod
    def _ends_before_the_lease(cls, seconds: float, others: ValidationInfo) -> float:
        # A lease that is itself unusable is reported by itself.
        lease = others.data.get("lease_seconds", math.inf)
        if seconds > lease * CALL_SHARE:
            raise ValueError(f"a call must end before its lease: at most {CALL_SHARE:g} of QICAI_LEASE_SECONDS")
        return seconds

    @field_validator("engagement_ladder")
    @classmethod
    def _ascends(cls, ladder: str) -> str:
        rungs = [float(rung) for rung in ladder.split(",")]
        if not 0 < rungs[0] <= rungs[-1] < OLDEST or not all(earlier < later for earlier, later in pairwise(rungs)):
            raise ValueError("the ages must be above 0, grow, and end within a hundred years")
        return ladder

    @property
    def base_url(self) -> str:
        """Where browsers reach the API."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def callback_url(self) -> str:
        """Where platforms send a browser back to; registered there with our application."""
        return f"{self.base_url}/accounts/callback"

    @property
    def objects_dir(self) -> Path:
        """Where the bytes of pictures are, unless an object store is set."""
        return self.data_dir / "objects"

    @property
    def ladder(self) -> tuple[timedelta, ...]:
        """The engagement ladder as periods."""
        return tuple(timedelta(seconds=float(rung)) for rung in self.engagement_ladder.split(","))
