"""The verifier: what it refuses, and that whatever it lets through can only fail as a Harn program fails."""

from __future__ import annotations

import functools
import os

import pytest
from golden_programs import ENTRIES, FOLDER, chunks
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import make_test_runtime

from harnpy.bytecode.chunk import Capture, CaptureKind, Chunk, pack, pack_positions, unpack
from harnpy.bytecode.errors import BadBytecode
from harnpy.bytecode.opcodes import OPCODES, Op
from harnpy.bytecode.verifier import analyze, verify
from harnpy.records import replace
from harnpy.vm.errors import Cancelled, HarnError
from harnpy.vm.scheduler import AttentionFlag

# --- mutations -----------------------------------------------------------------------------------------------------

# After so many loop turns and calls a mutated program is cancelled; doubling a value that often is still cheap.
STEP_BOUND = 16


class CountingFlag(AttentionFlag):
    """The flag that loops and calls look at: ends the program after so many looks."""

    __slots__ = ("looks",)

    def __init__(self):
        self.looks = 0
        super().__init__()

    @property
    def pending(self):
        self.looks += 1
        if self.looks > STEP_BOUND:
            raise Cancelled
        return False

    @pending.setter
    def pending(self, value):
        pass


@functools.cache
def program(name):
    runtime = make_test_runtime()
    path = os.fspath(FOLDER / name)
    return runtime.compile((FOLDER / name).read_bytes(), path, use_cache=False)


def replaced(chunk: Chunk, wanted: int, code: bytes) -> tuple[Chunk, int]:
    """chunk with the code of its wanted-th descendant (depth first, itself 0) replaced, and how many it has."""
    if wanted == 0:
        return replace(chunk, code=code), -1
    wanted -= 1
    children = list(chunk.children)
    for index, child in enumerate(children):
        if wanted < 0:
            break
        children[index], wanted = replaced(child, wanted, code)
    return replace(chunk, children=tuple(children)), wanted


def run_bounded(module):
    """Run a module with bounded loops and calls, in virtual time, under an hour's deadline against waiting forever."""
    runtime = make_test_runtime(virtual_time=True)
    runtime.scheduler.flag = CountingFlag()
    runtime.tier = None
    make_fiber = runtime.main_fiber

    def main_fiber():
        fiber = make_fiber()
        fiber.enter_deadline(3_600_000)
        return fiber

    runtime.main_fiber = main_fiber
    try:
        runtime.run(module)
    except (HarnError, Cancelled):
        pass
    finally:
        runtime.close()


def check(module, wanted, code):
    main, _ = replaced(module.main, wanted, code)
    try:
        verify(main, len(module.variables))
    except BadBytecode:
        return
    before = sum(instruction[0] == Op.POWER for chunk in chunks(module.main) for instruction in unpack(chunk.code))
    after = sum(instruction[0] == Op.POWER for chunk in chunks(main) for instruction in unpack(chunk.code))
    if after <= before:  # towers of powers outlast everybody
        run_bounded(replace(module, main=main))


def mutated(draw, instructions):
    """instructions after one to three small changes."""
    instructions = list(instructions)
    for _ in range(draw(st.integers(1, 3))):
        if not instructions:
            break
        at = draw(st.integers(0, len(instructions) - 1))
        change = draw(st.sampled_from(["drop", "swap", "operand", "opcode", "copy"]))
        if change == "drop":
            del instructions[at]
        elif change == "swap":
            other = draw(st.integers(0, len(instructions) - 1))
            instructions[at], instructions[other] = instructions[other], instructions[at]
        elif change == "operand" and len(instructions[at]) > 1:
            changed = list(instructions[at])
            changed[draw(st.integers(1, len(changed) - 1))] = draw(st.integers(0, 14))
            instructions[at] = tuple(changed)
        elif change == "opcode":
            op = draw(st.sampled_from(list(Op)))
            operands = [draw(st.integers(0, 9)) for _ in OPCODES[op].operands]
            instructions[at] = (int(op), *operands)
        else:
            instructions.insert(draw(st.integers(0, len(instructions))), instructions[at])
    return instructions


FUZZ = settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))


@FUZZ
@given(st.data())
def test_changed_instructions_are_refused_or_safe_to_run(data):
    module = program(data.draw(st.sampled_from(ENTRIES)))
    every = list(chunks(module.main))
    wanted = data.draw(st.integers(0, len(every) - 1))
    check(module, wanted, pack(mutated(data.draw, unpack(every[wanted].code))))


