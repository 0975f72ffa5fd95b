# SPDX-License-Identifier: Apache-2.0
"""KServe's own server with the models of a folder that 'overfeat export-server' wrote: FOLDER PORT GRPC-PORT."""

import json
import sys
from pathlib import Path

import onnxruntime
from kserve import InferOutput, InferResponse, Model, ModelServer


class OnnxModel(Model):
    def __init__(self, folder):
        settings = json.loads((folder / "model-settings.json").read_text())
        super().__init__(settings["name"])
        self.settings = settings
        self.session = onnxruntime.InferenceSession(folder / "1" / "model.onnx")
        self.ready = True

    def get_input_types(self):
        return self.settings["inputs"]

    def get_output_types(self):
        return self.settings["outputs"]

    def predict(self, payload, headers=None, response_headers=None):
        pictures = payload.inputs[0].as_numpy()
        wanted = [output.name for output in payload.request_outputs]
        # Over gRPC nobody asks, and numbers beside the message are usual.
        binary = payload.from_grpc or all(
            output.binary_data for output in payload.request_outputs
        )
        outputs = []
        for name, array in zip(wanted, self.session.run(wanted, {"input": pictures})):
            output = InferOutput(name, list(array.shape), "FP32")
            output.set_data_from_numpy(array, binary_data=binary)
            outputs.append(output)
        return InferResponse(payload.id or "", self.name, outputs, use_binary_outputs=binary)


if __name__ == "__main__":
    models = [
        OnnxModel(file.parent) for file in sorted(Path(sys.argv[1]).glob("*/model-settings.json"))
    ]
    ModelServer(http_port=int(sys.argv[2]), grpc_port=int(sys.argv[3]), workers=1).start(models)
