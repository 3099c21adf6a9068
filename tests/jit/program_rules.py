"""What generated programs are made of: templates of Harn text with holes, one table for expressions and one for statements.

A hole is a name in angle brackets; program_generator.py fills it.

- `<int>`, `<list>`, ...: an expression of that kind. `<lit:int>`: a literal of it.
- `<ref:int>`, `<var:int>`: a visible variable of that kind, for `var` one that can be assigned.
- `<new:int:x>`, `<let:int:x>`: declares a variable, in scope from the next line on; `<@x>` names it again.
- `<bind:int:x>`, `<bindvar:int:x>`: declares one for the next block, lambda or body alone.
- `<block>`, `<loop>`: statements in a scope of their own; in a loop `break` and `continue` are possible.
- `<body:int>`: statements of a function, then a value of the kind; `<returns:int>`: the same with `return`;
  `<scoped:int>`: only the value. `<returned>`: a value of the kind that the function around it returns.
- `<rounds>`: how often the next loop goes round. `<tag>`: a number that no other place has. `<op:order>`: an operator.
- `<call:int>`: a call of a declared function. `<wild>`, `<wildly>`: an expression, a statement that is likely to fail.

Kinds are what an expression *usually* gives: a small share of all holes is filled with another one on purpose. Two laws
keep programs small: a container never holds what can contain it, and in a loop nothing grows by more than a constant a
round (see the statements that need "calm" or "loop").
"""

from __future__ import annotations

from typing import NamedTuple


class Rule(NamedTuple):
    """One way to write something. name: the construct, for counting. needs: what has to hold where it stands:
    "loop", "function", "named", "generator"; "calm": no loop around it."""

    name: str
    text: str
    weight: int = 2
    needs: str = ""


OPERATORS = {
    "order": ("<", "<=", ">", ">="),
    "same": ("==", "!="),
    "sum": ("+", "-"),
    "plain": ("+", "-", "*"),
    "any": ("+", "-", "*", "/", "%", "<", "<=", ">", ">=", "==", "!=", "&&", "||", "??", "in", "not in"),
    "assign": ("+=", "-="),
    "compound": ("+=", "-=", "*=", "/=", "%="),
    "logic": ("&&", "||"),
    "index": ("0", "1", "-1", "2", "3", "-2", "7", "-9"),
    "small": ("2", "0", "1", "3"),
    "few": ("3", "1", "2", "4"),
    "nonzero": ("3", "2", "-3", "7", "1"),
    "key": ("a", "b", "k", "z"),
}

SCALARS = ("int", "float", "bool", "str", "nil")
CONTAINERS = ("ints", "list", "dict", "set", "grid", "range", "pair", "node", "enum", "result", "duration")

LITERALS: dict[str, tuple[str, ...]] = {
    "int": (
        "1", "0", "2", "-1", "7", "-3", "10", "45", "9223372036854775807", "123456789012345678901234567890",
        "-36893488147419103233",
    ),
    "float": ("0.5", "1.0", "-2.5", "0.0", "-0.0", "3.0", "(0.0 / 0)", "(1.0 / 0)", "(-1.0 / 0)", "1000000000000000000000.0"),
    "bool": ("true", "false"),
    "str": ('"s"', '""', '"ab"', '"1"', '"k"', '"äö"', '"x\\ny"'),
    "nil": ("nil",),
    "ints": ("[1, 2, 3]", "[]", "[4]", "[0, -1, 5, 2]"),
    "list": ("[1, 2]", "[]", '["b", "a"]', "[1, 2.5, true, nil]", '[1, "1", 1.0]'),
    "dict": ("{a: 1, b: 2}", "{}", '{k: "v", z: nil}', "{b: 1.5, a: true}"),
    "set": ("set(1, 2)", "set()", 'set("a", 1, 1.0)'),
    "grid": ("[[1, 2], [3]]", "[]", "[[0], [], [5, 6, 7]]"),
    "range": ("0 to 3", "range(4)", "2 to 5 exclusive", "3 to 1"),
    "pair": ("pair(1, 2)", 'pair("a", nil)'),
    "node": ("Node {x: 1, xs: [1, 2]}", "Node({x: 5, xs: []})"),
    "enum": ("Shape.Dot", "Shape.Box(2, 3)", "Shape.Disc(1.5)", 'Shape.Named("n")'),
    "result": ("Ok(1)", 'Err("no")', "Result.Ok(2)"),
    "duration": ("5ms", "2s", "0ms", "90s"),
    "gen": ("count_up(3)", "count_up(0)", "doubled(count_up(4))"),
    "fn": ("{ x -> x }", "{ x -> x + 1 }", "step", "{ x, y = 2 -> x * y }"),
    "fns": ("[]", "[step]"),
    "atomic": ("atomic(0)", "atomic(5)"),
}  # fmt: skip

