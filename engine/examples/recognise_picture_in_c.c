/* SPDX-License-Identifier: Apache-2.0
 *
 * What is in a picture, in C: recognise_picture_in_c MODEL.onnx PICTURE.ppm */
#include <overfeat.h>
#include <stdio.h>
#include <stdlib.h>

static int failed(void) {
    fprintf(stderr, "%s\n", overfeat_last_error());
    return 1;
}

/* A binary PPM of 8 bits without comments; its pixels are to be freed. */
static int read_ppm(const char* name, overfeat_image* image) {
    uint8_t* pixels = NULL;
    size_t bytes;
    int read;
    FILE* file = fopen(name, "rb");
    if (file == NULL) return 0;
    read = fscanf(file, "P6 %d %d 255", &image->width, &image->height) == 2 && fgetc(file) != EOF &&
           image->width > 0 && image->width < 20000 && image->height > 0 && image->height < 20000;
    if (read) {
        bytes = 3 * (size_t)image->width * (size_t)image->height;
        pixels = malloc(bytes);
        read = pixels != NULL && fread(pixels, 1, bytes, file) == bytes;
        if (!read) free(pixels);
    }
    fclose(file);
    image->pixels = pixels;
    image->row_bytes = 0;
    image->format = OVERFEAT_RGB;
    return read;
}

int main(int argc, char** argv) {
    overfeat_recogniser* recogniser = NULL;
    overfeat_seen* seen = NULL;
    overfeat_image image;
    size_t best[5];
    size_t count;
    size_t i;
    const char* model;
    if (argc != 3 || !read_ppm(argv[2], &image)) {
        fprintf(stderr, "usage: recognise_picture_in_c MODEL.onnx PICTURE.ppm\n");
        return 2;
    }
    model = argv[1];
    if (overfeat_open(&model, 1, NULL, &recogniser) != OVERFEAT_OK) return failed();
    if (overfeat_recognise(recogniser, &image, NULL, &seen) != OVERFEAT_OK) return failed();
    count = overfeat_top(seen, best, 5);
    for (i = 0; i < count; ++i) {
        overfeat_class of;
        if (overfeat_class_at(seen, best[i], &of) != OVERFEAT_OK) return failed();
        printf("%g\t%s\n", overfeat_scores(seen)[best[i]], of.label);
    }
    for (i = 0; i < overfeat_object_count(seen); ++i) {
        overfeat_object object;
        overfeat_class of;
        if (overfeat_object_at(seen, i, &object, sizeof object) != OVERFEAT_OK ||
            overfeat_class_at(seen, object.class_index, &of) != OVERFEAT_OK)
            return failed();
        printf("%s at %.0f,%.0f, %.0f x %.0f, by %zu votes\n", of.label, object.box.x, object.box.y,
               object.box.width, object.box.height, object.votes);
    }
    overfeat_free(seen);
    overfeat_close(recogniser);
    free((void*)image.pixels);
    return 0;
}
