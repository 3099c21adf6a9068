"""langgraph's agent, by langchain's create_agent, with one tool; or its model with the tool bound, same messages."""

import asyncio

from common import BASE_URL, MODEL, TASK, TURNS, WAY, check, run, step
from langchain.agents import create_agent
from langchain_core.messages import AIMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI

model = ChatOpenAI(model=MODEL, base_url=BASE_URL, api_key="none", max_retries=0)
step_tool = tool(step)
agent = create_agent(model, [step_tool])
bound = model.bind_tools([step_tool])
configuration = {"recursion_limit": 4 * TURNS}


async def loop():
    result = await agent.ainvoke({"messages": [{"role": "user", "content": TASK}]}, configuration)
    messages = result["messages"]
    check(messages[-1].content, sum(isinstance(message, AIMessage) for message in messages))
    return messages


async def main() -> None:
    messages = await loop()

    async def calls() -> None:
        for turn in range(TURNS):
            answer = await bound.ainvoke(messages[: 2 * turn + 1])
        check(answer.content, TURNS)

    await run(loop if WAY == "loop" else calls)


asyncio.run(main())
