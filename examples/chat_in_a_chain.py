"""Chat in an LCEL chain: a prompt, ChatMistral, a parser, streamed.

    python examples/chat_in_a_chain.py

With MISTRAL_API_KEY set the platform answers, without it a stand-in on this machine, which only repeats.
"""

import os

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate

from mistral_rag import ChatMistral
from mistral_rag.testing import FakeMistral


def main() -> None:
    """Translate a sentence."""
    prompt = ChatPromptTemplate([("system", "Translate into {language}."), ("human", "{text}")])
    with FakeMistral() as fake:
        with_key = "MISTRAL_API_KEY" in os.environ
        model = ChatMistral() if with_key else ChatMistral(base_url=fake.base_url, api_key=fake.key)
        chain = prompt | model | StrOutputParser()
        for piece in chain.stream({"language": "French", "text": "Where is the station?"}):
            print(piece, end="", flush=True)
        print()


if __name__ == "__main__":
    main()
