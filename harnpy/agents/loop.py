"""One agent loop from its start to its result: turns of "model call, then tools" until something ends it (section 12.1).

A turn has four phases, each in a module of its own: preflight, model call, dispatch, post turn; finalize is the fifth.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from harnpy.agents import approval, capability, daemon
from harnpy.agents.capability import active_approval, active_capability, policies_pushed
from harnpy.agents.contract import contract_prompt
from harnpy.agents.current_tools import tools_bound
from harnpy.agents.dispatch import dispatch
from harnpy.agents.finalize import finalize
from harnpy.agents.host import attached_host
from harnpy.agents.ledger import Ledger
from harnpy.agents.loop_detection import RepeatedCalls
from harnpy.agents.loop_options import WITH_HOST, WITHOUT_HOST, LoopOptions, model_options, read_loop_options
from harnpy.agents.loop_state import LoopSetup, LoopState
from harnpy.agents.model_call import model_turn
from harnpy.agents.option_hints import check_arguments, check_tools
from harnpy.agents.post_turn import after_text, after_tools
from harnpy.agents.preflight import preflight
from harnpy.agents.sessions import EventSinks, SessionStore, new_anonymous_id
from harnpy.agents.system_prompt import system_prompt
from harnpy.agents.tool_set import ToolSet, collect_tools
from harnpy.llm.agent_events import AgentScope, AgentStarted, LoopCompleted
from harnpy.llm.agent_trace import AgentTrace
from harnpy.llm.calls import call_options
from harnpy.llm.context import CallContext
from harnpy.llm.context_window import context_window
from harnpy.llm.json_values import Json
from harnpy.llm.messages import wire_messages
from harnpy.llm.options import LlmOptions
from harnpy.llm.resolve import default_tool_format
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber

BUDGET_EXHAUSTED = "budget_exhausted"

_ANTHROPIC = "anthropic"
_ENDED_BY_ERROR = "error"


def run_loop(fiber: Fiber, prompt: Value, system: Value, options: Value) -> dict[str, Value]:
    """The result of an agent loop.

    Raises what its model calls and the program's callbacks raise; policies, tool registry and agent are then as before.
    """
    setup, messages = _set_up(fiber, prompt, system, options)
    given = options if type(options) is dict else {}
    loop = LoopState(setup, Ledger.from_options(given), RepeatedCalls(setup.options.detection))
    with ExitStack() as undo:
        undo.callback(fiber.runtime.state(EventSinks).drop, setup.session_id)
        undo.enter_context(_as_agent(setup))
        undo.enter_context(_policies(setup))
        undo.enter_context(tools_bound(fiber, setup.tools.value))
        for message in messages:
            loop.append(message, initial=True)
        if setup.options.daemon is not None:
            daemon.begin(loop, setup.options.daemon)
        _warn_about_unknown_stops(setup)
        _take_turns(loop)
        return finalize(loop)


def _take_turns(loop: LoopState) -> None:
    most = loop.setup.options.max_iterations
    for number in range(most):
        loop.turn = number
        if not _take_turn(loop):
            return
    if most > 0:
        loop.status = BUDGET_EXHAUSTED
        loop.setup.notify("budget_exhausted", {"max_iterations": most})


def _take_turn(loop: LoopState) -> bool:
    """One turn; whether another one follows."""
    loop.setup.check_deadline()
    request = preflight(loop)
    turn = model_turn(loop, request)
    if not turn.calls:
        return after_text(loop, turn)
    return after_tools(loop, turn, dispatch(loop, turn))


# --- the start -----------------------------------------------------------------------------------------------------


def _set_up(fiber: Fiber, prompt: Value, system: Value, given: Value) -> tuple[LoopSetup, list[Json]]:
    """What the loop works with, and the messages that it begins with."""
    context = CallContext(fiber)
    started = context.monotonic()
    check_arguments(context, system, given)
    host = attached_host(fiber)
    defaults = WITHOUT_HOST if host is None else WITH_HOST
    options = read_loop_options(given, defaults)
    if options.daemon is not None:
        daemon.require_snapshots(fiber, options.daemon)
    model = call_options(context, prompt, system, model_options(given, options, defaults))
    if host is not None and type(given) is dict and given.get("tool_format") is None:
        options, model = _with_native_default(context, options, model)
    if host is not None and options.compaction is not None:
        window = context_window(context, model.provider, model.model)
        options = replace(options, compaction=options.compaction.within(window))
    model = _for_format(options, model)
    check_tools(context, model.tools)
    tools = collect_tools(model.tools, model.native_tools or ())
    session_id, anonymous = _session(fiber, options, host is not None)
    ids = context.ids()
    agent_id = f"agent_{next(ids)}"
    setup = LoopSetup(
        fiber=fiber,
        context=context,
        options=options,
        model=model,
        tools=tools,
        system=system_prompt(model.system, _contract(options, tools), options),
        session_id=session_id,
        anonymous=anonymous,
        agent_id=agent_id,
        parent_id=fiber.task.get(AgentScope).agent_id,
        host=host,
        ids=ids,
        started=started,
        expired=fiber.has_passed_deadline,
    )
    return setup, [*_earlier_messages(setup), *model.messages]


def _with_native_default(
    context: CallContext, options: LoopOptions, model: LlmOptions
) -> tuple[LoopOptions, LlmOptions]:
    """With a host the format follows the model, unless the program says otherwise."""
    chosen = context.chooser().choose(model.provider, model.model, None)
    tool_format = default_tool_format(context.configuration, context.env, None, chosen)
    return replace(options, tool_format=tool_format), replace(model, tool_format=tool_format)


def _for_format(options: LoopOptions, model: LlmOptions) -> LlmOptions:
    """The model calls with native tools and a choice among them only where the loop is native."""
    native_tools = model.native_tools if options.native else None
    choice = model.tool_choice if native_tools else None
    policy = options.turn_policy
    if native_tools and choice is None and policy is not None and policy.require_action_or_yield:
        choice = {"type": "any"} if model.provider == _ANTHROPIC else "required"
    return replace(model, native_tools=native_tools, tool_choice=choice)


def _contract(options: LoopOptions, tools: ToolSet) -> str:
    if not tools.schemas:
        return ""
    policy = options.turn_policy
    return contract_prompt(
        tools,
        native=options.native,
        action_gated=policy is not None and policy.require_action_or_yield,
        examples=options.tool_examples,
    )


def _session(fiber: Fiber, options: LoopOptions, with_host: bool) -> tuple[str, bool]:
    """The id of the loop's session and whether it is anonymous; a session that is named exists from now on."""
    if options.session_id:
        return fiber.runtime.state(SessionStore).open(fiber, options.session_id), False
    minted = new_anonymous_id(fiber)
    if not with_host:
        return minted, True
    return fiber.runtime.state(SessionStore).open(fiber, minted), False