@FUZZ
@given(st.data())
def test_changed_bytes_are_refused_or_safe_to_run(data):
    module = program(data.draw(st.sampled_from(ENTRIES)))
    every = list(chunks(module.main))
    wanted = data.draw(st.integers(0, len(every) - 1))
    code = bytearray(every[wanted].code)
    for _ in range(data.draw(st.integers(1, 2))):
        code[data.draw(st.integers(0, len(code) - 1))] = data.draw(st.integers(0, 255))
    check(module, wanted, bytes(code))


@pytest.mark.parametrize("name", ENTRIES)
def test_dropping_any_one_instruction_is_refused_or_safe(name):
    module = program(name)
    for wanted, chunk in enumerate(chunks(module.main)):
        instructions = list(unpack(chunk.code))
        for index in range(len(instructions)):
            check(module, wanted, pack(instructions[:index] + instructions[index + 1 :]))


# --- single rules --------------------------------------------------------------------------------------------------


def chunk_of(*instructions, constants=(), slots=3, children=(), generator=False, captures=(), parameters=()):
    return Chunk(
        "f",
        tuple(parameters),
        False,
        tuple(captures),
        slots,
        generator,
        tuple(constants),
        pack([(int(op), *operands) for op, *operands in instructions]),
        pack_positions([(1, 1)] * len(instructions)),
        tuple(children),
    )


def refusal(*instructions, **parts):
    with pytest.raises(BadBytecode) as caught:
        analyze(chunk_of(*instructions, **parts), 2)
    return str(caught.value).removeprefix("f: instruction ").split(": ", 1)[1]


RETURN_NIL = ((Op.NIL,), (Op.RETURN,))
CELL_CHILD = chunk_of(*RETURN_NIL, captures=[Capture(CaptureKind.CELL, 0, 0, "x")])
VALUE_CHILD = chunk_of(*RETURN_NIL, captures=[Capture(CaptureKind.VALUE, 0, 0, "x")])


