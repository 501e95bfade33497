"""Who is calling: access tokens for apps and scripts."""

from datetime import datetime, timedelta
from uuid import UUID

import jwt

ALGORITHM = "HS256"
ISSUER = "qicai"


class BadToken(Exception):
    """The token is malformed, forged or expired."""


def issue_token(signing: bytes, user_id: UUID, *, now: datetime, life: timedelta) -> str:
    """An access token (JWT) that names the user and nothing else; what the user may do is looked up each time."""
    claims = {"iss": ISSUER, "sub": str(user_id), "iat": now, "exp": now + life}
    return jwt.encode(claims, signing, algorithm=ALGORITHM)


def user_of(signing: bytes, token: str) -> UUID:
    """The user a token names; raises `BadToken`."""
    try:
        claims = jwt.decode(
            token,
            signing,
            algorithms=[ALGORITHM],
            issuer=ISSUER,
            options={"require": ["exp", "sub", "iss"]},
        )
        return UUID(claims["sub"])
    except (jwt.InvalidTokenError, ValueError, AttributeError) as error:
        raise BadToken from error
