/* SPDX-License-Identifier: Apache-2.0 */
/* Puts models/default.onnx, if this build has one, into the executable. */
    .section .rodata
    .balign 64
    .global overfeat_default_model_begin
    .global overfeat_default_model_end
overfeat_default_model_begin:
#ifdef OVERFEAT_DEFAULT_MODEL
    .incbin OVERFEAT_DEFAULT_MODEL
#endif
overfeat_default_model_end:
    .byte 0
    .section .note.GNU-stack, "", %progbits
