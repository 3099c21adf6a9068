"""The official OpenAI SDK."""

import asyncio

from common import BASE_URL, MODEL, STREAMED, question, run
from openai import AsyncOpenAI


async def main() -> None:
    async with AsyncOpenAI(base_url=BASE_URL, api_key="none", max_retries=0) as client:

        async def call(number: int) -> str:
            messages = [{"role": "user", "content": question(number)}]
            if not STREAMED:
                reply = await client.chat.completions.create(model=MODEL, messages=messages)
                return reply.choices[0].message.content
            texts = []
            stream = await client.chat.completions.create(
                model=MODEL, messages=messages, stream=True, stream_options={"include_usage": True}
            )
            async for event in stream:
                if event.choices:
                    texts.append(event.choices[0].delta.content or "")
            return "".join(texts)

        await run(call)


asyncio.run(main())
