"""Milliseconds until the first piece of a streamed answer by bare httpx, as the median. Arguments: how many, model."""

import asyncio
import json
import os
import sys
import time

import httpx

URL = os.environ["LOCAL_LLM_BASE_URL"] + "/v1/chat/completions"


async def main() -> None:
    waits = []
    async with httpx.AsyncClient(timeout=120) as client:
        for _ in range(int(sys.argv[1])):
            started = time.time()
            first = None
            body = {"model": sys.argv[2], "messages": [{"role": "user", "content": "What?"}], "stream": True}
            async with client.stream("POST", URL, json=body) as reply:
                async for line in reply.aiter_lines():
                    if line.startswith("data: ") and line != "data: [DONE]" and first is None:
                        choices = json.loads(line[6:])["choices"]
                        if choices and choices[0]["delta"].get("content"):
                            first = (time.time() - started) * 1000
            waits.append(first)
    print(sorted(waits)[len(waits) // 2])


asyncio.run(main())
