"""Many small tasks whose outcome is a row of numbers and small arrays, shared among processes and kept.

A *kind* of task is a function in a module, and what it returns is declared:

    # counts.py
    from groundswell.studies import Output, kind

    @kind(outputs={"total": Output("u2", (52, 31)), "mean": Output("f8")})
    def counts(common, payload):
        ...
        return {"total": array, "mean": 3.5}

A *study* is a folder of tasks of one kind. What all tasks share is its `common`, what one has of its own is its `payload`; both
are plain JSON. A task's key is a hash of the kind, the version of groundswell, the common part and the payload.

    >>> from groundswell.studies import Study, designs
    >>> from counts import counts
    >>> points = designs.random({"fear.decay": designs.Axis(0.01, 0.2, log=True)}, 1000, seed=1)
    >>> study = Study("runs/mine", counts, [{**point, "seed": k} for k, point in enumerate(points)], common={"case": "iran"})
    >>> study.run(workers=2)     # Ctrl-C, a kill, a crash: run it again, and it goes on
    >>> study.frame()            # polars: one row a task: task, key, payload's columns, status, problem, numbers and texts
    >>> study.arrays("total")    # shape (tasks, 52, 31), in the order of the tasks
    >>> study.extend(more)       # further payloads; what is done stays done
    >>> Study("runs/mine").frame()  # a kept study is read without its kind

The interface:

* `Output(dtype, shape=())`: what a kind returns under a name. `dtype`: "?", "i1" to "i8", "u1" to "u8", "f4", "f8", or "text". An
  empty shape is a number (or a text) and becomes a column; any other becomes an array.
* `kind(outputs=..., prepare=None, version=1, memory=None)`: a decorator. `outputs` is a mapping, or a function of `common` (with the
  study's `paths` in it) that gives one. `prepare(common)` is done once a process, and what it gives stands in place of `common` when the
  function is called: an opened population, a checked scenario. `version` rises when the function's results change. `memory(common)`
  is how many bytes a process needs.
* `Study(folder, kind=None, tasks=None, *, common=None, paths=None, once=False)`: begins a study, or takes it up: the tasks that the
  folder keeps must be the first of those given, which are gone through once: ten million from a generator are as good as a list. `paths`
  says where things are (a case's folder); it is in `common` when the work is done, but in no key, and may be given anew when a study
  has moved. A task that is given twice is refused, or (`once`) taken once.
* `Study.run(workers=None, *, batch=None, again=False, progress=None, cluster=None) -> Count`: what is missing is done. One worker is this
  process; more are processes of their own; a cluster's are Dask's. `again`: failed tasks, too. Raises `Stopped` after Ctrl-C.
* `Study.extend(tasks, *, once=False) -> int`, `Study.numbers(payloads)` (the number of each one's task, or -1), `Study.missing() ->
  list[int]`, `Study.count() -> Count` (tasks, done, failed, missing), `Study.failed() -> dict[int, str]`, `Study.tasks` (a sequence of
  `Task(key, payload)`), `Study.verify()`.
* `Study.frame()` tells of every task, missing ones too. `Study.arrays(name)` is refused while a task is missing: what finished first is no
  fair sample. Rows of failed tasks hold nan, or 0.
* Memory: whoever drives a study holds its keys and numbers, some forty bytes a task, and windows of payloads and outcomes. What is asked
  for whole (`frame`, `arrays`, `missing`, `failed`) is as large as it is.
* `designs`: grid, random, sobol, latin_hypercube: lists of points, each addressed by its index.
* `groundswell.studies.sweep.Sweep`: a scenario under a `Design`, with Sobol's and Morris's indices and response curves.
* `groundswell.studies.cluster.Cluster`: where Dask's workers are: `study.run(cluster=Cluster())`.
* `groundswell.studies.scenario`: the kind `scenario`, which runs a scenario and returns national measures and series.

Files: `study.json`, `tasks.parquet`, `parts/*.npz` (a batch's outcomes, named by their content), and when all is done `results.parquet` and
`arrays/*.npy`, whose bytes depend on the tasks alone: not on workers, batches, order or kills.
"""

from __future__ import annotations

from groundswell.studies import designs
from groundswell.studies.design import Design
from groundswell.studies.designs import Axis, Choice
from groundswell.studies.kept import Count
from groundswell.studies.kinds import Kind, Output, kind
from groundswell.studies.study import Stopped, Study
from groundswell.studies.tasks import Task

__all__ = ["Axis", "Choice", "Count", "Design", "Kind", "Output", "Stopped", "Study", "Task", "designs", "kind"]
