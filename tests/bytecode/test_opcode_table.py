"""Every instruction of the table is made, lowered, printed, and has the stack effect that the table promises."""

from __future__ import annotations

import os

import pytest
from golden_programs import ENTRIES, FOLDER, PROGRAMS, chunks, compiled
from support import make_test_runtime

from harnpy.bytecode.chunk import pack, pack_positions, unpack, unpack_positions
from harnpy.bytecode.disassembler import disassemble
from harnpy.bytecode.opcodes import OPCODES, Op
from harnpy.bytecode.verifier import _Pass, analyze
from harnpy.vm import linker
from harnpy.vm.errors import HarnError
from harnpy.vm.linker import LOWERED, LinkedFunction
from harnpy.vm.modules import ModuleInstance
from harnpy.vm.runtime import Session


class HeightsPass(_Pass):
    """The verifier's pass, remembering the stack height before each instruction and whether it can be reached."""

    def __init__(self, chunk):
        self.before = {}
        super().__init__(chunk, analyze(chunk))

    @property
    def index(self):
        return self._index

    @index.setter
    def index(self, index):
        """The pass goes on to another instruction."""
        self._index = index
        self.before[index] = (self.height, self.reachable)


def checking_link(executed, wrong):
    """A replacement for LinkedFunction.link whose steps compare the operand stack with what the verifier knows."""
    link = LinkedFunction.link

    def linked(function):
        if function.code is not None:
            return function.code
        link(function)
        heights = HeightsPass(function.chunk)
        heights.run()
        code, previous = function.code, -1
        for place, ((handler, operand), origin) in enumerate(zip(list(code), function.origins)):
            if origin != previous:
                code[place] = (watched(handler, function, origin, heights.before[origin]), operand)
            previous = origin
        return code

    def watched(handler, function, origin, expectation):
        op = heights_op(function, origin)

        def step(frame, operand):
            executed.add(op)
            height, reachable = expectation
            if len(frame.stack) != height or not reachable:
                wrong.append((function.name, origin, op.name, len(frame.stack), expectation))
            return handler(frame, operand)

        return step

    def heights_op(function, origin):
        return Op(list(unpack(function.chunk.code))[origin][0])

    return linked


def test_the_table_describes_every_opcode():
    assert set(OPCODES) == set(Op)
    assert sorted(Op) == list(range(len(Op)))
    assert all(info.text.endswith(".") for info in OPCODES.values())


def test_the_linker_lowers_every_opcode():
    assert set(Op) == LOWERED


def test_the_linker_lowers_no_opcode_in_two_ways():
    assert not set(linker._SPECIAL) & set(linker._DIRECT)
    assert set(linker._OPENERS) <= {op for op in Op if OPCODES[op].opens}


def test_the_compiler_makes_every_opcode_somewhere_in_the_golden_programs():
    made = {
        instruction[0]
        for name in PROGRAMS
        for chunk in chunks(compiled(name).main)
        for instruction in unpack(chunk.code)
    }
    assert {op.name for op in Op} - {Op(op).name for op in made} == set()


def test_the_disassembler_names_every_opcode():
    text = "".join(disassemble(compiled(name)) for name in PROGRAMS)
    words = set(text.split())
    assert {op.name for op in Op} <= words


def test_the_stack_is_always_as_high_as_the_verifier_says(monkeypatch):
    executed, wrong = set(), []
    monkeypatch.setattr(LinkedFunction, "link", checking_link(executed, wrong))
    for name in ENTRIES:
        runtime = make_test_runtime(virtual_time=True)
        path = os.fspath(FOLDER / name)
        try:
            runtime.run(runtime.compile((FOLDER / name).read_bytes(), path, use_cache=False))
        except HarnError as error:
            assert "Cannot redeclare" in error.text
        finally:
            runtime.close()
    assert wrong == []
    leaves_no_step = {Op.BLOCK, Op.LOOP, Op.TRY_CATCH, Op.TRY_FINALLY, Op.END}
    assert {op.name for op in Op} - {op.name for op in executed} <= {op.name for op in leaves_no_step}


def test_the_stack_of_a_session_is_as_high_as_the_verifier_says(monkeypatch):
    executed, wrong = set(), []
    monkeypatch.setattr(LinkedFunction, "link", checking_link(executed, wrong))
    session = Session(make_test_runtime(), "<repl>")
    for text in ("var x = 1", "fn f() { return x + 1 }", "x = x + 4", "f() + x", "if x > 1 { [x] } else { nil }"):
        value, _ = session.eval(text)
    assert (value, wrong) == ([5], [])


@pytest.mark.parametrize("op", [op for op in Op if OPCODES[op].operands], ids=lambda op: op.name)
def test_operands_of_any_size_survive_packing(op):
    instructions = [
        (int(op), *[value] * len(OPCODES[op].operands)) for value in (0, 1, 127, 128, 300, 16_383, 16_384, 1 << 30)
    ]
    assert list(unpack(pack(instructions))) == instructions


def test_positions_survive_packing():
    positions = [(1, 1), (1, 200), (900, 3), (2, 0), (2, 70_000), (1, 1)]
    assert unpack_positions(pack_positions(positions)) == positions


@pytest.mark.parametrize("name", PROGRAMS)
def test_each_step_knows_the_instruction_it_came_from(name):
    runtime = make_test_runtime()
    module = compiled(name)
    instance = ModuleInstance(runtime, module, name, ".", name)
    for chunk in chunks(module.main):
        function = LinkedFunction(chunk, instance)
        steps = function.link()
        assert function.origins == sorted(function.origins)
        assert len(function.origins) == len(steps)
        assert all(function.position(pc) != (0, 0) for pc in range(len(steps)))
