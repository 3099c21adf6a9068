"""litellm, as a library."""

import asyncio
import os

# Otherwise it fetches a table of prices from the network when it is imported.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

import litellm
from common import BASE_URL, MODEL, STREAMED, question, run

litellm.suppress_debug_info = True
litellm.telemetry = False


async def call(number: int) -> str:
    messages = [{"role": "user", "content": question(number)}]
    reply = await litellm.acompletion(
        model=f"openai/{MODEL}", messages=messages, api_base=BASE_URL, api_key="none", stream=STREAMED, num_retries=0
    )
    if not STREAMED:
        return reply.choices[0].message.content
    return "".join([event.choices[0].delta.content or "" async for event in reply if event.choices])


asyncio.run(run(call))
