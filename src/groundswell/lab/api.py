"""Addresses of the laboratory and what they answer. All JSON; a day is `YYYY-MM-DD`; a number that is not known is null.

`/` is `static/index.html`, `/static/...` the other files of the page. An error is 4xx with `{"error": {"message", "key", "nearest"}}`.

A **scenario** that is sent is `{"case": NAME, "settings": {KEY: VALUE}}`, where KEY is the `key` of a field of the form; a key that is
left out is as the case has it. Sending a default changes nothing.

```text
GET  /api/session            {token, version, folder}
GET  /api/cases              [{name, title, summary, start, end, real, step, provinces: [{code, name, population}], boundaries,
                               licence, claims, broken}]    step: "day" or "week"; boundaries: an address or null; claims: true or false;
                               broken: the case cannot be read, and summary says why; then only name and title are there
GET  /api/schema/{case}      {case, groups: [{key, title, doc, fields: [{key, title, kind, default, unit, range, doc, source,
                               choices}]}]}
       kind: number, integer, choice, date, flag, several (a list of choices); range: [low, high], null where open; for dates, days;
       choices: [{value, title}] or null; a flag is true or false, its choices are null
GET  /api/boundaries/{case}  GeoJSON: {type: "FeatureCollection", features: [{type, id: CODE, properties: {name}, geometry}]}
POST /api/check              {scenario, replicates?, name?} -> {scenario, command, warnings: [TEXT], rows, days}
                               scenario: resolved: {name, case, title, start, end, scale, seed, provinces, values: {KEY: VALUE},
                               changed: [{key, value, default, unit, doc}]}
POST /api/runs               {name?, scenario, replicates?} -> 202 {id}
POST /api/comparisons        {name?, base, other, replicates} -> 202 {id}    base and other: scenarios; differences are base - other
GET  /api/jobs               [JOB], the newest first
GET  /api/jobs/{id}          JOB: {id, kind: "run"|"replicates"|"comparison", status: "waiting"|"running"|"done"|"stopped"|"failed",
                               progress: 0..1, message, made: "YYYY-MM-DDTHH:MM:SSZ", case, title, resumable, replicates}
GET  /api/jobs/{id}/progress Server-Sent Events: `data: JOB`, the last one when it is no longer waiting or running
POST /api/jobs/{id}/cancel   JOB; stops at the end of the day, with a checkpoint
POST /api/jobs/{id}/resume   JOB; 202
GET  /api/runs/{id}          {id, title, case, kind, replicates, summary: [{label, value, text, unit, note, low, high}], hash,
                               provenance: [[LABEL, TEXT]], command, verify, report: ADDRESS|null, notes: [TEXT],
                               scenario: {case, settings} to fill the form with}
GET  /api/runs/{id}/series   {days, series: [{name, title, unit, group, values, low?, high?}]}; group: people, repression, mind,
                               regime, units, acts, reports
GET  /api/runs/{id}/map      {step, steps, days, provinces, series: [{name, title, unit, values: [step][province]}]}; days: the number
                               of days in each step; of very many numbers values are null but for ?series=NAME,NAME
GET  /api/runs/{id}/record   {weeks, unit, truth, sources: [{name, title, values}]}; gatherings by week, the nation
GET  /api/runs/{id}/report   the kept page, in a sandbox
GET  /api/comparisons/{id}   {id, title, case, replicates, names: [A, B], rows: [{key, quantity, unit, a, b, difference, low, high}],
                               days, series: [{name, title, unit, group, a, b, difference, low, high}], commands: [TEXT], notes: [TEXT],
                               report, provenance}
GET  /api/comparisons/{id}/report   the kept page, in a sandbox
GET  /api/claims/{case}      {judged: bool, found: NAME|null, claims: [{id, sentence, by, who, source, date, operational, outside,
                               tested: ["model", "data"], verdict, because, data, prior, posterior, would_change}]};
                               verdict and what follows it are null where not judged
```
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundswell import __version__
from groundswell.core.errors import GroundswellError, InputError, nearest
from groundswell.lab import about_cases, checking, kept, places, scenarios
from groundswell.lab.jobs import Line
from groundswell.lab.kept import Order
from groundswell.lab.scenarios import Sent

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from groundswell.experiments.scenario import Scenario

LOOK = 0.25  # seconds between two looks at how far a run is
BREATH = 15.0  # seconds after which a quiet stream says that it lives
SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
Handler = Callable[..., Any]


class Api:
    """Answers to the addresses above. Handlers that read files run in threads of the server's pool.

    Args:
        root, called: the folder, and how the user wrote it.
        token: what the page must send to change something.
        line: who carries out orders.
        ended: whether the server is ending.
    """

    def __init__(self, root: Path, called: Path, token: str, line: Line, ended: Callable[[], bool]) -> None:
        self.root, self.called, self.token, self.line, self.ended = root, called, token, line, ended

    def routes(self) -> list[tuple[str, str, Handler]]:
        """Method, address and handler of each."""
        return [
            ("GET", "/api/session", self._json(lambda _: self.session())),
            ("GET", "/api/cases", self._json(lambda _: about_cases.listed(self.root))),
            ("GET", "/api/schema/{case}", self._json(self.schema)),
            ("GET", "/api/boundaries/{case}", self._json(lambda r: about_cases.boundaries(self.root, _path(r, "case")))),
            ("GET", "/api/claims/{case}", self._json(lambda r: about_cases.claims(self.root, _path(r, "case")))),
            ("POST", "/api/check", self._sent(self.check)),
            ("POST", "/api/runs", self._sent(self.add_run, 202)),
            ("POST", "/api/comparisons", self._sent(self.add_comparison, 202)),
            ("GET", "/api/jobs", self._json(lambda _: self.line.jobs())),
            ("GET", "/api/jobs/{id}", self._json(lambda r: self.line.job(_path(r, "id")))),
            ("GET", "/api/jobs/{id}/progress", self.progress),
            ("POST", "/api/jobs/{id}/cancel", self._json(self.cancel)),
            ("POST", "/api/jobs/{id}/resume", self._json(self.resume, 202)),
            ("GET", "/api/runs/{id}", self._json(self.run)),
            ("GET", "/api/runs/{id}/{what:str}", self.part),
            ("GET", "/api/comparisons/{id}", self._json(self.comparison)),
            ("GET", "/api/comparisons/{id}/report", self.comparison_report),
        ]

    def _json(self, tell: Callable[[Request], Any], status: int = 200) -> Handler:
        """A handler in a thread whose answer is JSON."""
        from groundswell.lab.application import answer

        def handler(request: Request) -> Response:
            return answer(tell(request), status)

        return handler

    def _sent(self, tell: Callable[[dict[str, Any]], Any], status: int = 200) -> Handler:
        """The same of what is sent as JSON; the guard has bounded it."""
        from groundswell.lab.application import answer

        async def handler(request: Request) -> Response:
            data = checking.document(await request.body())
            return answer(await asyncio.to_thread(tell, data), status)

        return handler

    def session(self) -> dict[str, Any]:
        """What the page needs before it can ask for more."""
        return {"token": self.token, "version": __version__, "folder": str(self.called)}

    def schema(self, request: Request) -> dict[str, Any]:
        """The form of a case."""
        from groundswell.lab.forms import form

        return form(self.root, _path(request, "case"))

    def check(self, data: dict[str, Any]) -> dict[str, Any]:
        """A scenario as it would run, and its command line."""
        checking.only(data, ("scenario", "replicates", "name"))
        sent, count = Sent.of(data.get("scenario")), checking.count_of(data.get("replicates"))
        scenario = scenarios.read(self.root, sent)
        name = places.checked_name(data["name"]) if data.get("name") else "NAME"
        words = scenarios.command(self.root, self.called, name, sent, count)
        return {**checking.resolved(scenario, sent), "command": words, "warnings": checking.warnings(scenario, count or 1)}

    def add_run(self, data: dict[str, Any]) -> dict[str, str]:
        """Put a run, or replicates of it, in line."""
        from groundswell.lab.contrasts import called

        checking.only(data, ("name", "scenario", "replicates"))
        sent, count = Sent.of(data.get("scenario")), checking.count_of(data.get("replicates"))
        scenario = scenarios.read(self.root, sent)
        kind = "run" if count is None else "replicates"
        title = f"{scenario.name}: {called(sent, Sent(sent.case, {}))[0]}" if sent.settings else scenario.name
        return self._add(Order(checking.name_of(data), kind, {"runs": sent}, count, title, kept.now()), {"": (sent, scenario)})

    def add_comparison(self, data: dict[str, Any]) -> dict[str, str]:
        """Put a comparison in line."""
        from groundswell.lab.contrasts import called, contrast_of

        checking.only(data, ("name", "base", "other", "replicates"))
        sent = {"a": Sent.of(data.get("base"), "base"), "b": Sent.of(data.get("other"), "other")}
        count = checking.count_of(data.get("replicates", 8)) or 1
        found = {arm: scenarios.read(self.root, one) for arm, one in sent.items()}
        contrast_of(sent, found)
        title = " against ".join(called(sent["a"], sent["b"]))
        order = Order(checking.name_of(data), "comparison", sent, count, title, kept.now())
        return self._add(order, {f".{arm}": (sent[arm], found[arm]) for arm in sent})

    def _add(self, order: Order, arms: dict[str, tuple[Sent, Scenario]]) -> dict[str, str]:
        """Keep the order, and as scenario files what options of the command line cannot say."""
        from groundswell.core.store import write_text

        name = self.line.add(order)
        for suffix, (sent, scenario) in arms.items():
            if suffix or scenarios.as_words(sent) is None:
                case = sent.case if isinstance(scenarios.case_target(self.root, sent.case), str) else f"./{sent.case}"
                try:
                    write_text(self.root / f"{name}{suffix}.toml", scenarios.as_toml(sent, scenario.name, case))
                except OSError as error:
                    raise InputError(f"cannot be written: {error.strerror or error}", file=self.root) from None
        return {"id": name}

    def cancel(self, request: Request) -> dict[str, Any]:
        """Stop a run at the end of its day."""
        name = _path(request, "id")
        self.line.job(name)
        self.line.cancel(name)
        return self.line.job(name)

    def resume(self, request: Request) -> dict[str, Any]:
        """Go on with a run that was stopped."""
        name = _path(request, "id")
        self.line.resume(name)
        return self.line.job(name)

    async def progress(self, request: Request) -> Response:
        """How far a run is, until it is no more under way."""
        from starlette.responses import StreamingResponse

        name = _path(request, "id")
        first = await asyncio.to_thread(self.line.job, name)
        return StreamingResponse(self._told(name, first), media_type="text/event-stream")

    async def _told(self, name: str, job: dict[str, Any]) -> AsyncIterator[bytes]:
        said, quiet = None, 0.0
        while True:
            if job != said or quiet >= BREATH:
                yield f"data: {json.dumps(job)}\n\n".encode() if job != said else b": still there\n\n"
                said, quiet = job, 0.0
            if job["status"] not in ("waiting", "running") or self.ended():
                return
            await asyncio.sleep(LOOK)
            quiet += LOOK
            try:
                job = await asyncio.to_thread(self.line.job, name)
            except GroundswellError:  # taken away meanwhile
                return

    def run(self, request: Request) -> dict[str, Any]:
        """A run or replicates in numbers, and what they are repeated from."""
        from groundswell.lab import runs

        one, order = self._opened(request, runs.KINDS)
        sent = order.scenarios["runs"] if order else scenarios.settings_of_kept(self.root, one.document, one.folder)
        count = len(one.about["seeds"]) if one.kind == "replicates" else None
        return {
            **self._head(one, order, runs.notes(one)),
            "replicates": count,
            "summary": runs.summary(one),
            "hash": one.about.get("state_hash") or ", ".join(runs.hashes(one)),
            "provenance": runs.provenance(one),
            "command": scenarios.command(self.root, self.called, one.name, sent, count) if sent else None,
            "verify": f"groundswell verify {self.called / one.name}" if one.kind == "run" else None,
            "scenario": sent.as_json() if sent else None,
        }

    def _opened(self, request: Request, kinds: tuple[str, ...]) -> tuple[Any, Order | None]:
        from groundswell.lab.answers import Opened

        name = _path(request, "id")
        one = Opened.of(self.root, name, kinds)
        try:
            return one, kept.read_order(self.root, name)
        except GroundswellError:
            return one, None

    def _head(self, one: Any, order: Order | None, notes: list[str]) -> dict[str, Any]:
        found = kept.found(one.folder)
        assert found is not None
        page = next((name for name in ("report.html", "comparison.html") if (one.folder / name).is_file()), None)
        kind = "comparisons" if one.kind == "comparison" else "runs"
        report = f"/api/{kind}/{one.name}/report" if page else None
        about = {"id": one.name, "title": order.title if order else found.title, "case": found.case, "kind": one.kind}
        return {**about, "notes": notes, "report": report}

    def part(self, request: Request) -> Response:
        """The nation's series, the map, the record or the page of a run."""
        from groundswell.lab import runs
        from groundswell.lab.application import answer

        what = _path(request, "what")
        if what not in ("series", "map", "record", "report"):
            raise InputError("there is no such part of a run", key="id", nearest=nearest(what, ("series", "map", "record", "report")))
        one, _ = self._opened(request, runs.KINDS)
        if what == "report":
            return page(one.folder / "report.html")
        if what == "map":
            return answer(runs.by_place(one, request.query_params.get("series", "").split(",")))
        return answer(runs.series(one) if what == "series" else runs.record(one))

    def comparison(self, request: Request) -> dict[str, Any]:
        """A comparison in numbers and by day."""
        from groundswell.lab import comparisons, runs
        from groundswell.lab.contrasts import called

        one, order = self._opened(request, comparisons.KINDS)
        count = len(one.about["seeds"])
        arms = order.scenarios if order else {arm: self._arm(one, arm) for arm in ("a", "b")}
        a, b = arms["a"], arms["b"]
        known = a is not None and b is not None
        commands = [scenarios.comparing(self.root, self.called, one.name, a, b, count)] if order and a and b else []
        return {
            **self._head(one, order, runs.notes(one)),
            "replicates": count,
            "names": list(called(a, b)) if a is not None and b is not None and known else ["a", "b"],
            "rows": comparisons.rows(one),
            **comparisons.series(one),
            "provenance": runs.provenance(one),
            "commands": commands,
        }

    def _arm(self, one: Any, arm: str) -> Sent | None:
        return scenarios.settings_of_kept(self.root, one.about["arms"][arm], one.folder)

    def comparison_report(self, request: Request) -> Response:
        """The page of a comparison."""
        from groundswell.lab import comparisons

        one, _ = self._opened(request, comparisons.KINDS)
        return page(one.folder / "comparison.html")


def page(path: Path) -> Response:
    """A kept page, which may neither run anything nor ask for anything.

    Raises:
        InputError: it is not there.
    """
    from starlette.responses import Response

    if path.is_symlink() or not path.is_file():
        raise InputError("this run keeps no page", key="id")
    return Response(
        path.read_bytes(), media_type="text/html", headers={"content-security-policy": SANDBOX, "x-frame-options": "SAMEORIGIN"}
    )


def _path(request: Request, name: str) -> str:
    return str(request.path_params[name])
