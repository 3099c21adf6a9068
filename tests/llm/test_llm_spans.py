"""Model calls leave spans where tracing is on."""

from __future__ import annotations

from programs import run


def test_a_call_opens_a_span_that_says_how_it_went() -> None:
    program = """
    enable_tracing()
    llm_call("prompt")
    let s = trace_spans()[0]
    println("${s.kind} ${s.name}")
    for key in s.metadata.keys() { if key != "call_id" { println("${key}=${s.metadata[key]}") } }
    """
    assert run(program).lines == [
        "llm_call llm_call",
        "input_tokens=6",
        "model=claude-sonnet-4-20250514",
        "output_tokens=30",
        "prompt_chars=6",
        "provider=mock",
        "status=ok",
    ]


def test_a_failed_call_leaves_its_error_in_the_span() -> None:
    program = """
    enable_tracing()
    llm_mock({error: {category: "auth", message: "no"}})
    try { llm_call("x") } catch (e) { println(e) }
    let m = trace_spans()[0].metadata
    println("${m.status} ${m.error} ${m.retryable} ${m.attempt}")
    """
    assert run(program).lines == ["Error [auth]: no", "error Error [auth]: no false 0"]


def test_a_safe_call_annotates_the_span_around_it() -> None:
    program = """
    enable_tracing()
    llm_call_safe("x")
    println(trace_spans())
    """
    assert run(program).lines == ["[]"]


def test_a_stream_has_a_span_of_its_own() -> None:
    program = """
    enable_tracing()
    llm_stream("x")
    println(trace_spans().map({ s -> s.name }))
    """
    assert run(program).lines == ["[llm_stream]"]
