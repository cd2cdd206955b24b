"""Loggers of this package: what they are told of others is clean, whatever prints it."""

import logging

from mistral_rag._printable import one_line


def logger_of(name: str) -> logging.Logger:
    """The logger of this name; texts in its records are one line each and steer no terminal."""
    logger = logging.getLogger(name)
    logger.addFilter(_clean)
    return logger


def _clean(record: logging.LogRecord) -> bool:
    if isinstance(record.args, tuple):
        record.args = tuple(one if isinstance(one, int | float) else one_line(str(one)) for one in record.args)
    return True
