"""Notebooks, kept without outputs: run when the site is built, and shown with what comes out. A cell that fails ends the build."""

from __future__ import annotations

import logging
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import nbclient
import nbformat
from docutils import nodes
from jupyter_client.manager import AsyncKernelManager
from myst_parser.parsers.sphinx_ import MystParser
from sphinx.application import Sphinx

SECONDS = 300  # for one cell, on a busy machine
logging.getLogger("traitlets").setLevel(logging.ERROR)


def run(text: str) -> Any:
    """A notebook with its outputs; it runs in an empty folder, and finds the groundswell that builds the site."""
    import groundswell

    notebook = nbformat.reads(text, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        places = {
            name: str(Path(folder) / name) for name in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR")
        }
        found = os.pathsep.join([str(Path(groundswell.__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
        work = Path(folder) / "work"
        work.mkdir()
        kept = dict(os.environ)
        os.environ.update({**places, "PYTHONPATH": found})
        try:
            # Sockets in this folder: no port is opened. What the kernel itself says (that its parent ends) is no output of a cell.
            kernel = AsyncKernelManager(kernel_name="python3", transport="ipc", ip=str(Path(folder) / "kernel"))
            client = nbclient.NotebookClient(
                notebook, km=kernel, timeout=SECONDS, startup_timeout=SECONDS, resources={"metadata": {"path": str(work)}}
            )
            client.execute(stderr=subprocess.DEVNULL)
        finally:
            os.environ.clear()
            os.environ.update(kept)
    return notebook


def as_markdown(notebook: Any) -> str:
    """The page of a notebook: text, code, and what came out."""
    parts = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            parts.append(cell.source)
        elif cell.cell_type == "code":
            parts.append(f"```python\n{cell.source}\n```")
            parts += [shown(output) for output in cell.outputs]
    return "\n\n".join(part for part in parts if part) + "\n"


def shown(output: Any) -> str:
    """One output of a cell."""
    if output.output_type == "stream":
        return f"```text\n{output.text.rstrip()}\n```" if output.name == "stdout" else ""
    data = output.get("data", {})
    for kind in ("text/html", "image/svg+xml"):
        if kind in data:
            body = "\n".join(line for line in data[kind].splitlines() if line.strip())  # an empty line would end the block
            return f'<div class="output">\n{body}\n</div>'
    if "image/png" in data:
        return f'<div class="output"><img alt="" src="data:image/png;base64,{data["image/png"].strip()}"></div>'
    return f"```text\n{data['text/plain']}\n```" if "text/plain" in data else ""


class NotebookParser(MystParser):
    """Runs a notebook and reads it as Markdown."""

    supported = ("notebook",)

    def parse(self, inputstring: str, document: nodes.document) -> None:
        """Fill the document."""
        super().parse(as_markdown(run(inputstring)), document)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_source_suffix(".ipynb", "notebook")
    app.add_source_parser(NotebookParser)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