# Ways to write a value of any kind K, for `<K>` in the texts.
FOR_ANY_KIND = (
    Rule("ternary", "(<bool> ? <K> : <K>)"),
    Rule("if expression", "(if <bool> { <K> } else { <K> })", 1),
    Rule("try expression", "(try { <K> } catch (e) { <K> })", 1),
    Rule("try finally expression", "(try { <K> } finally { <body:nil> })", 1),
    Rule("unwrap_or try", "unwrap_or(try { <K> }, <K>)", 1),
    Rule("match expression", "(match <scalar> {\n  1 -> { <K> }\n  true -> { <K> }\n  _ -> { <K> }\n})", 1),
    Rule("nil coalescing", "(nil ?? <K>)", 1),
    Rule("sleep in expression", "pause(<K>)", 1),
    Rule("await spawn", "await(spawn { <body:K> })", 1),
    Rule("deadline expression", "(deadline 5s { <K> })", 1),
    Rule("retry expression", "(retry 2 { <K> })", 1),
    Rule("pipe to closure", "(<scalar> |> { <bind:scalar:x> -> <scoped:K> })", 1),
    Rule("parallel count", "(parallel 1 { i -> <K> })[0]", 1),
    Rule("channel round trip", "through_channel(<K>)", 1),
    Rule("first of generator", "one_value(<K>).next().value", 1),
    Rule("shared value", "same(<K>)", 1),
    Rule("call", "<call:K>", 6),
    Rule("closure body", "same_of({ -> <body:K> })", 1),
)

