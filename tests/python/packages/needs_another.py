import qqqwww_zzz  # noqa: F401
