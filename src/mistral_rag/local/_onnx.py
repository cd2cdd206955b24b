"""Sessions of onnxruntime, which is imported with its telemetry off."""

import os
from typing import Any


def onnx_session(weights: bytes, *, threads: int, arena: bool = True) -> Any:
    """A session on the processor.

    Args:
        weights: of the model, as ONNX.
        threads: within one operation; operations run one after the other.
        arena: let the session keep memory for its next run.
    """
    # read when the library is loaded: later calls do not stop it from looking up a host and writing a device id
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = arena
    return onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
