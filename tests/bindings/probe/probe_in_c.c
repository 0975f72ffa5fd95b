/* SPDX-License-Identifier: Apache-2.0 */
#include <overfeat.h>
#include <string.h>

#include "tests/bindings/probe/probe.h"

static void must(overfeat_status status) {
    if (status == OVERFEAT_OK) return;
    fprintf(stderr, "%s\n", overfeat_last_error());
    exit(1);
}

static overfeat_recogniser* opened(const char* model) {
    overfeat_recogniser* made = NULL;
    overfeat_placement placement;
    overfeat_placement_init(&placement, sizeof placement);
    placement.threads = 1;
    must(overfeat_open(&model, 1, &placement, &made));
    return made;
}

static overfeat_features* features_of(overfeat_recogniser* recogniser) {
    overfeat_features* made = NULL;
    must(overfeat_features_of(recogniser, NULL, &made));
    return made;
}

static overfeat_image image_of(const probe_picture* picture) {
    overfeat_image image;
    image.pixels = picture->rgb;
    image.width = picture->width;
    image.height = picture->height;
    image.row_bytes = 0;
    image.format = OVERFEAT_RGB;
    return image;
}

static void same(const char* model, const char* folder, const char* to) {
    overfeat_recogniser* recogniser = opened(model);
    overfeat_features* features = features_of(recogniser);
    FILE* out = fopen(to, "wb");
    int number;
    for (number = 0; number < PROBE_PICTURES; ++number) {
        const probe_picture picture = probe_read(folder, number);
        const overfeat_image image = image_of(&picture);
        const float* values = NULL;
        size_t count = 0;
        size_t i;
        overfeat_look look;
        overfeat_seen* seen = NULL;
        must(overfeat_features_extract(features, &image, &values, &count, NULL, NULL));
        probe_write(out, (double)count);
        for (i = 0; i < count; ++i)
            probe_write(out, (double)values[i]);
        overfeat_look_init(&look, sizeof look);
        look.minimum_score = 0;
        must(overfeat_recognise(recogniser, &image, &look, &seen));
        count = overfeat_class_count(seen);
        values = overfeat_scores(seen);
        probe_write(out, (double)count);
        for (i = 0; i < count; ++i)
            probe_write(out, (double)values[i]);
        count = overfeat_object_count(seen);
        probe_write(out, (double)count);
        for (i = 0; i < count; ++i) {
            overfeat_object object;
            must(overfeat_object_at(seen, i, &object, sizeof object));
            probe_write(out, (double)object.class_index);
            probe_write(out, object.score);
            probe_write(out, object.confidence);
            probe_write(out, (double)object.votes);
            probe_write(out, object.box.x);
            probe_write(out, object.box.y);
            probe_write(out, object.box.width);
            probe_write(out, object.box.height);
        }
        overfeat_free(seen);
        free(picture.rgb);
    }
    fclose(out);
    overfeat_features_close(features);
    overfeat_close(recogniser);
}

static void speed(const char* model, const char* folder) {
    overfeat_recogniser* recogniser = opened(model);
    overfeat_features* features = features_of(recogniser);
    const probe_picture picture = probe_read(folder, 0);
    const overfeat_image image = image_of(&picture);
    const float* values = NULL;
    int count;
    while ((count = probe_asked()) > 0) {
        const double began = probe_seconds();
        while (count-- > 0)
            must(overfeat_features_extract(features, &image, &values, NULL, NULL, NULL));
        probe_say(probe_seconds() - began);
    }
    free(picture.rgb);
    overfeat_features_close(features);
    overfeat_close(recogniser);
}

static void cycles(const char* model, const char* folder) {
    const probe_picture picture = probe_read(folder, 0);
    const overfeat_image image = image_of(&picture);
    int count;
    while ((count = probe_asked()) > 0) {
        while (count-- > 0) {
            overfeat_recogniser* recogniser = opened(model);
            overfeat_features* features = features_of(recogniser);
            overfeat_seen* seen = NULL;
            overfeat_look look;
            overfeat_look_init(&look, sizeof look);
            look.views = OVERFEAT_CENTRE;
            must(overfeat_features_extract(features, &image, NULL, NULL, NULL, NULL));
            must(overfeat_recognise(recogniser, &image, &look, &seen));
            overfeat_free(seen);
            overfeat_features_close(features);
            overfeat_close(recogniser);
        }
        probe_say(0);
    }
    free(picture.rgb);
}

int main(int argc, char** argv) {
    if (argc == 5 && strcmp(argv[1], "same") == 0) {
        same(argv[2], argv[3], argv[4]);
    } else if (argc == 4 && strcmp(argv[1], "speed") == 0) {
        speed(argv[2], argv[3]);
    } else if (argc == 4 && strcmp(argv[1], "cycles") == 0) {
        cycles(argv[2], argv[3]);
    } else {
        return 2;
    }
    return 0;
}