EXPRESSIONS: dict[str, tuple[Rule, ...]] = {
    "int": (
        Rule("int arithmetic", "(<int> <op:plain> <int>)", 10),
        Rule("int division", "(<int> / <op:nonzero>)"),
        Rule("int modulo", "(<int> % <op:nonzero>)", 3),
        Rule("division by anything", "(<int> / <int>)", 1),
        Rule("power", "(<int> ** <op:small>)", 1),
        Rule("negation", "(-<int>)"),
        Rule("len", "len(<sized>)"),
        Rule("list count", "<ints>.count"),
        Rule("list count method", "<list>.count()", 1),
        Rule("index or default", "(<ints>[<index>] ?? <int>)", 4),
        Rule("first or default", "(<ints>.first ?? <int>)", 1),
        Rule("range index", "(2 to 9)[<op:small>]", 1),
        Rule("grid cell", "((<grid>[0] ?? [1])[<index>] ?? <int>)"),
        Rule("node field", "<node>.x"),
        Rule("method of impl", "<node>.total(<int>)"),
        Rule("method with self call", "<node>.twice()", 1),
        Rule("reduce", "<ints>.reduce(<int>, { <bind:int:a>, <bind:int:x> -> (<@a> <op:sum> <@x>) })", 1),
        Rule("reduce with body", "<ints>.reduce(0, { <bind:int:a>, <bind:int:x> -> <body:int> })", 1),
        Rule("sum", "<ints>.sum()", 1),
        Rule("index_of", "<list>.index_of(<scalar>)", 1),
        Rule("to_int", "to_int(<float>)", 1),
        Rule("abs", "abs(<int>)", 1),
        Rule("enum match", "area(<enum>)"),
        Rule("unwrap_or", "unwrap_or(<result>, <int>)", 1),
        Rule("closure call", "<ref:fn>(<int>)", 4),
        Rule("iterator sink", "iter(<gen>).sum()", 1),
        Rule("iterator chain", "iter(<ints>).map({ <bind:int:x> -> <scoped:int> }).sum()", 1),
        Rule("recursion", "fact(<op:few>)", 1),
        Rule("tail recursion", "swap_down(<op:few>, <int>, <int>)", 2),
        Rule("tail recursion of scalars", "len([swap_down(<op:few>, <scalar>, <scalar>)])", 1),
        Rule("mutual recursion", "even_steps(<op:few>)", 1),
        Rule("default parameter", "with_defaults(<int>)"),
        Rule("spread call", "with_defaults(...[<int>, <int>])", 1),
        Rule("too many arguments", "step(<int>, <scalar>)", 1),
        Rule("dict function", "{f: { <bind:int:x> -> <scoped:int> }}.f(<int>)", 1),
        Rule("atomic_add", "atomic_add(<ref:atomic>, 1)", 6),
        Rule("pair half", "(pair(<int>, <int>).second)", 1),
    ),
    "float": (
        Rule("float arithmetic", "(<float> <op:plain> <num>)", 8),
        Rule("float left of", "(<num> <op:plain> <float>)", 4),
        Rule("float division", "(<float> / <num>)", 4),
        Rule("float modulo", "(<float> % <op:nonzero>)", 1),
        Rule("float power", "(<float> ** <op:small>)", 1),
        Rule("negation", "(-<float>)"),
        Rule("to_float", "to_float(<int>)", 1),
        Rule("huge to float", "(<float> + 10 ** 400)", 1),
    ),
    "bool": (
        Rule("int order", "(<int> <op:order> <int>)", 8),
        Rule("number order", "(<num> <op:order> <num>)", 4),
    Rule("float order", "(<float> <op:order> <float>)", 3),
        Rule("mixed order", "(<scalar> <op:order> <scalar>)"),
        Rule("int equality", "(<int> <op:same> <int>)", 3),
        Rule("mixed equality", "(<any> <op:same> <any>)"),
        Rule("logic", "(<any> <op:logic> <bool>)", 3),
        Rule("not", "(!<any>)"),
        Rule("in list", "(<scalar> in <list>)"),
        Rule("in container", "(<scalar> in <container>)", 1),
        Rule("not in", "(<scalar> not in <container>)", 1),
        Rule("any", "<ints>.any({ <bind:int:x> -> <scoped:bool> })", 1),
        Rule("contains", "<list>.contains(<scalar>)", 1),
        Rule("is_ok", "is_ok(<result>)", 1),
        Rule("has", "<dict>.has(<scalar>)", 1),
    ),
    "str": (
        Rule("interpolation", '"<op:key>${<flat>}"', 4),
        Rule("concatenation", "(<str> + <str>)", 4),
        Rule("repetition", "(<str> * <op:small>)", 1),
        Rule("character", '"${<str>[<index>]}"', 1),
        Rule("string slice", "(<str>)[<op:index>:<op:index>]", 1),
        Rule("uppercase", "<str>.upper()", 1),
        Rule("type_of", "type_of(<any>)", 1),
        Rule("display", '"${<any>}"[0:9]'),
        Rule("join", '<list>.join("-")[0:9]', 1),
        Rule("string of node", "<node>.name()", 1),
        Rule("fields of numbers", "to_string(reach(spot(<int>, <float>), 2))", 1),
        Rule("fields of anything", "to_string(reach(spot(<int>, <scalar>), <int> % 5))", 1),
        Rule("field that was stored", "to_string(reach(put(spot(<int>, 1.5), <scalar>), 1))", 1),
    ),
    "nil": (
        Rule("missing entry", "<dict>.missing"),
        Rule("unknown method", "<any>.no_such_method(<scalar>)", 1),
        Rule("optional of nil", "nil?.a"),
        Rule("out of range", "<ints>[99]"),
        Rule("falls off the end", "nothing(<scalar>)", 1),
    ),
    "ints": (
        Rule("int list", "[<int>, <int>]", 5),
        Rule("list concatenation", "(<ints> + <ints>)", 4),
        Rule("map", "<ints>.map({ <bind:int:x> -> <scoped:int> })"),
        Rule("map with body", "<ints>.map({ <bind:int:x> -> <body:int> })", 1),
        Rule("filter", "<ints>.filter({ <bind:int:x> -> <scoped:bool> })", 1),
        Rule("sort_by", "<ints>.sort_by({ <bind:int:x> -> <scoped:num> })", 1),
        Rule("list slice", "(<ints>)[<op:index>:<op:index>]", 1),
        Rule("list spread", "[...<ints>, <int>]", 1),
        Rule("push", "<ints>.push(<int>)", 1),
        Rule("reverse", "<ints>.reverse()", 1),
        Rule("node list", "<node>.xs"),
        Rule("grid row", "(<grid>[<op:small>] ?? [8])", 1),
        Rule("generator to list", "iter(<gen>).to_list()"),
        Rule("generator abandoned", "iter(<gen>).take(<op:small>).to_list()", 1),
        Rule("range to list", "<range>.to_list()", 1),
        Rule("parallel each", "(parallel each <ints> { <bind:int:x> -> <body:int> })", 1),
        Rule("iterator zip", "iter(<ints>).zip(<gen>).map({ p -> p.first }).to_list()", 1),
    ),
    "list": (
        Rule("list", "[<scalar>, <scalar>]", 4),
        Rule("mixed list concatenation", "(<list> + <list>)"),
        Rule("dict values", "<dict>.values()", 1),
        Rule("set to list", "<set>.to_list()", 1),
        Rule("list map", "<list>.map({ <bind:scalar:x> -> <scoped:scalar> })", 1),
        Rule("list of ints", "<ints>", 1),
        Rule("rest parameter", "rest_of(<scalar>, <scalar>, <scalar>)"),
        Rule("rest by spread", "rest_of(...<list>)", 1),
        Rule("sort", "<list>.sort()", 1),
        Rule("unique", "<list>.unique()", 1),
        Rule("fibers settle", "(parallel settle <ints> { <bind:int:x> -> <scoped:int> }).results.map({ r -> unwrap_or(r, nil) })", 1),
    ),
    "dict": (
        Rule("dict", "{a: <scalar>, <op:key>: <scalar>}", 4),
        Rule("computed key", "{[<scalar>]: <scalar>}"),
        Rule("dict merge", "(<dict> + <dict>)"),
        Rule("merge method", "<dict>.merge(<dict>)", 1),
        Rule("dict spread", "{...<dict>, b: <scalar>}", 1),
        Rule("map_values", "<dict>.map_values({ <bind:scalar:x> -> <scoped:scalar> })", 1),
        Rule("dict remove", "<dict>.remove(<scalar>)", 1),
        Rule("tally", "<list>.tally()", 1),
    ),
    "set": (
        Rule("set", "set(<scalar>, <scalar>)", 3),
        Rule("set add", "<set>.add(<scalar>)", 1),
        Rule("set union", "<set>.union(<set>)", 1),
    ),
    "grid": (
        Rule("grid", "[<ints>, <ints>]", 3),
        Rule("grid of alias", "[<ref:ints>, <ref:ints>]", 2),
        Rule("grid concatenation", "(<grid> + [<ints>])"),
        Rule("group", "[1, 2, 3].map({ <bind:int:x> -> <scoped:ints> })", 1),
    ),
    "range": (
        Rule("range", "(<op:small> to <op:few>)", 3),
        Rule("range builtin", "range(<op:few>)"),
        Rule("range exclusive", "(0 to <op:few> exclusive)", 1),
    ),
    "pair": (Rule("pair", "pair(<scalar>, <scalar>)"),),
    "node": (
        Rule("struct literal", "Node {x: <int>, xs: <ints>}", 4),
        Rule("struct by method", "<node>.moved(<int>)", 1),
    ),
    "enum": (Rule("enum", "Shape.Box(<int>, <int>)"), Rule("enum of string", "Shape.Named(<str>)", 1)),
    "result": (
        Rule("try block", "(try { <scalar> })", 3),
        Rule("try block failing", "(try { <wild> })"),
        Rule("question mark", "checked(<scalar>)", 2),
        Rule("ok", "Ok(<scalar>)", 3),
    ),
    "duration": (),
    "gen": (
        Rule("generator", "count_up(<op:few>)", 3),
        Rule("generator of generator", "doubled(<gen>)", 1),
        Rule("generator closure", "one_value(<int>)", 1),
    ),
    "fn": (
        Rule("closure", "{ <bind:int:x> -> <scoped:int> }", 4),
        Rule("closure with body", "{ <bind:int:x> -> <body:int> }"),
        Rule("fn expression", "fn(<bind:int:x>) {\n  <body:int>\n}", 1),
        Rule("curried", "adder(<int>)"),
    ),
    "fns": (Rule("list of closures", "[{ <bind:int:x> -> <scoped:int> }, <fn>]"),),
    "atomic": (),
}  # fmt: skip

