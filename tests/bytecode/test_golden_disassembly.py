"""What the compiler makes of small programs, kept as text beside them.

After a deliberate change: `python -m pytest tests/bytecode/test_golden_disassembly.py` shows the differences, and
`harn disasm` prints what the new text is.
"""

from __future__ import annotations

import pytest
from golden_programs import FOLDER, PROGRAMS, compiled

from harnpy.bytecode.disassembler import disassemble


@pytest.mark.parametrize("name", PROGRAMS)
def test_program_compiles_to_the_expected_code(name):
    expected = (FOLDER / name).with_suffix(".txt").read_text()
    assert disassemble(compiled(name)) == expected


def test_there_is_no_expectation_without_a_program():
    assert sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.txt")) == [
        name.removesuffix(".harn") + ".txt" for name in PROGRAMS
    ]
