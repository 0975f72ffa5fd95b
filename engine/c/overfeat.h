/* SPDX-License-Identifier: Apache-2.0 */
/* OverFeat Live's engine for C, and for whatever can call C: what is in a picture and where, the
 * score of every place, the values of any layer, and new objects from one example.
 *
 *     overfeat_recogniser* recogniser = NULL;
 *     const char* model = "default.onnx";
 *     if (overfeat_open(&model, 1, NULL, &recogniser) != OVERFEAT_OK)
 *         show(overfeat_last_error());
 *
 * Errors: what can fail returns a status; overfeat_last_error() has the sentence. Nothing else ends
 * or prints. What a failed call should have made is not made, and where a pointer to it should go
 * there is NULL then; the fields of a struct that should have been filled stay as they are.
 * Threads: a recogniser, an extractor and what was seen belong to one thread at a time; different
 * ones may be used at once. overfeat_cancel() may be called by any thread.
 * Memory: what open and recognise made is given back by the function that says so; pointers into it
 * are good until then. NULL may be given back.
 * Versions: structs that have a size begin with it, so that a program made with an older header
 * keeps working: overfeat_placement and overfeat_look are filled by their _init function first, the
 * others by the call that is told how large the caller's is. Those without one (overfeat_image,
 * overfeat_box, overfeat_device, overfeat_class) stay as they are. Coordinates are pixels of the
 * picture, from its upper left corner; the middle of the first pixel is (0.5, 0.5). */
#pragma once

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define OVERFEAT_C_API __attribute__((visibility("default")))
#else
#define OVERFEAT_C_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* The exit codes of the command line. */
typedef enum overfeat_status {
    OVERFEAT_OK = 0,
    OVERFEAT_RUNTIME = 1, /* the machine failed: memory, a device */
    OVERFEAT_USAGE = 2,   /* what was asked for does not exist */
    OVERFEAT_INPUT = 3,   /* a picture or a library cannot be used */
    OVERFEAT_MODEL = 4,   /* a model cannot be used */
    OVERFEAT_CANCELLED = 130
} overfeat_status;

OVERFEAT_C_API const char* overfeat_version(void);
/* What the last failed call of this thread said: what, where, what to do. "" if none failed. Good
 * until the next one fails. */
OVERFEAT_C_API const char* overfeat_last_error(void);

/* ---- Pictures ---- */

typedef enum overfeat_format {
    OVERFEAT_RGB = 0, /* bytes of a pixel, in this order */
    OVERFEAT_BGR = 1,
    OVERFEAT_RGBA = 2, /* the fourth byte is not looked at */
    OVERFEAT_BGRA = 3,
    OVERFEAT_GREY = 4
} overfeat_format;

/* Read during the call only. row_bytes 0: rows follow one another; negative: from the lowest row
 * up, pixels points to the uppermost. */
typedef struct overfeat_image {
    const uint8_t* pixels;
    int32_t width;
    int32_t height;
    ptrdiff_t row_bytes;
    int32_t format; /* overfeat_format */
} overfeat_image;

typedef struct overfeat_box {
    double x; /* of the left edge */
    double y; /* of the upper edge */
    double width;
    double height;
} overfeat_box;

/* ---- Devices ---- */

typedef struct overfeat_device {
    const char* name;     /* for overfeat_placement */
    int32_t available;    /* 0 or 1 */
    const char* sentence; /* what it is, or why it cannot be used */
} overfeat_device;

/* Best first. Strings are good until this thread asks for devices again. */
OVERFEAT_C_API size_t overfeat_device_count(void);
OVERFEAT_C_API overfeat_status overfeat_device_at(size_t index, overfeat_device* device);

/* ---- A recogniser ---- */

typedef struct overfeat_recogniser overfeat_recogniser;

