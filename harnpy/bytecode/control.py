"""Code for constructs with bodies: if, match, retry, deadline, select, try in all forms.

Each can be asked for its value or not; without it nothing is left on the operand stack.
"""

from __future__ import annotations

from harnpy.bytecode import expressions, matching, statements
from harnpy.bytecode.builder import FunctionBuilder
from harnpy.bytecode.opcodes import Op
from harnpy.bytecode.scopes import Kind
from harnpy.syntax import ast


def compile_if(builder: FunctionBuilder, node: ast.If, want: bool) -> None:
    """An `else if` chain is walked in a loop, so that long chains do not nest in the compiler."""
    labels = []
    current: ast.If | None = node
    while current is not None:
        expressions.compile_expression(builder, current.condition)
        builder.at(current)
        labels.append(builder.open(Op.IF, int(want)))
        statements.compile_body(builder, current.then, want)
        other = current.else_body
        current = None
        if other is not None or want:
            builder.emit(Op.ELSE)
        if other is None:
            if want:
                builder.emit(Op.NIL)
        elif len(other) == 1 and isinstance(other[0], ast.If):
            current = other[0]
        else:
            statements.compile_body(builder, other, want)
    for label in reversed(labels):
        builder.end(label)


def if_value(builder: FunctionBuilder, node: ast.If) -> None:
    compile_if(builder, node, True)


def compile_match(builder: FunctionBuilder, node: ast.Match, want: bool) -> None:
    """Arms are tried top to bottom; each is a block that a failed test leaves."""
    expressions.compile_expression(builder, node.value)
    subject = builder.new_slot()
    builder.emit(Op.STORE, subject)
    builder.at(node)
    with builder.block(Op.BLOCK, int(want)) as done:
        for arm in node.arms:
            with builder.block(Op.BLOCK, 0) as next_arm:
                builder.at(arm)
                with builder.scope():
                    matching.compile_pattern_test(builder, arm.pattern, subject, next_arm)
                    if arm.guard is not None:
                        expressions.compile_expression(builder, arm.guard)
                        builder.branch(Op.BR_UNLESS, next_arm)
                    statements.compile_body(builder, arm.body, want)
                builder.branch(Op.BR, done)
        builder.at(node)
        builder.push_constant("No match arm matched the value")
        builder.emit(Op.THROW)
    builder.emit(Op.CLEAR, subject)


def match_value(builder: FunctionBuilder, node: ast.Match) -> None:
    compile_match(builder, node, True)


def compile_retry(builder: FunctionBuilder, node: ast.Retry, want: bool) -> None:
    """At most that many attempts, and none after a deadline around has passed; the last error goes on unchanged."""
    expressions.compile_expression(builder, node.count)
    remaining, kept = builder.new_slot(), builder.new_slot()
    builder.emit(Op.STORE, remaining)
    builder.at(node)
    with builder.block(Op.BLOCK, 1) as done:
        loop = builder.open(Op.LOOP)
        with builder.block(Op.TRY_CATCH, kept, builder.constant(""), protected=True):
            statements.compile_body(builder, node.body, True)
            builder.branch(Op.BR, done)
            builder.emit(Op.CATCH)
            builder.at(node)
            builder.emit(Op.LOAD, remaining)
            builder.push_constant(1)
            builder.emit(Op.SUBTRACT)
            builder.emit(Op.DUP)
            builder.emit(Op.STORE, remaining)
            builder.push_constant(0)
            builder.emit(Op.GREATER)
            with builder.block(Op.AND):
                builder.emit(Op.MAY_RETRY)
            with builder.block(Op.IF, 0):
                builder.branch(Op.BR, loop)
            builder.emit(Op.RETHROW, kept)
        builder.emit(Op.POP)
        builder.end(loop)
    builder.emit(Op.CLEAR, kept)
    if not want:
        builder.emit(Op.POP)


def retry_value(builder: FunctionBuilder, node: ast.Retry) -> None:
    compile_retry(builder, node, True)


def compile_guarded(builder: FunctionBuilder, body: ast.Body, leave: Op, want: bool) -> None:
    """A body whose every exit runs the instruction `leave`."""
    with builder.block(Op.TRY_FINALLY, builder.new_slot(), protected=True):
        statements.compile_body(builder, body, True)
        builder.emit(Op.FINALLY)
        builder.emit(leave)
    if not want:
        builder.emit(Op.POP)


