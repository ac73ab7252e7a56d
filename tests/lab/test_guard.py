"""Whoever is not surely the page's own is refused: every check has a test that fails without it."""

from __future__ import annotations

import shutil
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.lab.asking import ATLANTIS, Lab, heard

from groundswell.lab.guard import LARGEST

KEY = "dGhlIHNhbXBsZSBub25jZQ=="


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    place = tmp_path_factory.mktemp("guard")
    (place / "secret.txt").write_text("secret")
    runs = place / "runs"
    runs.mkdir()
    shutil.copytree(ATLANTIS, runs / "atlantis")
    one = Lab(runs)
    yield one
    assert one.stop() == 0


def test_who_knows_the_token_is_answered(lab: Lab) -> None:
    assert lab.ask("/api/session").json["token"] == lab.token
    assert lab.ask("/").status == 200
    assert lab.ask("/api/session", Host=f"localhost:{lab.port}").status == 200
    assert lab.ask("/api/session", Origin=f"http://{lab.host}", Sec_Fetch_Site="same-origin").status == 200
    assert lab.ask("/api/session", Sec_Fetch_Site="none").status == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:80", "localhost.evil.example:{port}", "", None]
)
def test_a_foreign_host_is_refused(lab: Lab, host: str | None) -> None:
    """As where a page elsewhere has had its own name lead to 127.0.0.1."""
    text = f"Host: {host.format(port=lab.port)}\r\n".encode() if host is not None else b""
    told = lab.raw(b"GET /api/session HTTP/1.1\r\n" + text + f"Authorization: Bearer {lab.token}\r\nConnection: close\r\n\r\n".encode())
    assert told.split()[1] in (b"421", b"400"), told
    assert lab.token.encode() not in told


def test_two_hosts_are_refused(lab: Lab) -> None:
    told = lab.raw(
        f"GET /api/session HTTP/1.1\r\nHost: {lab.host}\r\nHost: evil.example\r\nAuthorization: Bearer {lab.token}\r\n\r\n".encode()
    )
    assert told.split()[1] == b"400"


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:9", "https://{host}", "http://{host}.evil.example", ""]
)
def test_a_foreign_origin_is_refused(lab: Lab, origin: str) -> None:
    answer = lab.ask("/api/session", Origin=origin.format(host=lab.host))
    assert (answer.status, answer.problem) == (403, "asked by a page of another origin")


@pytest.mark.parametrize(
    ("name", "ours", "theirs"),
    [
        ("Origin", "http://{host}", "http://evil.example"),
        ("Sec-Fetch-Site", "same-origin", "cross-site"),
        ("X-Groundswell-Token", "{token}", "x"),
        ("Authorization", "Bearer {token}", "Bearer x"),
    ],
)
def test_a_header_that_decides_stands_there_once(lab: Lab, name: str, ours: str, theirs: str) -> None:
    """Else one part of a server may go by the first, and another by the second."""
    value = ours.format(host=lab.host, token=lab.token)
    own = {"Host": lab.host, "Authorization": f"Bearer {lab.token}", "X-Groundswell-Token": lab.token, "Content-Length": "2", name: value}
    lines = [*(f"{key}: {text}" for key, text in own.items()), f"{name}: {theirs}", "Connection: close"]
    told = lab.raw(("POST /api/check HTTP/1.1\r\n" + "\r\n".join(lines) + "\r\n\r\n{}").encode())
    assert b"stands there twice" in told


@pytest.mark.parametrize("site", ["cross-site", "same-site", "whatever"])
def test_a_foreign_site_is_refused(lab: Lab, site: str) -> None:
    """A page on another port of this machine is of the same site, and of another origin."""
    assert lab.ask("/api/session", Sec_Fetch_Site=site).status == 403
    assert lab.ask(f"/?token={lab.token}", Authorization=None, Sec_Fetch_Site=site).status == 403


@pytest.mark.parametrize("path", ["/", "/api/session", "/api/jobs", "/static/index.html", "/favicon.ico", "/api/cases", "/nothing"])
def test_without_a_token_nothing_is_told(lab: Lab, path: str) -> None:
    answer = lab.ask(path, Authorization=None)
    assert (answer.status, answer.problem) == (401, "the token is missing; open the address that `groundswell lab` printed, with its token")
    assert lab.ask(path, Authorization="Bearer " + "x" * len(lab.token)).status == 401
    assert lab.ask(path, Authorization=f"Basic {lab.token}").status == 401
    assert lab.ask(path, Authorization=None, Cookie=f"groundswell-{lab.port}=wrong").status == 401


def test_a_person_reads_why_in_plain_words(lab: Lab) -> None:
    answer = lab.ask("/", Authorization=None, Accept="text/html,application/xhtml+xml")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.body == b"the token is missing; open the address that `groundswell lab` printed, with its token\n"