# Expressions that ask for one of several kinds.
UNIONS: dict[str, tuple[str, ...]] = {
    "num": ("int", "float"),
    "flat": ("int", "float", "bool", "nil"),
    "scalar": ("int", "str", "float", "bool", "nil"),
    "sized": ("ints", "str", "list", "dict", "set", "range"),
    "container": ("list", "dict", "str", "range", "set"),
    "any": (*SCALARS, *CONTAINERS),
    "iterable": ("ints", "range", "list", "dict", "gen", "set", "grid", "str", "int"),
}

# Expressions that are likely to fail.
WILD = (
    Rule("operator of mixed kinds", "(<any> <op:any> <any>)", 6),
    Rule("bool arithmetic", "(<bool> + <int>)"),
    Rule("index of anything", "<any>[<scalar>]", 3),
    Rule("property of anything", "<any>.x", 2),
    Rule("property chain", "<dict>.nope.nope", 1),
    Rule("unwrap", "unwrap(<result>)", 1),
    Rule("negation of anything", "(-<any>)", 1),
    Rule("range out of range", "(0 to 2)[<int>]", 1),
    Rule("callback that fails", "<list>.map({ <bind:scalar:x> -> (<@x> + 1) })", 2),
    Rule("failing call", "<call:wild>", 4),
    Rule("failing task", "(parallel each <list> { <bind:scalar:x> -> (<@x> * 2) })", 1),
    Rule("failing spawn", "await(spawn { <wild> })", 1),
    Rule("checked parameter", "typed(<scalar>, <any>)", 2),
    Rule("failing generator", "iter(fails_after(<op:few>)).to_list()", 1),
    Rule("division by zero", "(<int> / (<int> * 0))", 1),
    Rule("spread of anything", "rest_of(...<scalar>)", 1),
    Rule("undefined builtin", "no_such_function(<scalar>)", 1),
    Rule("failing impl method", "Node {x: <scalar>, xs: <scalar>}.total(<scalar>)", 1),
    Rule("slice of anything", "(<any>)[<scalar>:<scalar>]", 1),
)

WILD_STATEMENTS = (
    Rule("wild print", 'println("<tag> ${<wild>}")', 8),
    Rule("wild addition", "<var:scalar:x> = <@x> + <scalar>", 3, "calm"),
    Rule("wild increment", "<var:scalar> += 1", 3),
    Rule("wild compound", "<var:int> <op:compound> <flat>", 2, "calm"),
    Rule("wild store", "<var:any>[<scalar>] = <scalar>", 1),
    Rule("wild list store", "<var:ints>[<int>] = 1", 1),
    Rule("wild path store", "<var:node>.x.y = 1", 1),
    Rule("wild assignment", "<var:int> = <wild>\n<var:int> = 1", 2),
    Rule("wild argument", "println(step(<wild>))", 1),
    Rule("wild condition", 'if <wild> { println("<tag>") }', 1),
    Rule("wild loop", 'for wild_x in <list> {\n  println("<tag> ${wild_x + 1}")\n}', 2),
    Rule("wild throw", "throw <any>", 2),
    Rule("wild destructuring", "let [wild_a, wild_b] = <any>", 1),
    Rule("assign immutable", "let wild_let = <int>\nwild_let = 2", 1),
)

PRINT = Rule("print", 'println("<tag> ${<any>}")', 8)

