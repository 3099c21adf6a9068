"""httpx alone, with nothing around it: post, parse, take the text."""

import asyncio
import json

import httpx
from common import BASE_URL, MODEL, STREAMED, WIDTH, question, run


async def main() -> None:
    limits = httpx.Limits(max_connections=WIDTH, max_keepalive_connections=WIDTH)
    async with httpx.AsyncClient(limits=limits, timeout=120) as client:

        async def call(number: int) -> str:
            body = {"model": MODEL, "messages": [{"role": "user", "content": question(number)}], "max_tokens": 16384}
            if not STREAMED:
                reply = await client.post(f"{BASE_URL}/chat/completions", json=body)
                reply.raise_for_status()
                return reply.json()["choices"][0]["message"]["content"]
            texts = []
            body |= {"stream": True, "stream_options": {"include_usage": True}}
            async with client.stream("POST", f"{BASE_URL}/chat/completions", json=body) as reply:
                reply.raise_for_status()
                async for line in reply.aiter_lines():
                    if line.startswith("data: ") and line != "data: [DONE]":
                        event = json.loads(line[6:])
                        if event["choices"]:
                            texts.append(event["choices"][0]["delta"].get("content") or "")
            return "".join(texts)

        await run(call)


asyncio.run(main())
