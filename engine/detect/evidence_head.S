/* SPDX-License-Identifier: Apache-2.0 */
/* Puts models/heads/evidence_boxes.onnx into the library. */
    .section .rodata
    .balign 64
    .global overfeat_evidence_head_begin
    .hidden overfeat_evidence_head_begin
    .global overfeat_evidence_head_end
    .hidden overfeat_evidence_head_end
overfeat_evidence_head_begin:
    .incbin OVERFEAT_EVIDENCE_HEAD
overfeat_evidence_head_end:
    .byte 0
    .section .note.GNU-stack, "", %progbits
