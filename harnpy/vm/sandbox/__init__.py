"""The sandbox: what a program may do, by builtin, by effect and by scope (docs/sandbox.md).

Loaded only by runs that have one. Policies are data (policy.py); guard.py holds a runtime to them.
"""
