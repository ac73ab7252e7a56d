"""Dask's workers do the same work, and nothing that is killed is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import toy_kinds

from groundswell.core.errors import InputError
from groundswell.studies import Study
from groundswell.studies.cluster import Cluster, _Waiting, check_address
from groundswell.studies.digests import Digests
from groundswell.studies.sharing import Work
from groundswell.studies.tasks import Tasks

HERE = Path(__file__).parent
SRC = HERE.parents[1] / "src"


@pytest.mark.parametrize(
    "address", ["tls://10.0.0.5:8786", "tls://login.example.org:8786", "tcp://127.0.0.1:80", "tcp://localhost:1", "tcp://[::1]:9"]
)
def test_addresses_that_are_safe(address):
    check_address(address)
    Cluster(address)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("tcp://10.0.0.5:8786", "TLS alone"),
        ("tcp://0.0.0.0:8786", "TLS alone"),
        ("tcp://login.example.org:8786", "TLS alone"),
        ("tcp://127.0.0.1.example.org:8786", "TLS alone"),
        ("10.0.0.5:8786", "no address"),
        ("ws://127.0.0.1:80", "no address"),
        ("inproc://x:1", "no address"),
        ("tls://host", "no address"),
        ("tls://:8786", "no address"),
        ("", "no address"),
    ],
)
def test_addresses_that_are_not(address, message):
    with pytest.raises(InputError, match=message):
        Cluster(address)


def test_a_scheduler_that_says_it_listens_elsewhere_is_refused():
    from groundswell.studies.cluster import _check_reach

    class Client:
        def scheduler_info(self, n_workers):
            return {"address": "tcp://10.0.0.5:8786", "workers": {}}

    with pytest.raises(InputError, match="TLS alone"):
        _check_reach(Client())


def test_what_was_given_up_is_divided_and_a_suspect_stands_alone(tmp_path):
    work = Work(toy_kinds.toy, toy_kinds.toy.declared({}), {}, tmp_path, Tasks(Digests(), None), np.arange(20, dtype=np.int32))
    waiting = _Waiting(work, 16)
    given = waiting.take(2, busy=False)
    assert given == list(range(16))
    assert waiting.given_up(given) is None
    assert waiting.take(2, busy=False) == [16, 17, 18, 19]
    pieces = [waiting.take(2, busy=True) for _ in range(8)]
    assert sorted(number for piece in pieces for number in piece) == list(range(16))
    assert waiting.given_up([3]) is None
    assert waiting.take(2, busy=True) == []
    assert waiting.take(2, busy=False) == [3]
    assert waiting.given_up([3]) is None
    assert waiting.given_up([3]) == 3


PROGRAM = """
import sys, toy_kinds
from groundswell.studies import Study
from groundswell.studies.cluster import Cluster
if __name__ == "__main__":
    study = Study(sys.argv[1], toy_kinds.toy, [{"n": k} for k in range(80)], common={"seconds": 0.04})
    print(study.run(cluster=Cluster(workers=2), batch=4), flush=True)
"""


def started(folder):
    script = folder.with_suffix(".py")
    script.write_text(PROGRAM)
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(SRC), str(HERE)])}
    return subprocess.Popen([sys.executable, str(script), str(folder)], env=env, stdout=subprocess.PIPE, text=True)


def until_parts(folder, count, process):
    end = time.monotonic() + 60
    while len(list((folder / "parts").glob("[0-9a-f]*.npz"))) < count:
        assert time.monotonic() < end
        assert process.poll() is None
        time.sleep(0.02)


@pytest.mark.slow
def test_killed_workers_and_drivers_lose_nothing_and_nobody_listens_outside(tmp_path, files):
    pytest.importorskip("distributed")
    psutil = pytest.importorskip("psutil")
    calm = Study(tmp_path / "calm", toy_kinds.toy, [{"n": k} for k in range(80)], common={"seconds": 0.04})
    calm.run(2)
    folder = tmp_path / "killed"
    with started(folder) as driver:
        until_parts(folder, 2, driver)
        family = [psutil.Process(driver.pid), *psutil.Process(driver.pid).children(recursive=True)]
        listening = [each.laddr.ip for one in family for each in one.net_connections("inet") if each.status == psutil.CONN_LISTEN]
        assert len(listening) >= 3  # a scheduler, two workers
        assert set(listening) == {"127.0.0.1"}
        workers = [one for one in family[1:] if "spawn_main" in " ".join(one.cmdline())]
        assert len(workers) == 2
        workers[0].send_signal(signal.SIGKILL)
        until_parts(folder, 8, driver)
        kept = set((folder / "parts").glob("[0-9a-f]*.npz"))
        driver.kill()
    study = Study(folder)
    assert 0 < len(study.missing()) < 80
    assert study.run(2).done == 80
    assert kept <= set((folder / "parts").iterdir())
    assert files(folder) == files(calm.folder)
    study.verify()
