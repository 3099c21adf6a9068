"""Python inside Harn: what `import ... from "py:..."` needs. Nothing here is loaded by a program that imports no Python.

A value that is no Harn value is a PyObject (values.py). objects.py does to it what the language can do to a value,
conversion.py takes values across, functions.py holds what stands for Harn functions and other handles on the Python
side, loading.py imports modules.
"""