STATEMENTS: tuple[Rule, ...] = (
    PRINT,
    Rule("print variable", 'println("<tag> ${<ref:any>}")', 8),
    Rule("all orders", 'let <let:num:a> = <num>\nlet <let:num:b> = <num>\nprintln("<tag> ${[<@a> < <@b>, <@a> <= <@b>, <@a> > <@b>, <@a> >= <@b>, <@a> == <@b>, <@a> != <@b>]}")', 4),
    Rule("all orders of scalars", 'let <let:scalar:a> = <scalar>\nlet <let:scalar:b> = <lit:scalar>\nprintln("<tag> ${[<@a> < <@b>, <@a> <= <@b>, <@a> > <@b>, <@a> >= <@b>, <@a> == <@b>, <@a> != <@b>]}")', 3),
    Rule("all operators", 'let <let:scalar:a> = <flat>\nlet <let:scalar:b> = <lit:scalar>\nprintln("<tag> ${[try { <@a> + <@b> }, try { <@a> - <@b> }, try { <@b> / <@a> }, try { <@a> % <@b> }, try { -<@a> }, <@a> && <@b>, <@a> ?? <@b>, !<@b>]}")', 4),
    Rule("orders in a loop", 'for each_a in <list> {\n  for each_b in [<num>, <scalar>] { println("<tag> ${each_a < each_b} ${each_a >= each_b} ${each_a == each_b}") }\n}', 2),
    Rule("indexes", 'for each_i in [0, <int>, -1, <scalar>, <flat>] { println("<tag> ${(try { <ref:ints>[each_i] })}") }', 2),
    Rule("declare int", "var <new:int:x> = <int>", 5),
    Rule("declare float", "var <new:float:x> = <float>", 3),
    Rule("declare string", "var <new:str:x> = <str>", 2),
    Rule("declare scalar", "var <new:scalar:x> = <scalar>", 4),
    Rule("declare list", "var <new:ints:x> = <ints>", 4),
    Rule("declare mixed list", "var <new:list:x> = <list>", 4),
    Rule("declare dict", "var <new:dict:x> = <dict>", 3),
    Rule("declare grid", "var <new:grid:x> = <grid>", 2),
    Rule("declare struct", "var <new:node:x> = <node>", 3),
    Rule("declare closure", "let <let:fn:f> = <fn>", 3),
    Rule("declare closures", "var <new:fns:f> = <fns>", 1),
    Rule("declare generator", "let <let:gen:g> = <gen>", 1),
    Rule("declare atomic", "let <let:atomic:a> = <atomic>", 1),
    Rule("declare anything", "var <new:any:x> = <any>", 2),
    Rule("assign anything", "<var:any> = <any>", 2, "calm"),
    # --- assignments that cannot grow
    Rule("assign int", "<var:int> = <int>", 6, "calm"),
    Rule("assign int modulo", "<var:int> = <int> % 10007", 8, "loop"),
    Rule("add to int", "<var:int> <op:assign> <lit:int>", 6),
    Rule("increment", "<var:int> += 1", 4),
    Rule("assign float", "<var:float> = <float>", 5),
    Rule("compound float", "<var:float> <op:compound> <num>", 5),
    Rule("assign scalar", "<var:scalar> = <lit:scalar>", 4),
    Rule("assign scalar kind", "<var:scalar> = <flat>", 3, "calm"),
    Rule("assign bool", "<var:scalar> = <bool>", 2),
    Rule("assign string", "<var:str> = <str>", 2, "calm"),
    Rule("assign string cut", "<var:str> = (<str>)[0:9]", 2, "loop"),
    Rule("add to string", "<var:str> += <lit:str>", 3),
    Rule("build string", '<var:str> += "${<flat>},"', 2),
    Rule("assign list", "<var:ints> = <ints>", 3, "calm"),
    Rule("assign list cut", "<var:ints> = (<ints>)[0:9]", 2, "loop"),
    Rule("append", "<var:ints> += [<int>]", 4),
    Rule("append by sum", "<var:ints:x> = <@x> + [<int>]", 4),
    Rule("add string by sum", "<var:str:x> = <@x> + <lit:str>", 3),
    Rule("add int by sum", "<var:int:x> = <@x> + <lit:int>", 3),
    Rule("set entry by merge", "<var:dict:x> = <@x>.merge({<op:key>: <scalar>})", 1),
    Rule("push by method", "<var:list:x> = <@x>.push(<scalar>)", 4),
    Rule("swap", "let <let:int:old> = <var:int:x>\n<@x> = <var:int:y>\n<@y> = <@old>", 2),
    Rule("append mixed", "<var:list> += [<scalar>]", 5),
    Rule("assign mixed list cut", "<var:list> = (<list>)[0:9]", 3, "loop"),
    Rule("merge into", "<var:dict> += {<op:key>: <scalar>}", 2),
    Rule("append to grid", "<var:grid> += [(<ints>)[0:3]]", 4),
    Rule("append closure", "<var:fns> += [{ <bind:int:x> -> <scoped:int> }]", 4),
    # --- stores into parts
    Rule("store element", "<var:ints>[<op:small>] = <int> % 10007", 4),
    Rule("store any index", "<var:ints>[<int> % 5] = <lit:int>", 2),
    Rule("store mixed element", "<var:list>[<op:index>] = <scalar>", 4),
    Rule("store entry", "<var:dict>.<op:key> = <scalar>", 3),
    Rule("store computed entry", "<var:dict>[<scalar>] = <scalar>", 2),
    Rule("compound element", "<var:ints>[0] += <lit:int>", 2),
    Rule("compound entry", "<var:dict>.a += 1", 1),
    Rule("store cell", "<var:grid>[0][<op:small>] = <int> % 10007", 4),
    Rule("store row", "<var:grid>[<op:small>] = (<ints>)[0:3]", 3),
    Rule("store field", "<var:node>.x = <int> % 10007", 3),
    Rule("compound field", "<var:node>.x += 1", 2),
    Rule("store path", "<var:node>.xs[0] = <int> % 10007", 2),
    Rule("store new field", "<var:node>.extra = <scalar>", 1),
    Rule("store part of anything", "<var:any>[0] = <scalar>", 1),
    # --- sharing
    Rule("alias list", 'let <let:ints:y> = <ref:ints>\n<block>\nprintln("<tag> ${<@y>}")', 3),
    Rule("alias by var", 'var <new:ints:y> = <ref:ints>\n<@y>[0] = <int> % 10007\nprintln("<tag> ${<@y>}")', 2),
    Rule("alias dict", 'var <new:dict:y> = <ref:dict>\n<@y>.a = <scalar>\nprintln("<tag> ${<@y>}")', 2),
    Rule("alias node", 'var <new:node:y> = <ref:node>\n<@y>.xs[0] = 77\nprintln("<tag> ${<@y>}")', 2),
    Rule("captured list", 'let <let:fn:f> = { x -> <ref:ints>[0] ?? x }\n<var:ints> += [1]\nprintln("<tag> ${<@f>(5)}")', 2),
    Rule("stored in list", 'var <new:grid:g> = [<ref:ints>]\n<@g>[0][0] = 66\nprintln("<tag> ${<@g>}")', 2),
    Rule("passed and changed", 'println("<tag> ${changed(<ref:ints>)}")', 2),
    Rule("mutated while iterated", "for <bindvar:int:i> in <ref:ints> {\n  if <@i> > 3 { break }\n  <block>\n}", 2, "calm"),
    Rule("append while iterated", "for each_item in <var:ints:x> {\n  <@x> += [each_item]\n  if each_item == 2 { break }\n}", 1, "calm"),
    # --- control flow
    Rule("if", "if <bool> {\n  <block>\n}", 5),
    Rule("if else", "if <any> {\n  <block>\n} else {\n  <block>\n}", 4),
    Rule("else if", "if <bool> {\n  <block>\n} else if <bool> {\n  <block>\n} else {\n  <block>\n}", 2),
    Rule("while", "var <new:count:n> = 0\nwhile <@n> < <rounds> {\n  <@n> = <@n> + 1\n  <loop>\n}", 6),
    Rule("while and", "var <new:count:n> = 0\nwhile <@n> < <rounds> && <any> {\n  <@n> += 1\n  <loop>\n}", 2),
    Rule("while suspending", "var <new:count:n> = 0\nwhile pause(<@n>) < <rounds> {\n  <@n> += 1\n  <loop>\n}", 1),
    Rule("for range", "for <bindvar:int:i> in 0 to <rounds> {\n  <loop>\n}", 8),
    Rule("for range exclusive", "for <bindvar:int:i> in range(<rounds>) {\n  <loop>\n}", 4),
    Rule("for ints", "for <bindvar:int:x> in <ints> {\n  <loop>\n}", 3, "calm"),
    Rule("for mixed list", "for <bindvar:scalar:x> in <list> {\n  <loop>\n}", 3, "calm"),
    Rule("for ints cut", "for <bindvar:int:x> in (<ints>)[0:5] {\n  <loop>\n}", 3, "loop"),
    Rule("for mixed list cut", "for <bindvar:scalar:x> in (<list>)[0:5] {\n  <loop>\n}", 3, "loop"),
    Rule("for dict", 'for <bindvar:dict:e> in <dict> {\n  println("<tag> ${<@e>.key} ${<@e>.value}")\n  <loop>\n}', 2),
    Rule("for dict pattern", "for {key, value} in <dict> {\n  println(\"<tag> ${key} ${value}\")\n  <loop>\n}", 1),
    Rule("for set", "for <bindvar:scalar:x> in <set> {\n  <loop>\n}", 1, "calm"),
    Rule("for anything", "for <bindvar:any:x> in <iterable> {\n  <loop>\n}", 2, "calm"),
    Rule("for generator", "for <bindvar:int:x> in <gen> {\n  <loop>\n}", 3),
    Rule("for generator left", "for <bindvar:int:x> in <gen> {\n  <block>\n  if <bool> { break }\n}", 2),
    Rule("for iterator", "for <bindvar:int:x> in iter(<ints>).map({ <bind:int:y> -> <scoped:int> }) {\n  <loop>\n}", 1, "calm"),
    Rule("for pairs", "for (first, second) in iter(<ints>).enumerate() {\n  println(\"<tag> ${first} ${second}\")\n  <loop>\n}", 1, "calm"),
    Rule("for channel", "let <let:chan:c> = filled(<ints>)\nfor <bindvar:int:x> in <@c> {\n  <loop>\n}", 2, "calm"),
    Rule("for producer", "for <bindvar:int:x> in produced(<op:few>) {\n  <loop>\n}", 2),
    Rule("break", "if <bool> { break }", 4, "loop"),
    Rule("continue", "if <bool> { continue }", 4, "loop"),
    Rule("break from match", "match <scalar> {\n  1 -> { break }\n  true -> { continue }\n  <bind:scalar:v> -> {\n    <block>\n  }\n}", 2, "loop"),
    Rule("break out of try", "try {\n  <block>\n  if <bool> { break }\n} finally {\n  println(\"<tag>\")\n}", 2, "loop"),
    Rule("continue out of catch", "try {\n  <wildly>\n} catch (e) {\n  println(\"<tag> ${e}\")\n  continue\n} finally {\n  <block>\n}", 2, "loop"),
    Rule("break in finally", "try {\n  <wildly>\n} finally {\n  if <bool> { break }\n}", 1, "loop"),
    Rule("continue in finally", "try {\n  <wildly>\n} finally {\n  continue\n}", 1, "loop"),
    Rule("early return", "if <bool> { return <returned> }", 4, "function"),
    Rule("guard", "guard <bool> else {\n  <block>\n}", 1),
    Rule("guard returns", "guard <bool> else { return <returned> }", 1, "function"),
    Rule("require", "require <bool>, <scalar>", 1, "function"),
    Rule("retry with count", 'var <new:int:n> = 0\nretry 3 {\n  <@n> += 1\n  if <@n> < 3 { throw "again" }\n  <block>\n}', 1),
    Rule("match", "match <scalar> {\n  1 -> {\n    <block>\n  }\n  \"s\" -> { println(\"<tag>\") }\n  <bind:scalar:v> if <bool> -> {\n    <block>\n  }\n  _ -> {\n    <block>\n  }\n}", 3),
    Rule("match enum", "match <enum> {\n  Shape.Dot -> { println(\"<tag>\") }\n  Shape.Box(w, 3) -> { println(\"<tag> ${w}\") }\n  Shape.Box(w, h) if w < h -> {\n    <block>\n  }\n  Shape.Disc(r) -> { println(\"<tag> ${r}\") }\n  other -> { println(\"<tag> ${other}\") }\n}", 2),
    Rule("match list", "match <list> {\n  [1, x] -> { println(\"<tag> ${x}\") }\n  [x, _, z] if x == z -> {\n    <block>\n  }\n  [x, y] -> { println(\"<tag> ${x} ${y}\") }\n  _ -> {\n    <block>\n  }\n}", 2),
    Rule("match dict", "match <any> {\n  {a: 1} -> { println(\"<tag>\") }\n  {a: x, k: y} if x != nil -> { println(\"<tag> ${x} ${y}\") }\n  [] -> { println(\"<tag>\") }\n  3 -> {\n    <block>\n  }\n  x -> { println(\"<tag> ${x}\") }\n}", 2),
    Rule("match without arm", "try {\n  match <scalar> {\n    1 -> {\n      <block>\n    }\n  }\n} catch (e) { println(\"<tag> ${e}\") }", 1),
    # --- errors
    Rule("try catch", "try {\n  <block>\n} catch (e) {\n  println(\"<tag> ${e}\")\n  <block>\n}", 4),
    Rule("error caught", "try {\n  <wildly>\n} catch (e) {\n  println(\"<tag> ${e}\")\n}", 10),
    Rule("error in try finally", "try {\n  try {\n    <block>\n    <wildly>\n  } finally {\n    <block>\n  }\n} catch (e) {\n  println(\"<tag> ${e}\")\n}", 3),
    Rule("throw", "try {\n  <block>\n  if <bool> { throw <any> }\n} catch (e) {\n  println(\"<tag> ${e}\")\n} finally {\n  <block>\n}", 3),
    Rule("typed catch", "try {\n  try {\n    if <bool> { throw <enum> }\n    throw <scalar>\n  } catch (e: Shape) {\n    println(\"<tag> ${e.variant}\")\n  }\n} catch (e) {\n  println(\"<tag> ${e}\")\n}", 2),
    Rule("throw in catch", "try {\n  try { <wildly> } catch (e) { throw \"again ${e}\" } finally { println(\"<tag>\") }\n} catch (e) {\n  println(\"<tag> ${e}\")\n}", 1),
    Rule("throw in finally", "try {\n  try { <block> } finally { throw <scalar> }\n} catch (e) {\n  println(\"<tag> ${e}\")\n}", 1),
    Rule("return out of finally", "try {\n  <block>\n  if <bool> { return <returned> }\n} finally {\n  println(\"<tag>\")\n}", 2, "function"),
    Rule("return replaced by finally", "try {\n  return <returned>\n} finally {\n  if <bool> { return <returned> }\n}", 1, "function"),
    Rule("rethrow by try*", "try {\n  let <let:any:r> = try* <wild>\n  println(\"<tag> ${<@r>}\")\n} catch (e) { println(\"<tag> ${e}\") }", 1, "named"),
    Rule("defer", "defer {\n  <body:nil>\n}", 4, "function"),
    Rule("line of an error", 'println("<tag> ${(parallel settle [0] { i -> <wild> }).results}")', 3),
    Rule("line of a call", 'println("<tag> ${(parallel settle [0] { i -> <body:any> }).results}")', 1),
    # --- tasks
    Rule("spawn", 'let <let:task:t> = spawn {\n  <body:any>\n}\n<block>\nprintln("<tag> ${await(<@t>)}")', 2),
    Rule("parallel body", 'println("<tag> ${parallel each <ints> with { max_concurrent: 2 } { <bind:int:x> ->\n  <body:scalar>\n}}")', 1),
    Rule("parallel sleeping", 'println("<tag> ${parallel 3 { <bind:int:i> ->\n  sleep(3 - <@i>)\n  <body:scalar>\n}}")', 1),
    Rule("mutex", "mutex {\n  <block>\n}", 1),
    Rule("deadline", "try {\n  deadline 20ms {\n    <block>\n    sleep(<op:few>)\n    sleep(5ms * 0)\n  }\n} catch (e) { println(\"<tag> ${e}\") }", 1),
    Rule("deadline passed", "try {\n  deadline 2ms {\n    <block>\n    sleep(50)\n    println(\"never\")\n  }\n} catch (e) { println(\"<tag> ${e}\") } finally {\n  <block>\n}", 1),
    Rule("sleep", "sleep(<op:small>)", 2),
    Rule("select", "select {\n  m from filled(<ints>) { println(\"<tag> ${m}\") }\n  default {\n    <block>\n  }\n}", 1),
    Rule("select timeout", "select {\n  m from produced(<op:small>) {\n    <block>\n  }\n  timeout 3ms { println(\"<tag>\") }\n}", 1),
    Rule("two tasks", 'let <let:chan:c> = channel("c", 1)\nlet <let:task:t> = spawn {\n  for i in 0 to 3 { send(<@c>, i * 2) }\n  close_channel(<@c>)\n  <body:any>\n}\nfor <bindvar:int:x> in <@c> {\n  <loop>\n}\nfor drained in <@c> { }\nprintln("<tag> ${await(<@t>)}")', 1),
    # --- closures
    Rule("closures in a loop", "for <bindvar:int:i> in 0 to 2 {\n  <block>\n  <var:fns> += [{ <bind:int:x> -> (<@x> + <@i>) }]\n}", 4),
    Rule("calls of closures", 'for each_fn in <ref:fns> { println("<tag> ${each_fn(<int>)}") }', 4),
    Rule("assigns what it captured", 'let <let:fn:f> = { x ->\n  <var:int> += x\n  <ref:int>\n}\nprintln("<tag> ${<@f>(1)} ${<@f>(2)} ${<ref:int>}")', 2),
    Rule("for_each mutating", "iter(<ints>).for_each({ <bind:int:x> ->\n  <body:int>\n})", 1),
    Rule("inner function", "fn <fname:int:g>(<bind:int:x>) {\n  <returns:int>\n}\nprintln(\"<tag> ${<@g>(<int>)} ${<@g>(<scalar>)}\")", 2, "calm"),
    # --- generators
    Rule("yield", "yield <int>", 20, "generator"),
    Rule("yield in try", "try {\n  yield <int>\n  <block>\n} finally {\n  println(\"<tag>\")\n}", 12, "generator"),
    Rule("next", 'println("<tag> ${<ref:gen>.next()}")', 4),
    # --- destructuring
    Rule("destructure list", 'let [<let:scalar:a>, <let:scalar:b> = <scalar>, ...<let:list:r>] = <list>', 1),
    Rule("destructure dict", 'let {a: <let:scalar:p>, z: <let:scalar:q> = <scalar>} = <dict>', 1),
)  # fmt: skip

