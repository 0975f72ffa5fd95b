/* SPDX-License-Identifier: Apache-2.0 */
/* Puts models/labels/overfeat_release.tsv into the library. */
    .section .rodata
    .global overfeat_release_classes_begin
    .hidden overfeat_release_classes_begin
    .global overfeat_release_classes_end
    .hidden overfeat_release_classes_end
overfeat_release_classes_begin:
    .incbin OVERFEAT_RELEASE_CLASSES
overfeat_release_classes_end:
    .byte 0
    .section .note.GNU-stack, "", %progbits
