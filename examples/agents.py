"""An agent of the platform that searches the web, and a function of one's own that it calls.

    python examples/agents.py

Without MISTRAL_API_KEY a stand-in on this machine answers.
"""

import os

from langchain_core.messages import BaseMessage, HumanMessage, ToolMessage

from mistral_rag import MistralAgent, MistralClient
from mistral_rag.testing import FakeMistral


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def main() -> None:
    """Make an agent, ask it twice, and delete it."""
    with FakeMistral() as fake:
        host = {} if "MISTRAL_API_KEY" in os.environ else {"base_url": fake.base_url, "api_key": fake.key}
        client = MistralClient(**host)
        stored = client.agents.create("mistral-small-latest", "clerk", tools=["web_search", add])
        agent = MistralAgent(agent_id=stored.id, **host)
        reply = agent.invoke("please search for pumps")
        print([block["type"] for block in reply.content_blocks], reply.text)
        messages: list[BaseMessage] = [HumanMessage("add 3 and 4")]
        messages.append(agent.invoke(messages))
        for call in getattr(messages[-1], "tool_calls", []):
            messages.append(ToolMessage(str(add(**call["args"])), tool_call_id=call["id"]))
        print(agent.invoke(messages).text)
        client.agents.delete(stored.id)


if __name__ == "__main__":
    main()
