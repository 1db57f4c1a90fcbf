"""Is a request meant for this server? A browser can be led here by somebody else's name: DNS rebinding.

The Host header is then that name, and a page of theirs reads the answer. Only names that nobody else can give out are
taken: addresses of loopback, and `localhost`; https://www.rfc-editor.org/rfc/rfc6761.html#section-6.3.
"""

import re
from collections.abc import Container, Iterable
from ipaddress import ip_address

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]{1,5})?")


def is_loopback(host: str) -> bool:
    """Whether a name or an address can only be this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_meant(headers: Iterable[tuple[bytes, bytes]], allowed: Container[str]) -> bool:
    """Whether there is exactly one Host header, and that names this machine or one of these (in small letters)."""
    given = [value for name, value in headers if name == b"host"]
    if len(given) != 1:
        return False
    found = _HOST.fullmatch(given[0].decode("latin-1").lower())
    if found is None:
        return False
    name = found[1].strip("[]").rstrip(".")
    return name in allowed or is_loopback(name)
