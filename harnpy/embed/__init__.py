"""Embedding: Harn programs in Python programs. `harnpy` itself has the names that are meant for use.

engine.py runs work on a runtime from wherever it is asked to: without an event loop, on a running one, from other
threads. values.py takes values across, annotations.py reads what Python functions say about themselves, functions.py
makes builtins of them, module.py gives Harn's functions to Python. runtime.py is what users meet.
"""