def test_a_wrong_token_opens_nothing(lab: Lab) -> None:
    for token in ("wrong", "", lab.token[:-1], lab.token + "x"):
        answer = lab.ask(f"/?token={token}", Authorization=None)
        assert answer.status == 401
        assert "set-cookie" not in answer.headers


def test_the_printed_address_gives_a_cookie_that_is_kept_from_others(lab: Lab) -> None:
    answer = lab.ask(f"/?token={lab.token}", Authorization=None)
    assert (answer.status, answer.headers["location"]) == (303, "/")
    cookie, *words = answer.headers["set-cookie"].split("; ")
    assert cookie == f"groundswell-{lab.port}={lab.token}"
    assert set(words) == {"HttpOnly", "SameSite=Strict", "Path=/"}
    assert lab.ask("/", Authorization=None, Cookie=f'other={{a,b"; {cookie}').status == 200


def test_a_change_needs_the_header_too(lab: Lab) -> None:
    """A form of another page would send the cookie, if its browser let it, and cannot send a header."""
    cookie = f"groundswell-{lab.port}={lab.token}"
    body = {"scenario": {"case": "atlantis", "settings": {}}}
    for given in (None, "", "wrong"):
        answer = lab.ask("/api/check", "POST", body, Authorization=None, Cookie=cookie, X_Groundswell_Token=given)
        assert (answer.status, answer.problem) == (403, "needs the header x-groundswell-token")
    assert lab.ask("/api/check", "POST", body, Authorization=None, Cookie=cookie).status == 200
    assert lab.ask("/api/check", "POST", body, Authorization=None).status == 401


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "CONNECT"])
def test_other_methods_are_refused(lab: Lab, method: str) -> None:
    assert lab.ask("/api/jobs", method).status == 405
    assert lab.ask("/nothing", method).problem == "only GET, HEAD, POST are answered"


@pytest.mark.parametrize(
    "path",
    [
        "/static/../api.py", "/static/%2e%2e/api.py", "/static/%2E%2E%2fapi.py", "/static/..%2fapi.py", "/static/%252e%252e/api.py",
        "/static/..\\api.py", "/static/%5c..%5capi.py", "/static//etc/passwd", "/%2e%2e/%2e%2e/secret.txt", "/static/x%00.js",
        "/api/runs/../../secret.txt/report", "/api/runs/%2e%2e/report", "/api/runs/..%2f..%2fetc/series", "/api/schema/%2e%2e",
        "/api/schema/..", "/./api/session", "/static/.hidden", "/static/index.html;x", "/api/jobs/\xe9".encode().decode("latin-1"),
        "http://127.0.0.1/api/session", "*",
    ],
)  # fmt: skip
def test_paths_that_are_not_plain_are_refused(lab: Lab, path: str) -> None:
    answer = lab.raw(
        f"GET {path} HTTP/1.1\r\nHost: {lab.host}\r\nAuthorization: Bearer {lab.token}\r\nConnection: close\r\n\r\n".encode("latin-1")
    )
    assert answer.split()[1] == b"400", answer
    assert b"secret" not in answer
    assert b"Addresses of the laboratory" not in answer


def test_static_files_are_those_of_the_page_alone(lab: Lab) -> None:
    assert lab.ask("/static/index.html").status == 200
    for path in ("/static", "/static/", "/static/nothing.js", "/static/vendor", "/api.py", "/secret.txt", "/runs/atlantis/case.toml"):
        assert lab.ask(path).status in (404, 307), path