# What stands at the beginning of every program: small functions that rules call.
PRELUDE = """\
enum Shape { Dot, Box(w, h), Disc(r), Named(n) }
struct Node { x, xs }
impl Node {
  fn total(self, more) {
    var sum = self.x + more
    for each_x in self.xs { sum = sum + each_x }
    return sum
  }
  fn twice(self) { return self.total(self.x) }
  fn moved(self, by) {
    var other = self
    other.x = other.x + by
    return other
  }
  fn name(self) { return "node ${self.x}"[0:9] }
}
struct Spot { at, far }
fn spot(at, far) { return Spot {at: at, far: far} }
fn reach(s, times) {
  var sum = 0
  return try {
    for i in 0 to times { sum = sum + s.at * 2 + put(s, s.far).at }
    sum
  } catch (e) { "${sum} ${s}" }
}
fn put(s, at) {
  var other = s
  other.at = at
  return other
}
fn step(n) { return n + 1 }
fn same(v) { return v }
fn same_of(f) { return f() }
fn nothing(v) { v }
fn pause(v) {
  sleep(1)
  return v
}
fn through_channel(v) {
  let c = channel("through", 1)
  let t = spawn { send(c, v) }
  let got = receive(c)
  await(t)
  return got
}
fn filled(xs) {
  let c = channel("filled", len(xs) + 1)
  for x in xs { send(c, x) }
  close_channel(c)
  return c
}
fn produced(n) {
  let c = channel("produced", 1)
  spawn {
    for i in range(n) {
      sleep(i)
      send(c, i)
    }
    close_channel(c)
  }
  return c
}
fn one_value(v) { yield v }
fn count_up(n) {
  var i = 0
  while i < n {
    yield i
    i = i + 1
  }
}
fn doubled(g) {
  try {
    for x in g { yield x * 2 }
  } finally {
    println("doubled ends")
  }
}
fn fails_after(n) {
  for i in range(n) { yield i }
  throw "no more than ${n}"
}
fn fact(n) { return n < 2 ? 1 : n * fact(n - 1) }
fn swap_down(n, a, b) {
  if n <= 0 { return same(a) ?? b }
  return swap_down(n - 1, b, a)
}
fn even_steps(n) {
  if n <= 0 { return 0 }
  return odd_steps(n - 1)
}
fn odd_steps(n) {
  if n <= 0 { return 1 }
  return even_steps(n - 1)
}
fn with_defaults(a, b = a + 1, c = [a, b].count) { return a + b * c }
fn rest_of(a, ...more) { return more }
fn typed(a: int | string, b: list<int>) { return b.count + 1 }
fn checked(v) {
  let r = v == nil ? Err("nil") : Ok(v)
  let inner = (r?)
  return Ok("${inner}"[0:9])
}
fn adder(n) { return { x -> x + n } }
fn changed(xs) {
  var ys = xs
  ys[0] = 99
  ys = ys + [100]
  return [xs.count, ys.count]
}
fn area(shape) {
  return match shape {
    Shape.Dot -> { 0 }
    Shape.Box(w, h) -> { w * h }
    Shape.Disc(r) -> { r * r }
    Shape.Named(n) -> { len(n) }
    _ -> { -1 }
  }
}
"""

