"""HTTP as the world offers it: connections, addresses, proxies, and the operations that pass the effect seam.

Model calls and the http builtins share one client, in transport.py. Nothing in here knows Harn values.
"""