def test_a_file_of_the_page_is_sent_once(lab: Lab) -> None:
    first = lab.ask("/static/app.js")
    assert first.headers["content-type"].startswith("text/javascript")
    again = lab.ask("/static/app.js", If_None_Match=first.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    assert lab.ask("/static/app.js", If_None_Match='"other"').body == first.body


@pytest.mark.parametrize("upgrade", ["websocket", "h2c", "WebSocket, x"])
@pytest.mark.parametrize("path", ["/api/jobs", "/", "/api/jobs/x/progress"])
def test_nothing_is_upgraded(lab: Lab, upgrade: str, path: str) -> None:
    """A WebSocket is not bound to an origin: a page elsewhere may open one, with the cookies of ours."""
    cookie = f"groundswell-{lab.port}={lab.token}"
    text = (
        f"GET {path} HTTP/1.1\r\nHost: {lab.host}\r\nCookie: {cookie}\r\nUpgrade: {upgrade}\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    answer = lab.raw(text.encode())
    assert answer.split()[1] == b"400", answer
    assert b"nothing here is upgraded" in answer


def test_a_large_body_is_refused_before_it_is_read(lab: Lab) -> None:
    """Its length says so: the answer comes though not a byte of it was sent."""
    head = f"POST /api/check HTTP/1.1\r\nHost: {lab.host}\r\nAuthorization: Bearer {lab.token}\r\nX-Groundswell-Token: {lab.token}\r\n"
    for length in (str(LARGEST + 1), "9" * 15):
        answer = lab.raw(f"{head}Content-Length: {length}\r\n\r\n".encode())
        assert answer.split()[1] == b"413", answer
    for length in ("-1", "1e3", "0x10", "1, 2", "9" * 400):
        assert lab.raw(f"{head}Content-Length: {length}\r\n\r\n".encode()).split()[1] in (b"400", b"413")


def test_a_body_without_an_end_is_refused_once_it_is_too_large(lab: Lab) -> None:
    head = f"POST /api/check HTTP/1.1\r\nHost: {lab.host}\r\nAuthorization: Bearer {lab.token}\r\nX-Groundswell-Token: {lab.token}\r\n"
    chunk = b"4000\r\n" + b"x" * 0x4000 + b"\r\n"
    sent, began = 0, time.monotonic()
    with socket.create_connection(("127.0.0.1", lab.port), timeout=10) as line:
        line.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        try:
            while sent < 64 << 20 and time.monotonic() - began < 20:
                line.sendall(chunk)
                sent += 0x4000
        except (BrokenPipeError, ConnectionResetError):
            pass
        told = heard(line)
    assert sent < 16 << 20  # what the sockets' buffers take, and no more
    assert not told or told.split()[1] == b"413"
    assert lab.ask("/api/session").status == 200


def test_a_body_of_the_largest_size_is_read(lab: Lab) -> None:
    filler = " " * (LARGEST - 60)
    text = '{"scenario": {"case": "atlantis", "settings": {}}' + filler
    text += " " * (LARGEST - len(text) - 1) + "}"
    assert len(text) == LARGEST
    assert lab.ask("/api/check", "POST", text).status == 200
    assert lab.ask("/api/check", "POST", text + " ").status == 413


def test_a_question_has_no_body(lab: Lab) -> None:
    assert lab.ask("/api/session", body="x").status == 400
    head = f"GET /api/session HTTP/1.1\r\nHost: {lab.host}\r\nAuthorization: Bearer {lab.token}\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert lab.raw(f"{head}1\r\nx\r\n0\r\n\r\n".encode()).split()[1] == b"400"


def test_every_answer_tells_browsers_to_hold_to_the_page(lab: Lab) -> None:
    for path, method in (("/", "GET"), ("/static/index.html", "GET"), ("/api/session", "GET"), ("/nothing", "GET"), ("/", "PUT")):
        headers = lab.ask(path, method).headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'self';")
        assert "unsafe" not in policy
        assert {"frame-ancestors 'none'", "object-src 'none'", "base-uri 'none'"} <= set(policy.split("; "))
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["cache-control"] == ("no-cache" if path.startswith("/static") else "no-store")
        assert "access-control-allow-origin" not in headers
        assert "server" not in headers


def test_it_listens_on_loopback_alone(lab: Lab) -> None:
    tables = [Path(f"/proc/{lab.process.pid}/net/{name}") for name in ("tcp", "tcp6")]
    if not tables[0].exists():
        pytest.skip("needs Linux's list of sockets")
    lines = [line.split() for one in tables if one.exists() for line in one.read_text().splitlines()[1:]]
    mine = {words[1] for words in lines if words[3] == "0A" and words[1].endswith(f":{lab.port:04X}")}
    assert mine == {f"0100007F:{lab.port:04X}"}


def test_the_token_is_drawn_anew_and_long(lab: Lab, tmp_path: Path) -> None:
    other = Lab(tmp_path / "more" / "runs")
    try:
        assert len(lab.token) >= 43
        assert other.token != lab.token
        assert lab.ask("/api/session", Authorization=f"Bearer {other.token}").status == 401
    finally:
        assert other.stop() == 0
    assert stat.S_ISDIR((tmp_path / "more" / "runs").stat().st_mode)


def test_the_token_stands_in_no_list_of_processes(lab: Lab) -> None:
    command = Path(f"/proc/{lab.process.pid}/cmdline")
    if not command.exists():
        pytest.skip("needs Linux's list of processes")
    assert lab.token.encode() not in command.read_bytes()


def test_a_port_that_is_taken_is_one_line(lab: Lab, tmp_path: Path) -> None:
    words = [sys.executable, "-m", "groundswell", "lab", str(tmp_path / "x"), "--port", str(lab.port), "--no-browser"]
    done = subprocess.run(words, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: --port {lab.port}: cannot be used")
    assert done.stderr.count("\n") == 1
