"""The laboratory in the browser: forms, runs, maps and curves on a page that this machine alone can open.

A *folder* is the one place that is read and written. Runs and comparisons in it are those of the command line, file by file; nothing is
kept elsewhere. Modules: `guard` (who may ask), `places` (what of the folder may be opened), `jobs` (a line of child processes), `child`
(what one of them does), `forms` (fields from parameter tables), `answers` and its neighbours (what is read out of run folders), `api`
(addresses and answers), `server` (the process).

The server needs the extra `[lab]`: starlette and uvicorn, imported late.
"""

from __future__ import annotations