@pytest.mark.parametrize(
    ("instructions", "parts", "message"),
    [
        ([(Op.NIL,)], {}, "the end is reached without RETURN"),
        ([(Op.RETURN,)], {}, "the operand stack underflows"),
        ([(Op.NIL,), (Op.BLOCK, 0), (Op.POP,), (Op.END,), (Op.RETURN,)], {}, "the operand stack underflows"),
        ([(Op.LOAD, 3), (Op.RETURN,)], {}, "slot 3 is out of range"),
        ([(Op.CONST, 0), (Op.RETURN,)], {}, "constant 0 is out of range"),
        ([(Op.CONST, 0), (Op.RETURN,)], {"constants": [[1]]}, "constant 0 is no const"),
        ([(Op.HOST, 0), (Op.RETURN,)], {"constants": [1]}, "constant 0 is no name"),
        ([(Op.CLOSURE, 0), (Op.RETURN,)], {}, "child 0 is out of range"),
        ([(Op.LOAD_MODULE, 2, 0), (Op.RETURN,)], {"constants": ["x"]}, "variable 2 is out of range"),
        ([(Op.NIL,), (Op.ADD_STORE, 3, 0), *RETURN_NIL], {}, "place 3 is out of range"),
        ([(Op.BLOCK, 2), *RETURN_NIL, (Op.END,), *RETURN_NIL], {}, "arity 2 is out of range"),
        ([(Op.BLOCK, 0), *RETURN_NIL], {}, "a block is not closed"),
        ([(Op.END,)], {}, "END without a block"),
        ([(Op.ELSE,)], {}, "ELSE without IF"),
        ([(Op.BLOCK, 0), (Op.CATCH,)], {}, "CATCH without TRY_CATCH"),
        ([(Op.BLOCK, 0), (Op.BR, 1), (Op.END,), *RETURN_NIL], {}, "branch to a block that is not open"),
        ([(Op.NIL,), (Op.AND,), (Op.BR, 0), (Op.END,), (Op.RETURN,)], {}, "branch to a AND block"),
        ([(Op.BLOCK, 1), (Op.BR, 0), (Op.END,), (Op.RETURN,)], {}, "a branch lacks its value"),
        ([(Op.BLOCK, 0), (Op.NIL,), (Op.END,), *RETURN_NIL], {}, "stack height 1 where 0 is due"),
        ([(Op.TRUE,), (Op.IF, 1), (Op.NIL,), (Op.END,), (Op.RETURN,)], {}, "an IF with a value lacks ELSE"),
        ([(Op.TRY_FINALLY, 0), (Op.NIL,), (Op.END,), (Op.RETURN,)], {}, "TRY_FINALLY without its second part"),
        ([(Op.LOAD_CELL, 0), (Op.RETURN,)], {}, "there is no cell in slot 0"),
        ([(Op.NEW_CELL, 0), (Op.LOAD, 0), (Op.RETURN,)], {}, "slot 0 is used as slot and as cell"),
        (
            [(Op.BLOCK, 0), (Op.NEW_CELL, 0), (Op.END,), (Op.LOAD_CELL, 0), (Op.RETURN,)],
            {},
            "there is no cell in slot 0",
        ),
        (
            [(Op.NEW_CELL, 0), (Op.LOOP,), (Op.LOAD_CELL, 0), (Op.POP,), (Op.CLEAR, 0), (Op.END,)],
            {},
            "the cell in slot 0 is cleared in a loop that began with it",
        ),
        ([(Op.CLOSURE, 0), (Op.RETURN,)], {"children": [CELL_CHILD]}, "there is no cell in slot 0"),
        (
            [(Op.NEW_CELL, 0), (Op.CLOSURE, 0), (Op.RETURN,)],
            {"children": [VALUE_CHILD]},
            "slot 0 is used as slot and as cell",
        ),
        ([(Op.DEADLINE_EXIT,), *RETURN_NIL], {}, "DEADLINE_EXIT outside of its FINALLY"),
        ([(Op.MUTEX_ENTER,), *RETURN_NIL], {}, "MUTEX_ENTER without TRY_FINALLY"),
        (
            [(Op.MUTEX_ENTER,), (Op.TRY_FINALLY, 0), (Op.NIL,), (Op.FINALLY,), (Op.END,), (Op.RETURN,)],
            {},
            "FINALLY does not begin with MUTEX_EXIT",
        ),
        ([(Op.GENERATOR,), *RETURN_NIL], {}, "GENERATOR out of place"),
        ([(Op.NIL,), (Op.YIELD,), *RETURN_NIL], {"generator": True}, "YIELD outside of a generator"),
        ([(Op.NIL,), (Op.TAIL_CALL, 0), (Op.RETURN,)], {"generator": True}, "TAIL_CALL where the frame is needed"),
        (
            [(Op.TRY_CATCH, 0, 0), (Op.NIL,), (Op.TAIL_CALL, 0), (Op.CATCH,), (Op.END,), (Op.RETURN,)],
            {"constants": [""]},
            "TAIL_CALL where the frame is needed",
        ),
        ([(Op.RETHROW, 0), *RETURN_NIL], {}, "RETHROW outside of a handler"),
        (
            [(Op.NIL,), (Op.FOR, 0), (Op.FOR, 0), (Op.POP,), (Op.END,), (Op.END,), *RETURN_NIL],
            {},
            "slot 0 is in use by a FOR block",
        ),
        ([(Op.IMPL, 0, 1, 0), *RETURN_NIL], {"constants": ["S", ["m"]]}, "IMPL needs a name for each method"),
        (
            [(Op.NIL,), (Op.STORE_PATH, 0, 0, 0, 0), *RETURN_NIL],
            {"constants": [[None]]},
            "STORE_PATH needs an index for each nil in its path",
        ),
        ([*RETURN_NIL], {"parameters": "abcd"}, "there are too few slots or parameters"),
        (
            [*RETURN_NIL],
            {"parameters": "a", "captures": [Capture(CaptureKind.VALUE, 0, 0, "x")]},
            "a capture goes to no slot of its own",
        ),
    ],
    ids=str,
)
def test_the_verifier_refuses(instructions, parts, message):
    assert refusal(*instructions, **parts) == message


@pytest.mark.parametrize("code", [bytes([len(Op)]), bytes([int(Op.CONST)]), bytes([int(Op.LIST)] + [0xFF] * 9)])
def test_code_that_cannot_be_unpacked_is_refused(code):
    with pytest.raises(BadBytecode):
        analyze(replace(chunk_of(*RETURN_NIL), code=code))


def test_a_refused_function_never_runs():
    module = program("arithmetic.harn")
    bad = replace(module.main, code=pack([(int(Op.POP),), (int(Op.NIL),), (int(Op.RETURN),)]))
    runtime = make_test_runtime()
    with pytest.raises(BadBytecode):
        runtime.run(replace(module, main=bad))
    assert runtime.world.output == ""


def test_verify_looks_into_children():
    good = program("functions.harn")
    verify(good.main)
    child = replace(good.main.children[0], code=b"")
    with pytest.raises(BadBytecode):
        verify(replace(good.main, children=(child, *good.main.children[1:])))


def test_missing_positions_cost_only_the_line_in_the_error():
    module = program("late_data.harn")
    main = replace(module.main, positions=b"", code=pack([(int(Op.NIL),), (int(Op.THROW),)]))
    with pytest.raises(HarnError) as caught:
        make_test_runtime().run(replace(module, main=main))
    assert [entry.line for entry in caught.value.trace] == [0]
