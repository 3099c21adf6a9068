"""A real model in this process answers like any other provider, and never holds up the rest of the program."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from embedded_model import needs_embedded_model
from programs import run

from harnpy.cli.capturing_world import CapturingWorld
from harnpy.cli.compose import make_runtime
from harnpy.llm.observe import CallDelta
from harnpy.llm.providers.embedded import available_models
from harnpy.vm.effects import Repeat, operation

pytestmark = needs_embedded_model

EMBEDDED = {"HARN_LLM_PROVIDER": "embedded"}

# More than this machine or any other generates before the tests' own time is over.
FAR_TOO_MANY = 8000

# A question that this model answers at length.
STORY = "Tell me a long story about a fox who lives in a big forest."


def value(source: str) -> Any:
    """The value of a Harn expression that may call the model."""
    return json.loads(run(f"println(json_stringify({source}))", EMBEDDED).output)


class RealTimeWorld(CapturingWorld):
    """The real world with the embedded model as its provider."""

    @operation("env", Repeat.PURE)
    def env(self, name: str) -> str | None:
        return EMBEDDED.get(name)


def run_in_real_time(source: str) -> list[str]:
    """The lines that a program prints whose waits take as long as they say."""
    world = RealTimeWorld()
    runtime = make_runtime(world=world)
    try:
        runtime.run(runtime.compile(source, "test.harn", use_cache=False))
    finally:
        runtime.close()
    return world.output.splitlines()


def test_a_call_gives_text_model_provider_tokens_and_why_it_stopped() -> None:
    result = value('llm_call("Say hello.", nil, {temperature: 0, max_tokens: 5})')
    assert result["text"].strip()
    assert (result["model"], result["provider"]) == ("smollm2-135m", "embedded")
    assert (result["output_tokens"], result["stop_reason"]) == (5, "length")


def test_a_model_that_finishes_says_stop() -> None:
    result = value('llm_call("What is the capital of France?", "Answer with one word.", {temperature: 0})')
    assert "Paris" in result["text"]
    assert result["stop_reason"] == "stop"
    assert 0 < result["output_tokens"] < 200


def test_temperature_zero_gives_the_same_answer_whatever_came_between() -> None:
    # Long enough that parts of it are not computed again.
    long = "Tell a story about a fox. " * 12
    prompts = [long, "Why is the sky blue?", long, long + "Make it short.", long]
    texts = [
        value(f"llm_call({json.dumps(prompt)}, nil, {{temperature: 0, max_tokens: 12}}).text") for prompt in prompts
    ]
    assert texts[0] == texts[2] == texts[4]
    assert len(set(texts)) > 1


def test_a_seed_makes_sampling_repeatable_and_other_seeds_differ() -> None:
    source = 'llm_call("Invent a name for a cat.", nil, {{temperature: 1.0, max_tokens: 10, seed: {}}}).text'
    texts = [value(source.format(seed)) for seed in (7, 7, 1, 2, 3)]
    assert texts[0] == texts[1]
    assert len(set(texts)) > 1


def test_a_stop_sequence_ends_the_answer_before_it() -> None:
    free = value(f'llm_call("{STORY}", nil, {{temperature: 0, max_tokens: 60}}).text')
    stop = free[len(free) // 2 : len(free) // 2 + 6]
    result = value(f'llm_call("{STORY}", nil, {{temperature: 0, max_tokens: 60, stop: [{json.dumps(stop)}]}})')
    assert result["text"] == free[: free.index(stop)]
    assert result["stop_reason"] == "stop"


def test_the_answer_goes_on_from_a_prefill_without_repeating_it() -> None:
    options = 'temperature: 0, max_tokens: 6, prefill: "The capital of France is the city of"'
    result = value(f'llm_call("What is the capital of France?", nil, {{{options}}})')
    assert "Paris" in result["text"]
    assert "capital" not in result["text"]


def test_streamed_pieces_join_to_the_text_and_come_one_by_one() -> None:
    done = run(f'println(llm_call("{STORY}", nil, {{temperature: 0, max_tokens: 30}}).text)', EMBEDDED, watch=True)
    pieces = [event.text for event in done.events if isinstance(event, CallDelta)]
    assert "".join(pieces) + "\n" == done.output
    assert len(pieces) > 10


def test_llm_stream_gives_the_pieces_of_what_llm_call_gives() -> None:
    options = "{temperature: 0, max_tokens: 30}"
    source = f"""
    var pieces = []
    for piece in llm_stream("{STORY}", nil, {options}) {{ pieces = pieces + [piece] }}
    println(json_stringify({{pieces: pieces, whole: llm_call("{STORY}", nil, {options}).text}}))
    """
    result = json.loads(run(source, EMBEDDED).output)
    assert "".join(result["pieces"]) == result["whole"]
    assert len(result["pieces"]) > 10


def test_token_counts_are_those_of_the_models_own_tokenizer() -> None:
    from harnpy.llm.providers.embedded_engine import Engine

    result = value(f'llm_call("{STORY}", "Be exact.", {{temperature: 0, max_tokens: 40}})')
    engine = Engine(available_models()["smollm2-135m"])
    try:
        chat = f"<|im_start|>system\nBe exact.<|im_end|>\n<|im_start|>user\n{STORY}<|im_end|>\n<|im_start|>assistant\n"
        assert result["input_tokens"] == len(engine.tokens(chat))
        # A text may be split in more than one way, so what was generated need not be what the tokenizer makes of it.
        assert abs(result["output_tokens"] - len(engine.tokens(result["text"]))) <= 2
    finally:
        engine.close()


SCHEMAS: dict[str, dict[str, Any]] = {
    "flat": {
        "type": "object",
        "properties": {
            "name": {"type": "string", "maxLength": 12},
            "age": {"type": "integer"},
            "married": {"type": "boolean"},
        },
        "required": ["name", "age", "married"],
    },
    "choice": {
        "type": "object",
        "properties": {
            "mood": {"enum": ["glad", "sad", "neither"]},
            "stars": {"type": "integer", "minimum": 1, "maximum": 5},
            "version": {"const": 3},
        },
        "required": ["mood", "stars", "version"],
    },
    "list": {
        "type": "object",
        "properties": {
            "colors": {"type": "array", "items": {"type": "string", "maxLength": 8}, "minItems": 2, "maxItems": 4}
        },
        "required": ["colors"],
    },
    "nested": {
        "type": "object",
        "properties": {
            "title": {"type": "string", "minLength": 3, "maxLength": 20},
            "author": {
                "type": "object",
                "properties": {"first": {"type": "string", "maxLength": 10}, "born": {"type": ["integer", "null"]}},
                "required": ["first", "born"],
            },
            "rating": {"type": "number"},
        },
        "required": ["title", "author"],
    },
    "branches": {
        "type": "object",
        "properties": {
            "shape": {
                "oneOf": [
                    {"type": "object", "properties": {"radius": {"type": "number"}}, "required": ["radius"]},
                    {"type": "object", "properties": {"side": {"type": "number"}}, "required": ["side"]},
                ]
            }
        },
        "required": ["shape"],
    },
}


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("name", SCHEMAS)
def test_a_structured_answer_fits_its_schema_at_the_first_try(name: str, seed: int) -> None:
    schema = SCHEMAS[name]
    options = {
        "response_format": "json",
        "schema": schema,
        "output_validation": "error",
        "schema_retries": 0,
        "temperature": 1.2,
        "seed": seed,
    }
    result = value(f'llm_call("Make something up.", nil, json_parse({json.dumps(json.dumps(options))}))')
    jsonschema.validate(result["data"], schema)
    jsonschema.validate(json.loads(result["text"]), schema)
    assert result["stop_reason"] == "stop"


def test_a_schema_in_harns_own_spelling_constrains_as_well() -> None:
    source = """
    type City = {name: string, people: int, capital: bool}
    let made = llm_call("Describe Paris.", nil, {output_schema: schema_of(City), output_validation: "error", schema_retries: 0})
    println(json_stringify(made.data))
    """
    data = json.loads(run(source, EMBEDDED).output)
    assert {key: type(each) for key, each in data.items()} == {"name": str, "people": int, "capital": bool}


def test_json_mode_without_a_schema_gives_an_object() -> None:
    result = value('llm_call("Describe a cat with two facts.", nil, {response_format: "json", temperature: 0})')
    assert type(json.loads(result["text"])) is dict


def test_other_fibers_go_on_while_the_model_generates() -> None:
    source = """
    let finished = channel("finished", 1)
    let counter = spawn {
      var count = 0
      while try_receive(finished) == nil { sleep(1ms); count = count + 1 }
      count
    }
    let answer = llm_call("%s", nil, {temperature: 0, max_tokens: 150})
    send(finished, true)
    println(answer.output_tokens)
    println(await(counter))
    """
    tokens, count = run_in_real_time(source % STORY)
    assert int(tokens) == 150
    # A program that stood still during the answer would have counted once before and once after it.
    assert int(count) > 10


def test_calls_at_once_take_turns_and_each_gets_its_own_answer() -> None:
    question = 'llm_call("What is the capital of ${place}?", "Answer with one word.", {temperature: 0}).text'
    source = f'println(json_stringify(parallel each ["France", "Italy", "Japan"] {{ place -> {question} }}))'
    assert [word for word in ("Paris", "Rome", "Tokyo")] == [
        word for word, text in zip(("Paris", "Rome", "Tokyo"), json.loads(run(source, EMBEDDED).output)) if word in text
    ]


def test_a_cancelled_call_stops_generating() -> None:
    # If it did not, the second call would wait for thousands of tokens, longer than this test may take.
    source = f"""
    let long = spawn {{ llm_call("{STORY}", nil, {{temperature: 0, max_tokens: {FAR_TOO_MANY}}}) }}
    sleep(300ms)
    cancel(long)
    println(llm_call("Hi", nil, {{temperature: 0, max_tokens: 2}}).output_tokens)
    """
    assert run_in_real_time(source) == ["2"]


def test_a_deadline_of_the_program_stops_generating() -> None:
    source = f"""
    let outcome = try {{ deadline 1ms {{ llm_call("{STORY}", nil, {{temperature: 0, max_tokens: {FAR_TOO_MANY}}}) }} }}
    println(is_err(outcome))
    println(llm_call("Hi", nil, {{temperature: 0, max_tokens: 2}}).output_tokens)
    """
    assert run_in_real_time(source) == ["true", "2"]


def test_a_timeout_is_an_error_of_that_category_and_stops_generating() -> None:
    options = f"{{temperature: 0, max_tokens: {FAR_TOO_MANY}, timeout: 0, llm_retries: 0}}"
    source = f"""
    let outcome = llm_call_safe("{STORY}", nil, {options})
    println(outcome.error.category)
    println(llm_call("Hi", nil, {{temperature: 0, max_tokens: 2}}).output_tokens)
    """
    assert run_in_real_time(source) == ["timeout", "2"]


def test_a_stream_that_nobody_reads_on_stops_generating() -> None:
    source = f"""
    let stream = llm_stream("{STORY}", nil, {{temperature: 0, max_tokens: {FAR_TOO_MANY}}})
    receive(stream)
    close_channel(stream)
    println(llm_call("Hi", nil, {{temperature: 0, max_tokens: 2}}).output_tokens)
    """
    assert run_in_real_time(source) == ["2"]


def test_a_prompt_longer_than_the_context_is_refused_at_once() -> None:
    source = 'println(llm_call_safe("word ".repeat(9000)).error.message)'
    message = run(source, EMBEDDED).output
    assert message.startswith("embedded API error [context_overflow]: the prompt is too long: 90")
    assert "maximum context length is 8192 tokens" in message


def test_an_unknown_model_is_an_error_that_names_those_there_are() -> None:
    message = run('println(llm_call_safe("Hi", nil, {model: "gpt-4o"}).error.message)', EMBEDDED).output
    assert message.startswith("provider 'embedded' has no model 'gpt-4o' (known models: smollm2-135m)")


def test_the_model_writes_nothing_to_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    value('llm_call("Hi", nil, {max_tokens: 2})')
    assert capfd.readouterr() == ("", "")


def test_a_completion_goes_on_with_the_raw_text() -> None:
    done = value('llm_completion("1, 2, 3, 4, 5, 6,", nil, nil, {temperature: 0, max_tokens: 6})')
    assert done["provider"] == "embedded"
    assert done["text"].lstrip().startswith("7")
    assert done["output_tokens"] <= 6
