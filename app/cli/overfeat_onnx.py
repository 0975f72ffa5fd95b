# SPDX-License-Identifier: Apache-2.0
"""Runs one ONNX file in MLServer; 'overfeat export-server' puts it beside each model."""

import asyncio

import onnxruntime
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceRequest, InferenceResponse
from mlserver.utils import get_model_uri


class OnnxModel(MLModel):
    async def load(self) -> bool:
        self._session = onnxruntime.InferenceSession(await get_model_uri(self._settings))
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        pictures = NumpyCodec.decode_input(payload.inputs[0])
        wanted = [output.name for output in payload.outputs or self.outputs]
        numbers = await asyncio.to_thread(self._session.run, wanted, {"input": pictures})
        outputs = [
            NumpyCodec.encode_output(name, array, use_bytes=False)
            for name, array in zip(wanted, numbers)
        ]
        return InferenceResponse(model_name=self.name, outputs=outputs)
