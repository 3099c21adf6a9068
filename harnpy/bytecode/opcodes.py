"""The opcode table: every instruction with its operands, stack effect and one sentence.

Assembler, verifier, disassembler, linker and interpreter are written against this table, and a test proves that
each of them covers all of it. Control flow is structured: a block instruction opens a region that END closes, and
branches name an enclosing block by relative depth (0 is the innermost).
"""

from __future__ import annotations

from harnpy.records import IntEnum, Record


class OpcodeInfo(Record):
    """operands names the kind of each operand: one of CONSTANT_KINDS, SLOT_KINDS or PLAIN_KINDS.

    pops and pushes are counts, or the name of the operand that holds the count ("n", "2n" for twice, "n+1").
    opens tells that the instruction opens a block.
    """

    operands: tuple[str, ...]
    pops: int | str
    pushes: int | str
    text: str
    opens: bool = False


# Operands that are numbers of constants, by what the constant has to be.
CONSTANT_KINDS = frozenset(
    {
        "const",  # a scalar, or ("ms", n) for a duration
        "data",  # nested plain data
        "name",  # text
        "names",  # a list of texts
        "path",  # the steps of a nested store: a property name, or nil for an index on the stack
        "schema",  # a dict that describes a type
        "mode",  # a form of parallel
        "entries",  # a dict from pipeline names to children
    }
)
# Operands that are slots, by what the slot holds; in one function a slot is only ever used for one purpose.
SLOT_KINDS = frozenset({"slot", "cell", "iterator", "error", "exit", "any"})
# count: a number. variable: of the module. index: a slot, cell or variable, as the place before it says. arity: how
# many values a block leaves. origin: 0 type, 1 runtime, 2 bare.
PLAIN_KINDS = frozenset({"count", "variable", "depth", "child", "arity", "place", "index", "flag", "origin"})


class Op(IntEnum):
    NIL = 0
    TRUE = 1
    FALSE = 2
    CONST = 3
    DATA = 4
    LOAD = 5
    STORE = 6
    CLEAR = 7
    LOAD_CHECKED = 8
    NEW_CELL = 9
    LOAD_CELL = 10
    STORE_CELL = 11
    LATE = 12
    SELF = 13
    LOAD_MODULE = 14
    STORE_MODULE = 15
    GLOBAL = 16
    BUILTIN = 17
    IMPORTED = 18
    HOST = 19
    POP = 20
    DUP = 21
    ADD = 22
    SUBTRACT = 23
    MULTIPLY = 24
    DIVIDE = 25
    MODULO = 26
    POWER = 27
    NEGATE = 28
    NOT = 29
    EQUAL = 30
    NOT_EQUAL = 31
    LESS = 32
    GREATER = 33
    LESS_EQUAL = 34
    GREATER_EQUAL = 35
    CONTAINS = 36
    TO_BOOL = 37
    RANGE = 38
    CONCAT = 39
    LIST = 40
    LIST_EXTEND = 41
    DICT = 42
    DICT_MERGE = 43
    STRUCT = 44
    STRUCT_TYPE = 45
    IMPL = 46
    ENUM = 47
    INDEX = 48
    SLICE = 49
    PROP = 50
    PROP_OPTIONAL = 51
    STORE_PATH = 52
    ADD_STORE = 53
    METHOD_STORE = 54
    CALL = 55
    CALL_SPREAD = 56
    TAIL_CALL = 57
    TAIL_CALL_SPREAD = 58
    METHOD = 59
    METHOD_OPTIONAL = 60
    METHOD_SPREAD = 61
    METHOD_SPREAD_OPTIONAL = 62
    PIPE = 63
    CLOSURE = 64
    RETURN = 65
    GENERATOR = 66
    YIELD = 67
    BLOCK = 68
    LOOP = 69
    IF = 70
    ELSE = 71
    END = 72
    BR = 73
    BR_UNLESS = 74
    FOR = 75
    AND = 76
    OR = 77
    COALESCE = 78
    CALLABLE_OR = 79
    RESULT_OR = 80
    IF_MISSING = 81
    TRY_CATCH = 82
    CATCH = 83
    TRY_FINALLY = 84
    FINALLY = 85
    THROW = 86
    RETHROW = 87
    RAISE = 88
    CHECK_PARAM = 89
    CHECK_DICT = 90
    CHECK_LIST = 91
    DICT_ITEM = 92
    LIST_ITEM = 93
    DICT_REST = 94
    LIST_REST = 95
    MATCH_ENUM = 96
    ENUM_FIELD = 97
    IS_DICT = 98
    IS_LIST = 99
    DEADLINE_ENTER = 100
    DEADLINE_EXIT = 101
    MUTEX_ENTER = 102
    MUTEX_EXIT = 103
    PARALLEL = 104
    SPAWN = 105
    DEFER = 106
    RUN_DEFERS = 107
    CHECK_IMPORTED = 108
    ENTRY = 109
    ENUM_EXTEND = 110
    TAIL_PIPE = 111
    MAY_RETRY = 112