# How programs may end without catching the error; also the deepest recursions.
CRASHES: tuple[Rule, ...] = (
    Rule("crash in expression", "println(<wild>)", 12),
    Rule("crash in a call", 'fn crash_site(v) {\n  <block>\n  return v.no.no\n}\nprintln(crash_site(<scalar>))', 4),
    Rule("crash in a callback", "println([1, 2].map({ each -> same(each).a.b }))", 2),
    Rule("crash in a loop", "for crash_i in 0 to 50 {\n  if crash_i == 44 { println(crash_i + <scalar>) }\n}", 6),
    Rule("crash in a generator", "for crash_x in doubled(fails_after(3)) { println(crash_x) }", 2),
    Rule("crash in a task", "println(parallel each [1, 0] { each -> 1 / each })", 3),
    Rule("crash after finally", 'fn crash_late(n) {\n  try { return n + "x" } finally { println("late") }\n}\ncrash_late(<int>)', 2),
    Rule("deep recursion", "fn deep(n) { return 1 + deep(n + 1) }\nprintln(try { deep(0) })", 2),
    Rule("deep recursion uncaught", "fn deep(n) {\n  let m = n + 1\n  return [deep(m), m]\n}\ndeep(0)", 2),
    Rule("throw at the end", "throw <any>", 4),
)  # fmt: skip
