"""Sphinx builds the site from the Markdown beside this file: ``make docs``."""

from __future__ import annotations

import sys
from importlib.metadata import version as installed
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

project = "litquote"
author = "the authors of litquote"
copyright = author
version = release = installed("litquote")

extensions = ["myst_parser", "sphinx.ext.autodoc"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["screenshots"]
myst_heading_anchors = 3
#: Optional extras, of whose classes only ours are shown.
autodoc_mock_imports = ["langchain_core", "llama_index", "haystack"]
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True

html_theme = "furo"
html_title = "litquote"
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
