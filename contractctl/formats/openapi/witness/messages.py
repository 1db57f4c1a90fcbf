"""What travels when an operation is called? A request, and a response to it."""

from dataclasses import dataclass
from urllib.parse import urlencode


@dataclass(frozen=True, slots=True)
class Request:
    """A call."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    cookies: tuple[tuple[str, str], ...] = ()
    media: str = ""
    body: str = ""
    server: str = ""
    """The address of the server, where it matters."""

    @property
    def shown(self) -> str:
        """On one line."""
        query = f"?{urlencode(self.query, safe='[],')}" if self.query else ""
        cookies = ("Cookie: " + "; ".join(f"{name}={value}" for name, value in self.cookies),) if self.cookies else ()
        headers = [f"{name}: {value}" for name, value in self.headers]
        media = [f"Content-Type: {self.media}"] if self.media else []
        words = [f"{self.method.upper()} {self.server}{self.path}{query}", *headers, *cookies, *media, self.body]
        return " · ".join(word for word in words if word)


@dataclass(frozen=True, slots=True)
class Response:
    """An answer."""

    status: str
    headers: tuple[tuple[str, str], ...] = ()
    media: str = ""
    body: str = ""

    @property
    def shown(self) -> str:
        """On one line."""
        media = [f"Content-Type: {self.media}"] if self.media else []
        words = [self.status, *(f"{name}: {value}" for name, value in self.headers), *media, self.body]
        return " · ".join(word for word in words if word)
