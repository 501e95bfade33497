"""Log lines: readable on a terminal, JSON otherwise."""

import logging
import sys
from typing import Any

import structlog

from domain.base.words import without_secrets


def set_up_logs(level: str) -> None:
    """Configure structlog and send the standard library's lines the same way; everything goes to stderr."""
    terminal = sys.stderr.isatty()
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="%H:%M:%S" if terminal else "iso", utc=not terminal),
    ]
    hidden: list[structlog.typing.Processor] = [structlog.processors.format_exc_info, without_secrets_said]
    last: list[structlog.typing.Processor] = (
        # Richer tracebacks would print local variables, tokens and keys among them.
        [*hidden, structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
        if terminal
        else [*hidden, structlog.processors.JSONRenderer(ensure_ascii=False)]
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    # Every request line of these would drown ours; ours carry the same facts with a request id.
    for noisy in ("httpx", "httpcore", "uvicorn.access", "arq", "alembic"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, logging.getLevelName(level)))


def without_secrets_said(_logger: Any, _level: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Hide what looks like a secret, tracebacks included: an error may quote the address that was called."""
    return {name: without_secrets(value) if isinstance(value, str) else value for name, value in line.items()}
