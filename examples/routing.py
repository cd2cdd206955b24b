"""Several models as one: what happens when the first one fails, and how calls are shared.

    python examples/routing.py

Stand-ins on this machine answer; with your own targets only the addresses and keys differ.
"""

from collections import Counter

from mistral_rag import ChatMistral
from mistral_rag.routing import ChatRouter, CircuitBreaker, Target
from mistral_rag.testing import FakeMistral, faults


def main() -> None:
    """Fall back, then share calls by a gateway's configuration."""
    with FakeMistral() as near, FakeMistral() as far:
        near.faults.add(faults.server_error(503), times=2)
        targets = [
            ChatMistral(base_url=near.base_url, api_key=near.key, max_retries=0),
            Target(
                ChatMistral(base_url=far.base_url, api_key=far.key), params={"temperature": 0}, name="the other host"
            ),
        ]
        router = ChatRouter(targets=targets, breaker=CircuitBreaker(failures=2, cooldown=60))
        for _ in range(3):
            routing = router.invoke("Good morning").response_metadata["routing"]
            failed = [(failure["error"], failure["status"]) for failure in routing["failed"]]
            print(f"{routing['target']}; failed: {failed}; skipped: {routing['skipped']}")
        shared = ChatRouter.from_config(
            {
                "strategy": {"mode": "loadbalance"},
                "targets": [
                    {
                        "provider": "mistral-ai",
                        "api_key": fake.key,
                        "custom_host": fake.base_url,
                        "weight": weight,
                        "override_params": {"model": model},
                    }
                    for fake, model, weight in ((near, "mistral-small-latest", 3), (far, "mistral-medium-latest", 1))
                ],
            }
        )
        answers = [shared.invoke("Good morning").response_metadata["routing"]["target"] for _ in range(100)]
        print("shared:", sorted(Counter(answers)))


if __name__ == "__main__":
    main()
