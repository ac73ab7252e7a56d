"""A line of orders: one is carried out at a time, by a child process; the others wait.

What is waiting is forgotten when the laboratory ends, but its order stays in the folder and can be taken up again. What is running is
asked to stop, keeps a checkpoint and can be taken up as well.
"""

from __future__ import annotations

import contextlib
import json
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from groundswell.core import children
from groundswell.core.errors import GroundswellError, InputError, one_line
from groundswell.lab import kept, places
from groundswell.lab.kept import Found, Order

PROGRAM = "import sys; from groundswell.lab.child import main; sys.exit(main())"
PATIENCE = 60.0  # seconds that a child has to keep its checkpoint when the laboratory ends
WORDS = {"people": "building people", "days": "simulating"}
LONGEST = 200  # orders that wait


@dataclass(frozen=True)
class Now:
    """How far the order is that is being carried out."""

    id: str
    progress: float = 0.0
    message: str = "starting"


class Child:
    """The process that carries out one order."""

    def __init__(self, root: Path, name: str) -> None:
        self.process = children.start(PROGRAM, encoding="utf-8")
        self._tell(json.dumps({"root": str(root), "id": name}))

    def _pipe(self) -> IO[str]:
        assert self.process.stdin is not None
        return self.process.stdin

    def _tell(self, line: str) -> None:
        with contextlib.suppress(BrokenPipeError, ValueError):  # it has ended
            print(line, file=self._pipe(), flush=True)

    def stop(self) -> None:
        """Ask it to stop at the end of its day; asking twice is the same."""
        self._tell("stop")

    def listen(self, hear: Callable[[Mapping[str, Any]], None]) -> dict[str, Any]:
        """Its words about progress, until the last one, which is returned."""
        assert self.process.stdout is not None
        last: dict[str, Any] = {}
        with contextlib.closing(self.process.stdout) as said:
            for line in said:
                word = json.loads(line) if line.endswith("\n") else {}
                if "end" in word:
                    last = word
                else:
                    hear(word)
        code = self.process.wait()
        with contextlib.suppress(OSError):
            self._pipe().close()
        return last or {"end": "error", "message": f"its process ended before it was done (exit code {code})", "key": None}

    def end(self) -> None:
        """End it at once."""
        with contextlib.suppress(OSError):
            self.process.kill()


