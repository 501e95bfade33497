"""Answers of a platform to a request."""

from domain.hosts import port

PUBLISHED = port.Published("5012345678901234", "https://weibo.com/1/5012345678901234")
NEVER_ARRIVED = port.TransientBeforeSend("connection refused")
UNCLEAR = port.OutcomeUnknown("the connection broke", code="10001")
