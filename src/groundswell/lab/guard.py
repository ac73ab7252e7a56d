"""Who may ask: every request passes here first, and what is not surely the page's own is refused before anything reads it.

The server listens on loopback, but so can be reached by every page that a browser on this machine has open, and by every program of it.
What is held against them:

* **Host** must be this server's own name and port, or a page elsewhere could rebind its own name to 127.0.0.1 and be of one origin with us.
* **Origin** and **Sec-Fetch-Site**, where a browser sends them, must be ours.
* **A token**, drawn anew by each start and printed with the address: as a cookie (HttpOnly, SameSite=Strict) or as a bearer; whatever may
  change something needs it in a header of ours as well, which no form or foreign page can send.
* **Upgrade** is refused: there is no WebSocket here, which browsers would open across origins.
* **Bodies** are bounded, also those whose length nobody tells, and belong to POST only.
* **Paths** are plain: letters, digits, `. _ ~ -` and single slashes. Nothing here needs an escape, so none is decoded.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

HEADER = "x-groundswell-token"
LARGEST = 256 << 10  # bytes of a body
SAFE = ("GET", "HEAD")
METHODS = (*SAFE, "POST")
PLAIN = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*/?")
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
REOPEN = "open the address that `groundswell lab` printed, with its token"


class Refused(Exception):  # noqa: N818 - it is an answer
    """A request that is not answered.

    Args:
        status: of HTTP.
        why: for whoever asked.
    """

    def __init__(self, status: int, why: str) -> None:
        self.status, self.why = status, why
        super().__init__(why)


@dataclass(frozen=True)
class Asked:
    """What of a request decides whether it is answered."""

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, scope: Scope) -> Asked:
        """From an ASGI scope; what is no ASCII becomes a question mark, which nothing here admits."""
        headers = tuple((name.decode("latin-1").lower(), value.decode("ascii", "replace")) for name, value in scope["headers"])
        raw = scope.get("raw_path") or scope["path"].encode()
        return cls(scope["method"], raw.decode("ascii", "replace"), scope["query_string"].decode("ascii", "replace"), headers)

    def every(self, name: str) -> list[str]:
        """The values of a header."""
        return [value for key, value in self.headers if key == name]

    def one(self, name: str) -> str | None:
        """The value of a header that may stand there once.

        Raises:
            Refused: it stands there twice.
        """
        found = self.every(name)
        if len(found) > 1:
            raise Refused(400, f"the header {name} stands there twice")
        return found[0] if found else None


class Guard:
    """Lets what is the page's own through to the application, and gives every answer the headers that browsers should hold to.

    Args:
        application: what answers.
        port: on which the server listens.
        token: what the page must know.
    """

    def __init__(self, application: Application, port: int, token: str) -> None:
        self.application, self.port, self.token = application, port, token
        self.hosts = (f"127.0.0.1:{port}", f"localhost:{port}")
        self.cookie = f"groundswell-{port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse."""
        if scope["type"] == "lifespan":
            await self.application(scope, receive, send)
        elif scope["type"] != "http":  # a WebSocket: closed before it is accepted, which is 403
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        else:
            await self._http(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = message.get("headers", ())
                message["headers"] = [*own, *_headers(scope["path"], own)]
            await send(message)

        asked = Asked.of(scope)
        try:
            self._check_way(asked)
            if self._opens(asked):
                await _answer(told, 303, "", {"location": "/", "set-cookie": self._set_cookie()})
                return
            self._check_token(asked)
            body = b"" if asked.method in SAFE else await whole_body(receive)
        except Refused as refused:
            reader = any("text/html" in accepted for accepted in asked.every("accept"))  # a person, at a window of a browser
            kind = {"content-type": "text/plain; charset=utf-8"} if reader else {}
            await _answer(told, refused.status, refused.why, {"connection": "close", **kind})
            return
        await self.application(scope, _given(body, receive), told)

    def _check_way(self, asked: Asked) -> None:
        """Whether it comes to us, from us, in a form that we speak.

        Raises:
            Refused: it does not.
        """
        if asked.one("host") not in self.hosts:
            raise Refused(421, "this is not the host that was asked for")
        if asked.every("upgrade") or "upgrade" in (asked.one("connection") or "").lower():
            raise Refused(400, "nothing here is upgraded: there is no WebSocket")
        if asked.method not in METHODS:
            raise Refused(405, f"only {', '.join(METHODS)} are answered")
        origin, site = asked.one("origin"), asked.one("sec-fetch-site")
        if origin is not None and origin != f"http://{asked.one('host')}":
            raise Refused(403, "asked by a page of another origin")
        if site not in (None, "same-origin", "none"):
            raise Refused(403, f"asked by another site; {REOPEN}")
        if not PLAIN.fullmatch(asked.path):
            raise Refused(400, "there is no such path")
        self._check_length(asked)

    def _check_length(self, asked: Asked) -> None:
        length, coded = asked.one("content-length"), asked.one("transfer-encoding")
        if asked.method in SAFE and (coded is not None or length not in (None, "0")):
            raise Refused(400, "a question has no body")
        if length is not None and (not re.fullmatch(r"[0-9]{1,18}", length) or int(length) > LARGEST):
            raise Refused(413, f"a body has at most {LARGEST} bytes")

    def _opens(self, asked: Asked) -> bool:
        """Whether this is the printed address, which gives the browser its cookie.

        Raises:
            Refused: the token is not ours.
        """
        if asked.method != "GET" or asked.path != "/" or not asked.query:
            return False
        key, _, token = asked.query.partition("=")
        if key != "token":
            return False
        if not self._is_token(token):
            raise Refused(401, f"this token is not of this laboratory; {REOPEN}")
        return True

    def _set_cookie(self) -> str:
        return f"{self.cookie}={self.token}; HttpOnly; SameSite=Strict; Path=/"

    def _is_token(self, text: str | None) -> bool:
        return text is not None and hmac.compare_digest(text.encode(), self.token.encode())

    def _check_token(self, asked: Asked) -> None:
        """Whether whoever asks knows the token, and could not have been made to ask by another page.

        Raises:
            Refused: no token, a wrong one, or none in the header that changes need.
        """
        bearer = (asked.one("authorization") or "").partition(" ")
        if not (self._has_cookie(asked) or (bearer[0].lower() == "bearer" and self._is_token(bearer[2]))):
            raise Refused(401, f"the token is missing; {REOPEN}")
        if asked.method not in SAFE and not self._is_token(asked.one(HEADER)):
            raise Refused(403, f"needs the header {HEADER}")

    def _has_cookie(self, asked: Asked) -> bool:
        """Whether one of the cookies is ours; other servers of this machine set theirs for every port."""
        pairs = [pair.strip().partition("=") for line in asked.every("cookie") for pair in line.split(";")]
        return any(name == self.cookie and self._is_token(value) for name, _, value in pairs)


def _headers(path: str, own: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """What every answer says, where it does not say otherwise itself."""
    named = {name.lower() for name, _ in own}
    caching = {"cache-control": "no-cache" if path.startswith("/static/") else "no-store"}
    return [(k.encode(), v.encode()) for k, v in (HEADERS | caching).items() if k.encode() not in named]


async def whole_body(receive: Receive, most: int = LARGEST) -> bytes:
    """A body, as long as it is not larger than it may be, whatever length it was said to have.

    Raises:
        Refused: it is larger, or whoever sent it went away.
    """
    parts, had = [], 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise Refused(400, "the body ended early")
        parts.append(message.get("body", b""))
        had += len(parts[-1])
        if had > most:
            raise Refused(413, f"a body has at most {most} bytes")
        if not message.get("more_body", False):
            return b"".join(parts)


def _given(body: bytes, receive: Receive) -> Receive:
    """A body that is there already, and then what else comes."""
    left = [body]

    async def next_part() -> Message:
        return {"type": "http.request", "body": left.pop(), "more_body": False} if left else await receive()

    return next_part


async def _answer(send: Send, status: int, why: str, headers: dict[str, str]) -> None:
    """A short answer, as the API gives its errors, or as plain text."""
    import json

    head = {"content-type": "application/json", **headers}
    told = json.dumps({"error": {"message": why, "key": None, "nearest": None}}) if "json" in head["content-type"] else f"{why}\n"
    body = told.encode() if why else b""
    head["content-length"] = str(len(body))
    await send({"type": "http.response.start", "status": status, "headers": [(k.encode(), v.encode()) for k, v in head.items()]})
    await send({"type": "http.response.body", "body": body})
