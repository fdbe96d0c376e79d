import onnx
import onnxruntime
import pytest

from triage_agent.adapters.torch_inference.onnx_classifier import SPIN_DURATION


def test_the_runtime_knows_the_option_for_waiting(capfd: pytest.CaptureFixture[str]) -> None:
    shape = onnx.helper.make_tensor_value_info("in", onnx.TensorProto.FLOAT, [1])
    same = onnx.helper.make_tensor_value_info("out", onnx.TensorProto.FLOAT, [1])
    node = onnx.helper.make_node("Identity", ["in"], ["out"])
    graph = onnx.helper.make_graph([node], "nothing", [shape], [same])
    opset = onnx.helper.make_opsetid("", 20)
    network = onnx.helper.make_model(graph, opset_imports=[opset], ir_version=10)
    options = onnxruntime.SessionOptions()
    # One that it does not know, it would pass over without a word.
    options.add_session_config_entry(SPIN_DURATION, "not a number")

    onnxruntime.InferenceSession(
        network.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )

    assert SPIN_DURATION in capfd.readouterr().err