def _earlier_messages(setup: LoopSetup) -> list[Json]:
    if setup.anonymous:
        return []
    return wire_messages("", setup.fiber.runtime.state(SessionStore).messages(setup.session_id))


def _warn_about_unknown_stops(setup: LoopSetup) -> None:
    known = set(setup.tools.names)
    unknown = [name for name in setup.options.stop_after_successful_tools if name not in known]
    if unknown:
        setup.context.warn(
            f"name(s) not in declared tool schema: {', '.join(unknown)} — will never trigger a stop unless declared later"
        )


# --- what is in force while the loop runs ----------------------------------------------------------------------------


def _policies(setup: LoopSetup) -> AbstractContextManager[None]:
    """The policies of the loop within those around it. Raises the runtime error of a request that exceeds them."""
    fiber, options = setup.fiber, setup.options
    ceiling, around = active_capability(fiber), active_approval(fiber)
    policy, approvals = options.policy, options.approval_policy
    if ceiling is not None and policy is not None:
        policy = capability.intersection(ceiling, policy)
    if around is not None and approvals is not None:
        approvals = approval.intersection(around, approvals)
    return policies_pushed(fiber, policy, approvals)


@contextmanager
def _as_agent(setup: LoopSetup) -> Iterator[None]:
    """The task works for this agent; a loop that an error ends is completed on the bus as well."""
    scope = setup.fiber.task.get(AgentScope)
    setup.emit(AgentStarted(setup.agent_id, setup.options.name, setup.parent_id))
    scope.agent_id = setup.agent_id
    try:
        yield
    except BaseException:
        duration_ms = setup.milliseconds_since(setup.started)
        setup.emit(LoopCompleted(setup.agent_id, _ENDED_BY_ERROR, 0, duration_ms, (), ()))
        raise
    finally:
        scope.agent_id = setup.parent_id
        setup.fiber.runtime.state(AgentTrace).forget(setup.agent_id)
