"""Sessions of onnxruntime, whose telemetry the package of this module has switched off."""

from typing import Any


def onnx_session(weights: bytes, *, threads: int, arena: bool = True) -> Any:
    """A session on the processor.

    Args:
        weights: of the model, as ONNX.
        threads: within one operation; operations run one after the other.
        arena: let the session keep memory for its next run.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = arena
    return onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