class Line:
    """Orders of one folder, and what became of them.

    Args:
        root: the folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.changed = threading.Condition()
        self.waiting: list[str] = []
        self.now: Now | None = None
        self.child: Child | None = None
        self.closing = False
        self.thread = threading.Thread(target=self._work, name="orders", daemon=True)

    def start(self) -> None:
        """Begin to carry out what comes."""
        self.thread.start()

    def close(self) -> None:
        """Carry out no more: what is running stops at the end of its day, and is ended where that takes too long."""
        with self.changed:
            self.closing = True
            self.waiting.clear()
            child = self.child
            self.changed.notify_all()
        if self.thread.ident is None:
            return
        try:
            if child is not None:
                child.stop()
            self.thread.join(PATIENCE)
        finally:  # somebody may not want to wait
            if child is not None:
                child.end()

    def add(self, order: Order) -> str:
        """Keep an order and put it in line; its id. An order without one is called by its case and a number.

        Raises:
            InputError: something of that name is there, too much is waiting, or nothing can be written.
        """
        with kept.naming(self.root):
            name = order.id or self._free(order.case)
            if not kept.is_free(self.root, name):
                raise InputError("this name is taken; choose another", key="name")
            self._check_room()
            kept.write_order(self.root, replace(order, id=name))
        self._put(name)
        return name

    def _free(self, case: str) -> str:
        """The first free name for a run of a case."""
        base = "".join(c if c.isascii() and c.isalnum() else "-" for c in case.lower()).strip("-")[:48].strip("-") or "run"
        number = 1
        while not kept.is_free(self.root, f"{base}-{number}"):
            number += 1
        return f"{base}-{number}"

    def _check_room(self) -> None:
        with self.changed:
            if len(self.waiting) >= LONGEST:
                raise InputError(f"{LONGEST} wait already; let some of them end first", key="name")

    def _put(self, name: str) -> None:
        with self.changed:
            if name not in self.waiting and (self.now is None or self.now.id != name):
                self.waiting.append(name)
                self.changed.notify_all()

    def cancel(self, name: str) -> None:
        """Take it out of the line, or stop it at the end of its day; what does neither wait nor run is left as it is."""
        with self.changed:
            if name in self.waiting:
                self.waiting.remove(name)
            child = self.child if self.now is not None and self.now.id == name else None
            if child is not None and self.now is not None:
                self.now = replace(self.now, message="stopping at the end of the day")
        if child is not None:
            child.stop()

    def resume(self, name: str) -> None:
        """Put what was stopped, or failed, in line again; what waits, runs or is done is left as it is.

        Raises:
            InputError: its order is not in the folder.
        """
        about = self.job(name)
        if about["status"] not in ("stopped", "failed"):
            return
        order = kept.read_order(self.root, name)
        if order is None:
            raise InputError("was not begun here; go on with the command that began it", key="id")
        self._check_room()
        if order.failed:
            kept.write_order(self.root, replace(order, failed=""))
        self._put(name)

    def _work(self) -> None:
        """Carry out one order after the other."""
        while True:
            with self.changed:
                while not self.waiting and not self.closing:
                    self.changed.wait()
                if self.closing:
                    return
                self.now = Now(self.waiting.pop(0))
                name = self.now.id
                try:
                    self.child = Child(self.root, name)
                except OSError as error:
                    self.now, self.child, problem = None, None, f"no process can be started: {error.strerror or error}"
            if self.child is None:
                self._failed(name, problem)
                continue
            last = self.child.listen(self._hear)
            if last["end"] == "error":
                self._failed(name, f"{last['key']}: {last['message']}" if last.get("key") else str(last["message"]))
            with self.changed:
                self.now = self.child = None
                self.changed.notify_all()

    def _hear(self, word: Mapping[str, Any]) -> None:
        with self.changed:
            if self.now is None or "what" not in word:
                return
            done, of = int(word["done"]), max(int(word["of"]), 1)
            days = word["what"] == "days"
            started = f"day {done:,} of {of:,}" if done else "compiling, then simulating"
            message = started if days else WORDS.get(word["what"], str(word["what"]))
            if self.now.message.startswith("stopping"):
                message = self.now.message
            self.now = replace(self.now, progress=done / of if days else 0.0, message=message)

    def _failed(self, name: str, why: str) -> None:
        """Keep why an order failed."""
        try:
            order = kept.read_order(self.root, name)
            if order is not None:
                kept.write_order(self.root, replace(order, failed=one_line(why)))
        except GroundswellError as error:
            print(f"{name}: {why}; {error}", file=sys.stderr)

    def jobs(self) -> list[dict[str, Any]]:
        """All that is ordered or kept in the folder, the newest first."""
        every = []
        for name in kept.ids(self.root):
            with contextlib.suppress(GroundswellError):  # not ours to tell of, or gone meanwhile
                every.append(self.job(name))
        return sorted(every, key=lambda job: (job["made"], job["id"]), reverse=True)

    def job(self, name: str) -> dict[str, Any]:
        """One of them.

        Raises:
            InputError: there is none of that name.
        """
        if not places.FOUND.fullmatch(name):
            raise InputError(f"there is no run {name[:80]!r}", key="id")
        order = kept.read_order(self.root, name)
        path = self.root / name
        found = kept.found(path) if path.is_dir() and not path.is_symlink() else None
        if order is None and found is None:
            raise InputError(f"there is no run {name[:80]!r}", key="id")
        status, progress, message = self._state(name, order, found)
        about = order or found
        assert about is not None
        return {
            "id": name,
            "kind": about.kind,
            "status": status,
            "progress": round(progress, 4),
            "message": message,
            "made": about.made,
            "case": about.case,
            "title": about.title,
            "resumable": order is not None and status in ("stopped", "failed"),
            "replicates": about.replicates,
        }

    def _state(self, name: str, order: Order | None, found: Found | None) -> tuple[str, float, str]:
        """Status, progress and a message."""
        with self.changed:
            now, waiting = self.now, list(self.waiting)
        if now is not None and now.id == name:
            return "running", now.progress, now.message
        if name in waiting:
            ahead = waiting.index(name) + (now is not None)
            return "waiting", 0.0, f"{ahead} before it" if ahead else "next"
        if found is not None and found.whole:
            return "done", 1.0, ""
        if order is None:
            return "stopped", 0.0, "not finished; go on with the command that began it"
        if kept.is_worked_on(self.root, name):
            return "running", 0.0, "another laboratory, or what an ended one has left, is at work on it"
        return ("failed", 0.0, order.failed) if order.failed else ("stopped", 0.0, "can go on")
