"""Seconds, said in hours, minutes and seconds."""


def spoken(seconds: int) -> str:
    """3725 is "1h 2m 5s"; parts that are zero are left out, and no time at all is "0s"."""
    hours = seconds // 3600
    minutes = seconds // 60
    parts = [(hours, "h"), (minutes, "m"), (seconds % 60, "s")]
    return " ".join(f"{count}{unit}" for count, unit in parts if count) or "0s"