typedef struct overfeat_placement {
    size_t size;
    const char* device; /* "auto", "cpu" or a device's name */
    int32_t threads;    /* 0 = as many as this process may use */
} overfeat_placement;
OVERFEAT_C_API void overfeat_placement_init(overfeat_placement* placement, size_t size);

/* One model or several that vote; they have the same classes. placement may be NULL. */
OVERFEAT_C_API overfeat_status overfeat_open(const char* const* model_files, size_t count,
                                             const overfeat_placement* placement,
                                             overfeat_recogniser** recogniser);
/* The same from an ONNX file's content. */
OVERFEAT_C_API overfeat_status overfeat_open_bytes(const void* onnx, size_t bytes, const char* name,
                                                   const overfeat_placement* placement,
                                                   overfeat_recogniser** recogniser);
OVERFEAT_C_API void overfeat_close(overfeat_recogniser* recogniser);

typedef struct overfeat_info {
    size_t size;
    const char* device;    /* "onednn: oneDNN 2.6.3 (AVX2, 2 threads)" */
    const char* model;     /* names, joined by " + " */
    int32_t window_px;     /* side of what the first network was trained on */
    int32_t slides;        /* 1: dense views and boxes; 0: the centre view answers instead */
    int32_t can_be_taught; /* 1: overfeat_teach() works */
    int32_t fine_steps;    /* most of overfeat_look.fine_steps that make a difference */
    size_t class_count;    /* of the network's classes */
} overfeat_info;
/* Strings are good until the recogniser is closed. */
OVERFEAT_C_API overfeat_status overfeat_get_info(overfeat_recogniser* recogniser,
                                                 overfeat_info* info, size_t size);

typedef enum overfeat_views {
    OVERFEAT_CENTRE = 0, /* one window in the middle */
    OVERFEAT_TEN = 1,    /* corners and middle with their mirror images */
    OVERFEAT_DENSE = 2   /* every window at several scales */
} overfeat_views;

typedef enum overfeat_merge {
    OVERFEAT_VOTE = 0, /* boxes accumulate (OverFeat, section 4.3) */
    OVERFEAT_NMS = 1,
    OVERFEAT_SOFT_NMS = 2
} overfeat_merge;

typedef struct overfeat_look {
    size_t size;
    int32_t views;                /* overfeat_views */
    int32_t scale_count;          /* dense: how many sizes of the picture, 1 to 16 */
    double smallest_side_windows; /* the shorter side of the smallest, in windows */
    double largest_side_windows;  /* and of the largest */
    int32_t fine_steps;           /* strided layers that run at stride 1: 0 = coarse */
    int32_t flip;                 /* 1: the mirror image as well */
    int32_t detect;               /* 1: boxes, where the model slides */
    int32_t merge;                /* overfeat_merge */
    double minimum_score;         /* of boxes, 0 to 1 */
    int32_t most_objects;
    int32_t only_taught; /* 1: the network's own classes are not looked for */
} overfeat_look;
/* The program's own defaults, with boxes. */
OVERFEAT_C_API void overfeat_look_init(overfeat_look* look, size_t size);

/* ---- What was seen ---- */

typedef struct overfeat_seen overfeat_seen;

/* look may be NULL. */
OVERFEAT_C_API overfeat_status overfeat_recognise(overfeat_recogniser* recogniser,
                                                  const overfeat_image* image,
                                                  const overfeat_look* look, overfeat_seen** seen);
OVERFEAT_C_API void overfeat_free(overfeat_seen* seen);
/* Makes the overfeat_recognise() or overfeat_teach() that runs with this recogniser, if any, end
 * soon with OVERFEAT_CANCELLED. From any thread, as long as the recogniser is open. */
OVERFEAT_C_API void overfeat_cancel(overfeat_recogniser* recogniser);

