/* SPDX-License-Identifier: Apache-2.0 */
/* Puts overfeat_onnx.py into the command line. */
    .section .rodata
    .global overfeat_onnx_py_begin
    .hidden overfeat_onnx_py_begin
    .global overfeat_onnx_py_end
    .hidden overfeat_onnx_py_end
overfeat_onnx_py_begin:
    .incbin OVERFEAT_ONNX_PY
overfeat_onnx_py_end:
    .byte 0
    .section .note.GNU-stack, "", %progbits
