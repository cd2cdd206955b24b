"""What reading a 1,000-page PDF costs beside the official SDK: CPU time and memory of the client.

    python -m benchmarks.ocr [--peers-python PATH] [--pages N] [--rounds N]

A server in another process answers at once with pages made beforehand: about 2,500 characters each, with blocks and
word confidences. Each client is measured in a process of its own, in turns; the best round counts. The SDK is given
what it takes (one request with a data URL, or an upload, a request and a deletion) and hands back the reply as
objects. `mistral-rag` hands back pages of plain text with blocks, boxes, tables and scored words at their offsets;
"compared" is the same with the text layer read beside it in a child process, whose CPU time is counted too. "JSON
floor" is raw httpx with the reply through `json.loads`.
"""

import argparse
import asyncio
import base64
import importlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

KEY = "benchmark"
SIDES = {"top_left_x": 100, "top_left_y": 100, "bottom_right_x": 1600, "bottom_right_y": 2100}
SENTENCE = "The Company reported net sales of 1,234.5 million for the quarter and expects that the trend will go on ."
WORDS = SENTENCE.split()