typedef struct overfeat_class {
    const char* id; /* WordNet's, or the taught class's; may be "" */
    const char* label;
    int32_t taught;
    int32_t background; /* 1: the class of nothing */
} overfeat_class;
/* The network's classes and, behind them, the taught ones. */
OVERFEAT_C_API size_t overfeat_class_count(const overfeat_seen* seen);
OVERFEAT_C_API overfeat_status overfeat_class_at(const overfeat_seen* seen, size_t index,
                                                 overfeat_class* of);
/* One number per class, 0 to 1: how sure the views are, together, that it is there. */
OVERFEAT_C_API const float* overfeat_scores(const overfeat_seen* seen);
/* Writes the indices of the best classes, best first, without the background; returns how many. */
OVERFEAT_C_API size_t overfeat_top(const overfeat_seen* seen, size_t* indices, size_t most);

typedef struct overfeat_object {
    size_t size;
    size_t class_index;
    double score;      /* 0 to 1: how often such an object is right */
    double confidence; /* accumulated; not bounded by 1 */
    size_t votes;      /* windows that agree */
    overfeat_box box;
} overfeat_object;
/* Best first. */
OVERFEAT_C_API size_t overfeat_object_count(const overfeat_seen* seen);
OVERFEAT_C_API overfeat_status overfeat_object_at(const overfeat_seen* seen, size_t index,
                                                  overfeat_object* object, size_t size);

/* The score of a class in every window of one scale: values[row * columns + column]. The window of
 * row r and column c is first_window moved by (c * step_x, r * step_y). Scales are those that know
 * the class, smallest picture first; single views have none. */
typedef struct overfeat_map {
    size_t size;
    const float* values;
    size_t rows;
    size_t columns;
    overfeat_box first_window;
    double step_x;
    double step_y;
} overfeat_map;
OVERFEAT_C_API size_t overfeat_map_count(const overfeat_seen* seen, size_t class_index);
OVERFEAT_C_API overfeat_status overfeat_map_at(const overfeat_seen* seen, size_t class_index,
                                               size_t scale, overfeat_map* map, size_t size);

/* Milliseconds of a stage, "resize", "network", "heads" or "voting"; negative for another name. */
OVERFEAT_C_API double overfeat_stage_ms(const overfeat_seen* seen, const char* stage);

/* ---- Teaching ---- */

/* What is in the box is one example of the class of that name; the next look finds it. Several
 * examples of a class may be given, each by a call. Kept with the recogniser, not on the disk. */
OVERFEAT_C_API overfeat_status overfeat_teach(overfeat_recogniser* recogniser, const char* name,
                                              const overfeat_image* image, const overfeat_box* box);
/* One class, or all if name is NULL. Forgetting what was never taught is no error. */
OVERFEAT_C_API overfeat_status overfeat_forget(overfeat_recogniser* recogniser, const char* name);
/* Instead of what was taught: a class library of the programs (overfeat teach --library FILE). The
 * file is not changed. *unseen is the number of its examples that were never shown to this model;
 * they are not looked for until one of the programs has shown them. May be NULL. */
OVERFEAT_C_API overfeat_status overfeat_use_library(overfeat_recogniser* recogniser,
                                                    const char* file, size_t* unseen);

/* ---- Features ---- */

typedef struct overfeat_features overfeat_features;

/* layer: the name of any value of the ONNX graph, or NULL for the embedding. */
OVERFEAT_C_API overfeat_status overfeat_features_open(const char* model_file, const char* layer,
                                                      const overfeat_placement* placement,
                                                      overfeat_features** features);
OVERFEAT_C_API void overfeat_features_close(overfeat_features* features);
/* What the layer says of the centre view. The values and the shape (its dims, at most 8, in ONNX's
 * order) belong to the extractor and are good until its next call. A failed one sets all four to
 * NULL and 0. Any of them may be NULL: it is not asked for. */
OVERFEAT_C_API overfeat_status overfeat_features_extract(overfeat_features* features,
                                                         const overfeat_image* image,
                                                         const float** values, size_t* count,
                                                         const int64_t** shape, size_t* rank);

#ifdef __cplusplus
}
#endif
