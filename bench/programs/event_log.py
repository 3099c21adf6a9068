"""Events as dicts, taken apart by match and by key into a state."""

import sys
from typing import Any

Event = dict[str, Any]


def event(index: int) -> Event:
    user = "user" + str(index % 50)
    if index % 4 == 0:
        return {"kind": "deposit", "user": user, "amount": index % 90}
    if index % 4 == 1:
        return {"kind": "withdraw", "user": user, "amount": index % 40}
    if index % 4 == 2:
        return {"kind": "rename", "user": user, "name": "name" + str(index % 13)}
    return {"kind": "noise", "user": user}


def signed_amount(entry: Event) -> Any:
    match entry:
        case {"kind": "deposit", "amount": amount}:
            return amount
        case {"kind": "withdraw", "amount": amount} if amount < 30:
            return -amount
        case {"kind": "withdraw"}:
            return -30
        case _:
            return 0


def main() -> None:
    size = int(sys.argv[1] if len(sys.argv) > 1 else "300000")
    balances: dict[str, int] = {}
    names: dict[str, str] = {}
    for index in range(size):
        entry = event(index)
        kind, user, name = entry["kind"], entry["user"], entry.get("name", "nobody")
        balances[user] = balances.get(user, 0) + signed_amount(entry)
        if kind == "rename":
            names[user] = name
    print(f"{sum(balances.values())} {balances.get('user7', 0)} {len(names)} {names.get('user2', 'nobody')}")


main()