def compile_deadline(builder: FunctionBuilder, node: ast.Deadline, want: bool) -> None:
    expressions.compile_expression(builder, node.duration)
    builder.at(node)
    builder.emit(Op.DEADLINE_ENTER)
    compile_guarded(builder, node.body, Op.DEADLINE_EXIT, want)


def deadline_value(builder: FunctionBuilder, node: ast.Deadline) -> None:
    compile_deadline(builder, node, True)


def compile_mutex(builder: FunctionBuilder, node: ast.Mutex) -> None:
    builder.at(node)
    builder.emit(Op.MUTEX_ENTER)
    compile_guarded(builder, node.body, Op.MUTEX_EXIT, False)


def compile_select(builder: FunctionBuilder, node: ast.Select, want: bool) -> None:
    """The wait itself is a builtin; its answer's index picks the body."""
    for case in node.cases:
        expressions.compile_expression(builder, case.channel)
    builder.at(node)
    builder.emit(Op.LIST, len(node.cases))
    if node.timeout is not None:
        expressions.compile_expression(builder, node.timeout[0])
        name, count = "__select_timeout", 2
    else:
        name, count = ("__select_try" if node.default is not None else "__select_list"), 1
    builder.at(node)
    builder.call_builtin(name, count)
    answer = builder.new_slot()
    builder.emit(Op.STORE, answer)
    other = node.timeout[1] if node.timeout is not None else node.default
    with builder.block(Op.BLOCK, int(want)) as done:
        for index, case in enumerate(node.cases):
            builder.at(case)
            builder.emit(Op.LOAD, answer)
            builder.emit(Op.DICT_ITEM, builder.constant("index"))
            builder.push_constant(index)
            builder.emit(Op.EQUAL)
            with builder.block(Op.IF, 0):
                with builder.scope():
                    builder.emit(Op.LOAD, answer)
                    builder.emit(Op.DICT_ITEM, builder.constant("value"))
                    builder.store(builder.bind(case.variable, False))
                    statements.compile_body(builder, case.body, want)
                builder.branch(Op.BR, done)
        if other is not None:
            statements.compile_body(builder, other, want)
        elif want:
            builder.emit(Op.NIL)
    builder.emit(Op.CLEAR, answer)


def select_value(builder: FunctionBuilder, node: ast.Select) -> None:
    compile_select(builder, node, True)


def try_value(builder: FunctionBuilder, node: ast.TryCatch) -> None:
    """try with catch, finally or both; the value is that of the body or of the catch body."""
    builder.at(node)
    if node.finally_body is None:
        _try_catch(builder, node)
        return
    with builder.block(Op.TRY_FINALLY, builder.new_slot(), protected=True):
        if node.has_catch:
            _try_catch(builder, node)
        else:
            statements.compile_body(builder, node.body, True)
        builder.emit(Op.FINALLY)
        statements.compile_body(builder, node.finally_body, False)


def _try_catch(builder: FunctionBuilder, node: ast.TryCatch) -> None:
    wanted = node.error_type.name if isinstance(node.error_type, ast.NamedType) else ""
    kept = builder.new_slot()
    with builder.block(Op.TRY_CATCH, kept, builder.constant(wanted), protected=True) as label:
        statements.compile_body(builder, node.body, True)
        builder.emit(Op.CATCH)
        label.protected = False
        with builder.scope():
            if node.error_name is not None:
                builder.store(builder.bind(node.error_name, False, Kind.DATA))
            else:
                builder.emit(Op.POP)
            builder.emit(Op.CLEAR, kept)
            statements.compile_body(builder, node.catch_body, True)


def try_result(builder: FunctionBuilder, node: ast.TryExpr) -> None:
    """`try { }` alone: Result.Ok of the body's value or Result.Err of the error."""
    builder.at(node)
    kept = builder.new_slot()
    result = builder.constant("Result")
    with builder.block(Op.TRY_CATCH, kept, builder.constant(""), protected=True):
        statements.compile_body(builder, node.body, True)
        builder.emit(Op.ENUM, result, builder.constant("Ok"), 1)
        builder.emit(Op.CATCH)
        builder.emit(Op.CLEAR, kept)
        builder.emit(Op.ENUM, result, builder.constant("Err"), 1)
