"""What the slots of one function are used for: a slot has one purpose, and a cell is there before it is used.

Part of verifying: it follows the pass through the code, block by block, and names what is wrong.
"""

from __future__ import annotations

from harnpy.bytecode.chunk import CaptureKind, Chunk


class SlotUse:
    """purpose of each slot, and the cells that exist at the place which the pass has reached."""

    def __init__(self, chunk: Chunk) -> None:
        self._count = chunk.slot_count
        self._purpose = dict.fromkeys(range(len(chunk.parameters)), "slot")
        self._cells: set[int] = set()
        # Per open block: the cells that it began with, and those that existed where the innermost loop began.
        self._saved: list[tuple[set[int], set[int]]] = []
        self._at_loop: set[int] = set()
        for capture in chunk.captures:
            shared = capture.kind is CaptureKind.CELL
            self._purpose[capture.target] = "cell" if shared else "slot"
            if shared:
                self._cells.add(capture.target)

    def use(self, kind: str, slot: int) -> str | None:
        """Note a use of slot; what is wrong with it, or None."""
        if slot >= self._count:
            return f"slot {slot} is out of range"
        if kind == "any":
            return self._clear(slot)
        purpose = self._purpose.setdefault(slot, kind)
        if purpose != kind:
            return f"slot {slot} is used as {kind} and as {purpose}"
        if kind == "cell" and slot not in self._cells:
            return f"there is no cell in slot {slot}"
        return None

    def make_cell(self, slot: int) -> str | None:
        """Note a NEW_CELL."""
        if slot < self._count:
            self._cells.add(slot)
        return self.use("cell", slot)

    def _clear(self, slot: int) -> str | None:
        purpose = self._purpose.get(slot)
        if purpose == "exit":
            return f"slot {slot} keeps an exit"
        if purpose == "cell":
            if slot in self._at_loop:
                return f"the cell in slot {slot} is cleared in a loop that began with it"
            self._cells.discard(slot)
        return None

    # --- blocks: what is made inside does not count behind -----------------------------------------------------------

    def open(self, is_loop: bool) -> None:
        self._saved.append((set(self._cells), self._at_loop))
        if is_loop:
            self._at_loop = set(self._cells)

    def middle(self) -> None:
        self._cells &= self._saved[-1][0]

    def close(self) -> None:
        cells, self._at_loop = self._saved.pop()
        self._cells &= cells
