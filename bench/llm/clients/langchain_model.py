"""langchain's chat model for OpenAI-compatible servers."""

import asyncio

from common import BASE_URL, MODEL, STREAMED, question, run
from langchain_openai import ChatOpenAI

model = ChatOpenAI(model=MODEL, base_url=BASE_URL, api_key="none", max_retries=0, stream_usage=True)


async def call(number: int) -> str:
    if not STREAMED:
        return (await model.ainvoke(question(number))).content
    return "".join([piece.content async for piece in model.astream(question(number))])


asyncio.run(run(call))
