"""pydantic-ai: an agent with one tool; or its model requests alone, by `pydantic_ai.direct` with the same messages."""

import asyncio

from common import BASE_URL, MODEL, TASK, TURNS, WAY, check, run, step
from pydantic_ai import Agent
from pydantic_ai.direct import model_request
from pydantic_ai.messages import ModelResponse
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_ai.tools import ToolDefinition
from pydantic_ai.usage import UsageLimits

model = OpenAIChatModel(MODEL, provider=OpenAIProvider(base_url=BASE_URL, api_key="none"))
agent = Agent(model)
agent.tool_plain(step)
limits = UsageLimits(request_limit=TURNS + 1)
schema = {
    "type": "object",
    "properties": {"n": {"type": "integer"}},
    "required": ["n"],
    "additionalProperties": False,
}
parameters = ModelRequestParameters(
    function_tools=[ToolDefinition(name="step", description="Takes one step.", parameters_json_schema=schema)],
    allow_text_output=True,
)


async def loop():
    result = await agent.run(TASK, usage_limits=limits)
    messages = result.all_messages()
    check(result.output, sum(isinstance(message, ModelResponse) for message in messages))
    return messages


async def main() -> None:
    messages = await loop()

    async def calls() -> None:
        for turn in range(TURNS):
            answer = await model_request(model, messages[: 2 * turn + 1], model_request_parameters=parameters)
        check(answer.parts[-1].content, TURNS)

    await run(loop if WAY == "loop" else calls)


asyncio.run(main())
