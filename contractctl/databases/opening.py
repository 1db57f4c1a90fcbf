"""How is a database's address read and opened with the available driver? Its secrets are never shown."""

from typing import Any

from sqlalchemy import URL, Engine
from sqlalchemy import create_engine as sqlalchemy_engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from contractctl.errors import ContractctlError


def parse(text: str) -> URL:
    """The address as a value. Raise ContractctlError for what is not an address."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise ContractctlError(
            "the database URL cannot be read by SQLAlchemy",
            hint="write it like sqlite:///shop.db, or postgresql://user@host/shop",
        ) from None
    if "@" in (url.host or ""):
        raise ContractctlError(
            "the database URL has more than one '@'", hint="write an '@' in the user or password as %40"
        )
    return url


def opened(url: URL, extra: str, **options: Any) -> Engine:  # noqa: ANN401 - SQLAlchemy's options
    """An engine for the address. `extra` is the extra of contractctl that installs the driver.

    A connection that died while unused is replaced before a transaction begins. Each thread gets one.
    """
    try:
        return sqlalchemy_engine(url, pool_pre_ping=True, max_overflow=-1, **options)
    except ImportError as error:
        raise ContractctlError(
            f"the driver '{url.get_driver_name()}' is not installed", hint=f'run: pip install "contractctl[{extra}]"'
        ) from error
