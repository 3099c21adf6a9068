"""pydantic-ai: an agent without tools, one run for each question."""

import asyncio

from common import BASE_URL, MODEL, STREAMED, question, run
from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

agent = Agent(OpenAIChatModel(MODEL, provider=OpenAIProvider(base_url=BASE_URL, api_key="none")))


async def call(number: int) -> str:
    if not STREAMED:
        return (await agent.run(question(number))).output
    async with agent.run_stream(question(number)) as result:
        return await result.get_output()


asyncio.run(run(call))