def _info(operands: str, pops: int | str, pushes: int | str, text: str, opens: bool = False) -> OpcodeInfo:
    return OpcodeInfo(tuple(operands.split()), pops, pushes, text, opens)


OPCODES: dict[Op, OpcodeInfo] = {
    Op.NIL: _info("", 0, 1, "Push nil."),
    Op.TRUE: _info("", 0, 1, "Push true."),
    Op.FALSE: _info("", 0, 1, "Push false."),
    Op.CONST: _info("const", 0, 1, "Push a scalar constant."),
    Op.DATA: _info("data", 0, 1, "Push a fresh copy of a nested constant, such as a schema."),
    Op.LOAD: _info("slot", 0, 1, "Push a local."),
    Op.STORE: _info("slot", 1, 0, "Pop into a local."),
    Op.CLEAR: _info("any", 0, 0, "Make a local unset, so that it keeps nothing alive."),
    Op.LOAD_CHECKED: _info("slot name", 0, 1, "Push a local; undefined variable when it is unset."),
    Op.NEW_CELL: _info("cell", 0, 0, "Put a fresh, unset cell into a local."),
    Op.LOAD_CELL: _info("cell", 0, 1, "Push what the cell in a local holds."),
    Op.STORE_CELL: _info("cell", 1, 0, "Pop into the cell in a local."),
    Op.LATE: _info("cell flag", 0, 1, "Push the late-bound function in a cell, or run the block for another.", True),
    Op.SELF: _info("", 0, 1, "Push the closure that is running."),
    Op.LOAD_MODULE: _info("variable name", 0, 1, "Push a variable of the module; undefined when it is unset."),
    Op.STORE_MODULE: _info("variable", 1, 0, "Pop into a variable of the module."),
    Op.GLOBAL: _info("name name flag", 0, 1, "Push a global of the runtime, or raise the undefined-name error."),
    Op.BUILTIN: _info("name", 0, 1, "Push a builtin reference."),
    Op.IMPORTED: _info("name", 0, 1, "Push an imported function, or run the block for another.", True),
    Op.HOST: _info("name", 0, 1, "Push the host's value for a pipeline parameter, or nil."),
    Op.POP: _info("", 1, 0, "Drop the top."),
    Op.DUP: _info("", 1, 2, "Push the top again."),
    Op.ADD: _info("", 2, 1, "a + b."),
    Op.SUBTRACT: _info("", 2, 1, "a - b."),
    Op.MULTIPLY: _info("", 2, 1, "a * b."),
    Op.DIVIDE: _info("", 2, 1, "a / b."),
    Op.MODULO: _info("", 2, 1, "a % b."),
    Op.POWER: _info("", 2, 1, "a ** b."),
    Op.NEGATE: _info("", 1, 1, "-a."),
    Op.NOT: _info("", 1, 1, "!a."),
    Op.EQUAL: _info("", 2, 1, "a == b."),
    Op.NOT_EQUAL: _info("", 2, 1, "a != b."),
    Op.LESS: _info("", 2, 1, "a < b."),
    Op.GREATER: _info("", 2, 1, "a > b."),
    Op.LESS_EQUAL: _info("", 2, 1, "a <= b."),
    Op.GREATER_EQUAL: _info("", 2, 1, "a >= b."),
    Op.CONTAINS: _info("", 2, 1, "a in b."),
    Op.TO_BOOL: _info("", 1, 1, "The truth of the top, as a bool."),
    Op.RANGE: _info("flag", 2, 1, "a to b; the flag says inclusive."),
    Op.CONCAT: _info("count", "n", 1, "Join the display texts of n values."),
    Op.LIST: _info("count", "n", 1, "Build a list of n values."),
    Op.LIST_EXTEND: _info("", 2, 1, "Extend the list below the top by the list on top (spread)."),
    Op.DICT: _info("count", "2n", 1, "Build a dict of n key-value pairs; keys become text."),
    Op.DICT_MERGE: _info("", 2, 1, "Merge the dict on top into the dict below (spread)."),
    Op.STRUCT: _info("name", 1, 1, "Make an instance of the named struct from a dict."),
    Op.STRUCT_TYPE: _info("name", 0, 1, "Push the constructor of the named struct."),
    Op.IMPL: _info("name names count", "n", 0, "Add n closures as methods to the named struct."),
    Op.ENUM: _info("name name count", "n", 1, "Build an enum variant of n fields."),
    Op.INDEX: _info("", 2, 1, "obj[index]."),
    Op.SLICE: _info("", 3, 1, "obj[start:end]; nil for an omitted bound."),
    Op.PROP: _info("name", 1, 1, "obj.name."),
    Op.PROP_OPTIONAL: _info("name", 1, 1, "obj?.name."),
    Op.STORE_PATH: _info(
        "place index path count", "n+1", 0, "Store into a part of a variable; n indexes lie on top of the value."
    ),
    Op.ADD_STORE: _info("place index", 1, 0, "x = x + top, in place when x is the only holder."),
    Op.METHOD_STORE: _info("place index name count", "n", 0, "x = x.name(args), in place when x is the only holder."),
    Op.CALL: _info("count", "n+1", 1, "Call the callee on top with the n arguments below it."),
    Op.CALL_SPREAD: _info("", 2, 1, "Call the callee on top with the argument list below it."),
    Op.TAIL_CALL: _info("count", "n+1", 1, "As CALL, replacing the running frame."),
    Op.TAIL_CALL_SPREAD: _info("", 2, 1, "As CALL_SPREAD, replacing the running frame."),
    Op.METHOD: _info("name count", "n+1", 1, "obj.name(args)."),
    Op.METHOD_OPTIONAL: _info("name count", "n+1", 1, "obj?.name(args)."),
    Op.METHOD_SPREAD: _info("name", 2, 1, "obj.name(...list)."),
    Op.METHOD_SPREAD_OPTIONAL: _info("name", 2, 1, "obj?.name(...list)."),
    Op.PIPE: _info("", 2, 1, "value |> callable."),
    Op.TAIL_PIPE: _info("", 2, 1, "As PIPE, replacing the running frame."),
    Op.CLOSURE: _info("child", 0, 1, "Make a closure of a child function, capturing what it names."),
    Op.RETURN: _info("", 1, 0, "Return the top, after the finally bodies around."),
    Op.GENERATOR: _info("", 0, 0, "Hand a generator over this frame to the caller and pause."),
    Op.YIELD: _info("", 1, 0, "Deliver the top to whoever pulls and pause."),
    Op.BLOCK: _info("arity", 0, 0, "Open a block; a branch to it goes behind its END.", True),
    Op.LOOP: _info("", 0, 0, "Open a loop; its END and branches to it go back to its start.", True),
    Op.IF: _info("arity", 1, 0, "Run the block when the popped value is true, else what follows ELSE.", True),
    Op.ELSE: _info("", 0, 0, "Begin the other branch of an IF."),
    Op.END: _info("", 0, 0, "Close the innermost block."),
    Op.BR: _info("depth", 0, 0, "Branch to an enclosing block."),
    Op.BR_UNLESS: _info("depth", 1, 0, "Branch to an enclosing block when the popped value is false."),
    Op.FOR: _info(
        "iterator", 1, 0, "Run the block for each item, which it finds on top; the slot keeps the iterator.", True
    ),
    Op.AND: _info("", 1, 0, "Leave false, or run the block when the top is true.", True),
    Op.OR: _info("", 1, 0, "Leave true, or run the block when the top is false.", True),
    Op.COALESCE: _info("", 1, 0, "Keep the top, or run the block when it is nil.", True),
    Op.CALLABLE_OR: _info("", 1, 0, "Keep the top when it is callable, else run the block.", True),
    Op.RESULT_OR: _info("", 1, 1, "Unwrap Result.Ok, or run the block with another Result on top.", True),
    Op.IF_MISSING: _info("count", 0, 0, "Run the block when that parameter got no argument.", True),
    Op.TRY_CATCH: _info(
        "error name", 0, 0, "Open a protected body; an error goes to CATCH. An empty type catches all.", True
    ),
    Op.CATCH: _info("", 0, 0, "Begin the handler; the error's value is on top."),
    Op.TRY_FINALLY: _info("exit", 0, 0, "Open a body whose every exit passes FINALLY; the slot keeps the exit.", True),
    Op.FINALLY: _info("", 0, 0, "Begin the finally body."),
    Op.THROW: _info("", 1, 0, "Throw the top."),
    Op.RETHROW: _info("error", 0, 0, "Raise the error kept by TRY_CATCH again, unchanged."),
    Op.RAISE: _info("origin name", 0, 0, "Raise an error known since compiling."),
    Op.CHECK_PARAM: _info("slot name schema", 0, 0, "Check a parameter against the schema of its annotation."),
    Op.CHECK_DICT: _info("", 1, 1, "Insist on a dict (destructuring)."),
    Op.CHECK_LIST: _info("", 1, 1, "Insist on a list (destructuring)."),
    Op.DICT_ITEM: _info("name", 1, 1, "The entry of that key, or nil."),
    Op.LIST_ITEM: _info("count", 1, 1, "The element at that place, or nil."),
    Op.DICT_REST: _info("names", 1, 1, "A dict without the named keys."),
    Op.LIST_REST: _info("count", 1, 1, "The list from that place on."),
    Op.MATCH_ENUM: _info("name name", 1, 1, "Whether the value is that variant."),
    Op.ENUM_FIELD: _info("count", 1, 1, "The field at that place, or nil."),
    Op.IS_DICT: _info("", 1, 1, "Whether the value is a dict."),
    Op.IS_LIST: _info("count", 1, 1, "Whether the value is a list of at least that many elements."),
    Op.DEADLINE_ENTER: _info("", 1, 0, "Start a deadline of the popped duration."),
    Op.DEADLINE_EXIT: _info("", 0, 0, "End the innermost deadline."),
    Op.MAY_RETRY: _info("", 0, 1, "Push whether another attempt makes sense: no deadline around has passed."),
    Op.MUTEX_ENTER: _info("", 0, 0, "Take the process-wide lock of mutex blocks."),
    Op.MUTEX_EXIT: _info("", 0, 0, "Release it."),
    Op.PARALLEL: _info("mode", 3, 1, "Run limit, operand, closure as parallel tasks; the mode is the constant."),
    Op.SPAWN: _info("", 1, 1, "Start a task and push its handle."),
    Op.DEFER: _info("", 1, 0, "Register a closure to run when the function is left."),
    Op.RUN_DEFERS: _info("", 0, 0, "Run the registered closures, last one first."),
    Op.CHECK_IMPORTED: _info("name", 0, 0, "Refuse to declare a name that an import has bound."),
    Op.ENUM_EXTEND: _info("", 2, 1, "Give the variant on top the fields of the list below it."),
    Op.ENTRY: _info("entries", 0, 1, "Run the selected pipeline: the constant maps names to children."),
}
