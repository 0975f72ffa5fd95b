/* SPDX-License-Identifier: Apache-2.0 */
/* Puts our heads for networks of others (models/heads) into the library. */
    .section .rodata
    .macro head name, file
    .balign 64
    .global \name\()_begin
    .hidden \name\()_begin
    .global \name\()_end
    .hidden \name\()_end
\name\()_begin:
    .incbin "\file"
\name\()_end:
    .byte 0
    .endm
    head overfeat_evidence_head, evidence_boxes.onnx
    head overfeat_objectness_lite0, efficientnet-lite0_objectness.onnx
    head overfeat_objectness_lite1, efficientnet-lite1_objectness.onnx
    .section .note.GNU-stack, "", %progbits
