"""The documentation site: `sphinx-build -W -n --keep-going -b html docs OUT`; it needs no network, and its pages load nothing from one.

Pages are the Markdown files of this folder. What can be written from the code is: a page with a line `<!-- site: ... -->` is filled in when
the site is built (`_ext/filled.py`), notebooks are run (`_ext/notebook.py`), links to files of the repository get a page that shows
the file (`_ext/repository.py`).
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))

from groundswell import __version__  # noqa: E402 - beside what follows, the one name that is needed

project = "groundswell"
author = "The groundswell authors"
copyright = "The groundswell authors, Apache-2.0"
release = version = __version__

extensions = ["myst_parser", "filled", "notebook", "repository", "checked"]
exclude_patterns = ["_ext", "_static"]
nitpicky = True
# Annotations name types of Python and NumPy, whose pages are elsewhere; names of groundswell must be found.
nitpick_ignore_regex = [("py:.*", r"(?!groundswell).*")]

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 4
myst_url_schemes = {"http": None, "https": None, "repo": None}
smartquotes = False
highlight_language = "none"
add_module_names = False
python_maximum_signature_line_length = 88
toc_object_entries = False

html_theme = "furo"
html_title = f"groundswell {__version__}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_copy_source = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#0072b2", "color-brand-content": "#00629a", "color-brand-visited": "#7a4b91"},
    "dark_css_variables": {"color-brand-primary": "#56b4e9", "color-brand-content": "#7cc4ee", "color-brand-visited": "#d894ba"},
}
