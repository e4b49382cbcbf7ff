"""Readers that break, for processes that are started by a test."""

from __future__ import annotations

#: A sitecustomize.py: RIS files called poison… end the process, slow… take a while; hidden… cannot be opened.
HOOK = """
import importlib.machinery, os, sys, time
class Finder:
    def find_spec(self, name, path, target=None):
        if name != "index.sources.ris":
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        load = spec.loader.exec_module
        def loaded(module):
            load(module)
            read = module.read
            def changed(path, *, source, name):
                if name.startswith("poison"):
                    os._exit(9)
                if name.startswith("slow"):
                    time.sleep(0.2)
                return read(path, source=source, name=name)
            module.read = changed
        spec.loader.exec_module = loaded
        return spec
sys.meta_path.insert(0, Finder())
def hide(event, arguments):
    if event == "open" and "hidden" in str(arguments[0]):
        raise PermissionError(13, "Permission denied")
sys.addaudithook(hide)
"""
