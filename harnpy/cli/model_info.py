"""`harn model-info MODEL`: what an alias or model id stands for, as one line of JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from harnpy.cli.arguments import Arguments, Command, Positional
from harnpy.vm.errors import HarnError

if TYPE_CHECKING:
    from harnpy.llm.context import CallContext
    from harnpy.llm.providers.table import Alias

COMMAND = Command(
    "model-info",
    "Show which model an alias or id stands for",
    positionals=(Positional("MODEL", "an alias, a model id, or PROVIDER:ID", required=True),),
    details="Prints `alias`, `api_key_set`, `context_window` (null if nobody tells), `id`, `provider` and `tool_format`.",
)


def execute(arguments: Arguments) -> int:
    """Print the line; any id can be a model, so this never fails."""
    from harnpy.cli.model_view import model_view
    from harnpy.llm.context_window import context_window
    from harnpy.llm.resolve import default_tool_format

    name = arguments.positionals[0]
    with model_view() as context:
        chosen = _resolved(context, name)
        info = {
            "alias": name,
            "api_key_set": _has_key(context, chosen.provider),
            "context_window": context_window(context, chosen.provider, chosen.model),
            "id": chosen.model,
            "provider": chosen.provider,
            "tool_format": default_tool_format(context.configuration, context.env, None, chosen),
        }
    print(json.dumps(info, ensure_ascii=False, separators=(",", ":")))
    return 0


def _resolved(context: CallContext, name: str) -> Alias:
    from harnpy.llm.providers.table import Alias
    from harnpy.llm.resolve import infer_provider, split_provider_prefix, tier_model

    found = tier_model(context.configuration, name, None)
    if found is not None:
        return found
    provider, model = split_provider_prefix(context.configuration, name)
    return Alias(model, provider or infer_provider(context.configuration, model))


def _has_key(context: CallContext, provider: str) -> bool:
    """Whether calls of the provider have the key they need, which may be none."""
    from harnpy.llm.resolve import resolve_key

    try:
        resolve_key(context.configuration, context.env, provider)
    except HarnError:
        return False
    return True
