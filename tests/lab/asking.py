"""A laboratory as a process of its own, and whoever asks it, byte by byte where a browser would not."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ATLANTIS = Path(__file__).parents[1] / "data" / "atlantis"
SMALL = {"end": "2022-01-28", "scale": 100}


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def problem(self) -> str:
        return str(self.json["error"]["message"])


@dataclass
class Lab:
    """A laboratory that runs.

    `ask` knows the token unless it is told otherwise; a header that is None is not sent.
    """

    folder: Path
    process: subprocess.Popen[str] = field(init=False)
    port: int = field(init=False)
    token: str = field(init=False)
    said: str = ""  # to stderr, once it has ended

    def __post_init__(self) -> None:
        command = [sys.executable, "-m", "groundswell", "lab", str(self.folder), "--port", "0", "--no-browser"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
        assert self.process.stdout is not None
        address = next((line for line in self.process.stdout if line.startswith("http")), "")
        assert address, self.process.communicate()[1]
        self.port, self.token = int(address.split(":")[2].split("/")[0]), address.strip().partition("token=")[2]

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def ask(self, path: str, method: str = "GET", body: Any = None, **headers: str | None) -> Answer:
        """A request as it stands, its path as well; a body that is no text is sent as JSON."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        own: dict[str, str | None] = {"Host": self.host, "Authorization": f"Bearer {self.token}", "X-Groundswell-Token": self.token}
        sent = body if isinstance(body, (str, bytes)) or body is None else json.dumps(body)
        if sent is not None:
            own["Content-Length"] = str(len(sent))
        elif method == "POST":
            own["Content-Length"] = "0"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in {**own, **named}.items():
                if value is not None:
                    connection.putheader(name, value)
            connection.endheaders(sent.encode() if isinstance(sent, str) else sent)
            response = connection.getresponse()
            return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        finally:
            connection.close()

    def raw(self, text: bytes, seconds: float = 10.0) -> bytes:
        """Bytes to the port, and what comes back until the connection ends, or nothing comes for so long."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=seconds) as line:
            line.sendall(text)
            return heard(line)

    def post(self, path: str, body: Any = None) -> Any:
        answer = self.ask(path, "POST", {} if body is None else body)
        assert answer.status in (200, 202), answer.body
        return answer.json

    def get(self, path: str) -> Any:
        answer = self.ask(path)
        assert answer.status == 200, answer.body
        return answer.json

    def until(self, name: str, wanted: Callable[[dict[str, Any]], bool], seconds: float = 300.0) -> dict[str, Any]:
        """The job as soon as it is as wanted."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            job: dict[str, Any] = self.get(f"/api/jobs/{name}")
            if wanted(job):
                return job
            time.sleep(0.05)
        raise AssertionError(job)

    def stop(self, number: int = signal.SIGINT, seconds: float = 90.0) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            self.said += self.process.communicate(timeout=seconds)[1] or ""
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        return self.process.returncode


def heard(line: socket.socket) -> bytes:
    """What comes until the end, or until nothing comes any more."""
    parts = []
    try:
        while part := line.recv(65536):
            parts.append(part)
    except (TimeoutError, ConnectionResetError):
        pass
    return b"".join(parts)


def refused(lab: Lab, path: str, body: Any = None, status: int = 400) -> dict[str, Any]:
    answer = lab.ask(path, "GET" if body is None else "POST", body)
    assert answer.status == status, answer.body
    found: dict[str, Any] = answer.json["error"]
    return found


def alive(number: int) -> bool:
    """Whether a process is there and not only its name."""
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return True
