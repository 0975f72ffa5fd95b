// SPDX-License-Identifier: Apache-2.0
//
// What the probes in C and C++ share. A probe is one language's way to the engine; compare.py
// starts them and compares.
//
// probe same MODEL FOLDER OUT
//     writes what is seen in FOLDER/0.ppm to 9.ppm, as doubles: the number of features and they,
//     the number of scores and they, the number of objects and of each class, score, confidence,
//     votes, x, y, width, height.
// probe speed MODEL FOLDER
//     for each number it reads: the features of 0.ppm so many times; says the seconds.
// probe files MODEL FOLDER (C++ only)
//     the same, but reads the file each time.
// probe cycles MODEL FOLDER
//     for each number it reads: opens, looks and closes so many times; says 0.
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define PROBE_PICTURES 10

typedef struct probe_picture {
    int width;
    int height;
    uint8_t* rgb;
} probe_picture;

/* Ends the program if there is none. */
static inline probe_picture probe_read(const char* folder, int number) {
    probe_picture picture = {0, 0, NULL};
    char name[4096];
    FILE* file;
    size_t bytes;
    snprintf(name, sizeof name, "%s/%d.ppm", folder, number);
    file = fopen(name, "rb");
    if (file == NULL || fscanf(file, "P6 %d %d 255", &picture.width, &picture.height) != 2 ||
        fgetc(file) == EOF || picture.width < 1 || picture.width > 5000 || picture.height < 1 ||
        picture.height > 5000) {
        fprintf(stderr, "%s is no picture\n", name);
        exit(2);
    }
    bytes = 3 * (size_t)picture.width * (size_t)picture.height;
    picture.rgb = (uint8_t*)malloc(bytes);
    if (picture.rgb == NULL || fread(picture.rgb, 1, bytes, file) != bytes) {
        fprintf(stderr, "%s ends too early\n", name);
        exit(2);
    }
    fclose(file);
    return picture;
}

static inline void probe_write(FILE* out, double value) {
    fwrite(&value, sizeof value, 1, out);
}

static inline double probe_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* The next number asked for; 0 = no more. */
static inline int probe_asked(void) {
    int count = 0;
    return scanf("%d", &count) == 1 ? count : 0;
}

static inline void probe_say(double value) {
    printf("%.9f\n", value);
    fflush(stdout);
}
