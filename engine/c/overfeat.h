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
 * Threads: a recogniser and an extractor work for one thread at a time: a call that comes while
 * another one runs is refused with OVERFEAT_USAGE and leaves that one alone. Different ones may be
 * used at once. What was seen does not change and may be read by any number of threads. The
 * functions that cancel and that close may be called by any thread at any time.
 * Memory: what open and recognise made is given back by the function that says so; pointers into it
 * are good until then. NULL may be given back, and so may what was given back before. Whatever else
 * is done with a handle after that is refused (OVERFEAT_USAGE, 0 or NULL), as long as no new one
 * has come to lie at its address. What is closed while it works is stopped, and goes when it has
 * ended.
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
    OVERFEAT_OK = 0,         /* it worked */
    OVERFEAT_RUNTIME = 1,    /* the machine failed: memory, a device */
    OVERFEAT_USAGE = 2,      /* what was asked for does not exist */
    OVERFEAT_INPUT = 3,      /* a picture or a library cannot be used */
    OVERFEAT_MODEL = 4,      /* a model cannot be used */
    OVERFEAT_CANCELLED = 130 /* it was stopped by another thread */
} overfeat_status;

/* Of the library: "0.1.0". */
OVERFEAT_C_API const char* overfeat_version(void);
/* What the last failed call of this thread said: what, where, what to do. "" if none failed. Good
 * until the next one fails. */
OVERFEAT_C_API const char* overfeat_last_error(void);

/* ---- Pictures ---- */

/* What the bytes of a pixel are, in their order. */
typedef enum overfeat_format {
    OVERFEAT_RGB = 0,  /* bytes of a pixel, in this order */
    OVERFEAT_BGR = 1,  /* as OpenCV has them */
    OVERFEAT_RGBA = 2, /* the fourth byte is not looked at */
    OVERFEAT_BGRA = 3, /* nor is it here */
    OVERFEAT_GREY = 4  /* one byte */
} overfeat_format;

/* Read during the call only. row_bytes 0: rows follow one another; negative: from the lowest row
 * up, pixels points to the uppermost. */
typedef struct overfeat_image {
    const uint8_t* pixels; /* the first one, at the upper left */
    int32_t width;         /* in pixels */
    int32_t height;        /* in pixels */
    ptrdiff_t row_bytes;   /* from a row to the next one */
    int32_t format;        /* overfeat_format */
} overfeat_image;

/* A rectangle, which may reach out of the picture. */
typedef struct overfeat_box {
    double x;      /* of the left edge */
    double y;      /* of the upper edge */
    double width;  /* in pixels */
    double height; /* in pixels */
} overfeat_box;

/* ---- Devices ---- */

/* A backend and the device that it computes on. */
typedef struct overfeat_device {
    const char* name;     /* for overfeat_placement */
    int32_t available;    /* 0 or 1 */
    const char* sentence; /* what it is, or why it cannot be used */
} overfeat_device;

/* Best first. Strings are good until this thread asks for devices again. */
OVERFEAT_C_API size_t overfeat_device_count(void);
/* One of overfeat_device_count(). */
OVERFEAT_C_API overfeat_status overfeat_device_at(size_t index, overfeat_device* device);

/* ---- Models ---- */

/* A list of models. */
typedef struct overfeat_models overfeat_models;

/* What lies in a folder, by file name: every "*.onnx" in it and the networks of the OverFeat
 * release (net_weight_0, net_weight_1), none of its folders'. The files are read, one after the
 * other; at most 1,000 of them. */
OVERFEAT_C_API overfeat_status overfeat_models_in(const char* folder, overfeat_models** models);
/* Gives the list back. */
OVERFEAT_C_API void overfeat_models_free(overfeat_models* models);

/* A model file, and what is known of it. */
typedef struct overfeat_model {
    size_t size;          /* of this struct */
    const char* name;     /* "default" */
    const char* file;     /* for overfeat_open() */
    int32_t usable;       /* 0 or 1; if 0, what follows the sentence is 0 */
    const char* sentence; /* why it cannot be used; "" if it can */
    int32_t window_px;    /* side of what it was trained on */
    size_t class_count;   /* with the background */
} overfeat_model;
/* Strings are good until the list is freed. */
OVERFEAT_C_API size_t overfeat_model_count(const overfeat_models* models);
/* One of overfeat_model_count(). */
OVERFEAT_C_API overfeat_status overfeat_model_at(const overfeat_models* models, size_t index,
                                                 overfeat_model* model, size_t size);

/* ---- A recogniser ---- */

/* One network, or several that vote, on a device; and what was taught to it. */
typedef struct overfeat_recogniser overfeat_recogniser;

/* Where a network computes. */
typedef struct overfeat_placement {
    size_t size; /* of this struct */
    /* "auto", "cpu", a device's name, "kserve:HOST:PORT/MODEL" or "kserve+grpc:HOST:PORT/MODEL" */
    const char* device;
    int32_t threads; /* 0 = as many as this process may use */
} overfeat_placement;
/* The best device there is, with all that it has. */
OVERFEAT_C_API void overfeat_placement_init(overfeat_placement* placement, size_t size);

/* One model or several that vote; they have the same classes. placement may be NULL. */
OVERFEAT_C_API overfeat_status overfeat_open(const char* const* model_files, size_t count,
                                             const overfeat_placement* placement,
                                             overfeat_recogniser** recogniser);
/* The same from an ONNX file's content. */
OVERFEAT_C_API overfeat_status overfeat_open_bytes(const void* onnx, size_t bytes, const char* name,
                                                   const overfeat_placement* placement,
                                                   overfeat_recogniser** recogniser);
/* Gives the recogniser back. */
OVERFEAT_C_API void overfeat_close(overfeat_recogniser* recogniser);

/* What is known of a recogniser. */
typedef struct overfeat_info {
    size_t size;           /* of this struct */
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

/* A class, of the network or taught. */
typedef struct overfeat_class {
    const char* id;     /* WordNet's, or the taught class's; may be "" */
    const char* label;  /* what it is called */
    int32_t taught;     /* 1: by an example; 0: of the network */
    int32_t background; /* 1: the class of nothing */
} overfeat_class;
/* Of overfeat_info.class_count. Strings are good until the recogniser is closed. */
OVERFEAT_C_API overfeat_status overfeat_network_class_at(const overfeat_recogniser* recogniser,
                                                         size_t index, overfeat_class* of);

/* What the first network computes, in that order: each name is one for overfeat_features_open(). */
typedef struct overfeat_layer {
    size_t size;           /* of this struct */
    const char* name;      /* of the value, in the ONNX graph */
    const char* operation; /* "Conv" */
    const int64_t* shape;  /* of its values for one window, in ONNX's order */
    size_t rank;           /* of the shape: at most 8 */
} overfeat_layer;
/* Good until the recogniser is closed. */
OVERFEAT_C_API size_t overfeat_layer_count(const overfeat_recogniser* recogniser);
/* One of overfeat_layer_count(). */
OVERFEAT_C_API overfeat_status overfeat_layer_at(const overfeat_recogniser* recogniser,
                                                 size_t index, overfeat_layer* layer, size_t size);

/* Which windows of a picture are looked at. */
typedef enum overfeat_views {
    OVERFEAT_CENTRE = 0, /* one window in the middle */
    OVERFEAT_TEN = 1,    /* corners and middle with their mirror images */
    OVERFEAT_DENSE = 2   /* every window at several scales */
} overfeat_views;

/* How boxes become objects. */
typedef enum overfeat_merge {
    OVERFEAT_VOTE = 0,    /* boxes accumulate (OverFeat, section 4.3) */
    OVERFEAT_NMS = 1,     /* the best box of its neighbours */
    OVERFEAT_SOFT_NMS = 2 /* neighbours lose score by their overlap */
} overfeat_merge;

/* How to look at a picture. */
typedef struct overfeat_look {
    size_t size;                  /* of this struct */
    int32_t views;                /* overfeat_views */
    int32_t scale_count;          /* dense: how many sizes of the picture, 1 to 16 */
    double smallest_side_windows; /* the shorter side of the smallest, in windows */
    double largest_side_windows;  /* and of the largest */
    int32_t fine_steps;           /* strided layers that run at stride 1: 0 = coarse */
    int32_t flip;                 /* 1: the mirror image as well */
    int32_t detect;               /* 1: boxes, where the model slides */
    int32_t merge;                /* overfeat_merge */
    double minimum_score;         /* of boxes, 0 to 1 */
    int32_t most_objects;         /* at most so many, the best */
    int32_t only_taught;          /* 1: the network's own classes are not looked for */
} overfeat_look;
/* The program's own defaults, with boxes. */
OVERFEAT_C_API void overfeat_look_init(overfeat_look* look, size_t size);

/* ---- What was seen ---- */

/* What was seen in a picture. */
typedef struct overfeat_seen overfeat_seen;

/* look may be NULL. */
OVERFEAT_C_API overfeat_status overfeat_recognise(overfeat_recogniser* recogniser,
                                                  const overfeat_image* image,
                                                  const overfeat_look* look, overfeat_seen** seen);
/* Gives back what was seen. */
OVERFEAT_C_API void overfeat_free(overfeat_seen* seen);
/* Makes the overfeat_recognise() or overfeat_teach() that runs with this recogniser, if any, end
 * soon with OVERFEAT_CANCELLED. From any thread, as long as the recogniser is open. */
OVERFEAT_C_API void overfeat_cancel(overfeat_recogniser* recogniser);

/* The network's classes and, behind them, the taught ones. */
OVERFEAT_C_API size_t overfeat_class_count(const overfeat_seen* seen);
/* One of overfeat_class_count(). Strings are good until what was seen is freed. */
OVERFEAT_C_API overfeat_status overfeat_class_at(const overfeat_seen* seen, size_t index,
                                                 overfeat_class* of);
/* One number per class, 0 to 1: how sure the views are, together, that it is there. */
OVERFEAT_C_API const float* overfeat_scores(const overfeat_seen* seen);
/* Writes the indices of the best classes, best first, without the background; returns how many. */
OVERFEAT_C_API size_t overfeat_top(const overfeat_seen* seen, size_t* indices, size_t most);

/* Boxes that agree about a class. */
typedef struct overfeat_object {
    size_t size;        /* of this struct */
    size_t class_index; /* for overfeat_class_at() */
    double score;       /* 0 to 1: how often such an object is right */
    double confidence;  /* accumulated; not bounded by 1 */
    size_t votes;       /* windows that agree */
    overfeat_box box;   /* where it is */
} overfeat_object;
/* Best first. */
OVERFEAT_C_API size_t overfeat_object_count(const overfeat_seen* seen);
/* One of overfeat_object_count(). */
OVERFEAT_C_API overfeat_status overfeat_object_at(const overfeat_seen* seen, size_t index,
                                                  overfeat_object* object, size_t size);

/* The score of a class in every window of one scale: values[row * columns + column]. The window of
 * row r and column c is first_window moved by (c * step_x, r * step_y). Scales are those that know
 * the class, smallest picture first; single views have none. */
typedef struct overfeat_map {
    size_t size;               /* of this struct */
    const float* values;       /* 0 to 1 */
    size_t rows;               /* of windows */
    size_t columns;            /* of windows */
    overfeat_box first_window; /* of row 0 and column 0 */
    double step_x;             /* pixels to the next column */
    double step_y;             /* pixels to the next row */
} overfeat_map;
/* How many scales know the class. */
OVERFEAT_C_API size_t overfeat_map_count(const overfeat_seen* seen, size_t class_index);
/* One of overfeat_map_count(). The values are good until what was seen is freed. */
OVERFEAT_C_API overfeat_status overfeat_map_at(const overfeat_seen* seen, size_t class_index,
                                               size_t scale, overfeat_map* map, size_t size);

/* All maps of one scale at once: values[((class - first_class) * rows + row) * columns + column].
 * The network's scales come first, then those of what was taught, which have windows of their own.
 */
typedef struct overfeat_scale {
    size_t size;               /* of this struct */
    const float* values;       /* 0 to 1 */
    size_t first_class;        /* for overfeat_class_at() */
    size_t class_count;        /* from the first one on */
    size_t rows;               /* of windows */
    size_t columns;            /* of windows */
    overfeat_box first_window; /* of row 0 and column 0 */
    double step_x;             /* pixels to the next column */
    double step_y;             /* pixels to the next row */
} overfeat_scale;
/* Of both kinds. */
OVERFEAT_C_API size_t overfeat_scale_count(const overfeat_seen* seen);
/* One of overfeat_scale_count(). The values are good until what was seen is freed. */
OVERFEAT_C_API overfeat_status overfeat_scale_at(const overfeat_seen* seen, size_t index,
                                                 overfeat_scale* scale, size_t size);

/* Milliseconds of a stage, "resize", "network", "heads" or "voting"; negative for another name. */
OVERFEAT_C_API double overfeat_stage_ms(const overfeat_seen* seen, const char* stage);

/* ---- Teaching ---- */

/* What is in the box is one example of the class of that name; the next look finds it: its classes,
 * scores, maps and objects are with the network's (overfeat_class.taught), or alone if
 * overfeat_look.only_taught is 1. Several examples of a class may be given, each by a call. Kept
 * with the recogniser, not on the disk. */
OVERFEAT_C_API overfeat_status overfeat_teach(overfeat_recogniser* recogniser, const char* name,
                                              const overfeat_image* image, const overfeat_box* box);
/* One class, or all if name is NULL. Forgetting what was never taught is no error. */
OVERFEAT_C_API overfeat_status overfeat_forget(overfeat_recogniser* recogniser, const char* name);
/* Instead of what was taught: a class library of the programs (overfeat teach --library FILE). The
 * file is not changed. *unseen is the number of its examples that were never shown to this model;
 * they are not looked for until one of the programs has shown them. May be NULL. */
OVERFEAT_C_API overfeat_status overfeat_use_library(overfeat_recogniser* recogniser,
                                                    const char* file, size_t* unseen);

/* Class libraries as files. What is exported is a file of its own, of all classes with their
 * examples and pictures; one of that name is replaced. */
OVERFEAT_C_API overfeat_status overfeat_export_library(const char* library, const char* to);

/* What a library got from another one. */
typedef struct overfeat_imported {
    size_t size;            /* of this struct */
    int32_t new_classes;    /* that the library did not have */
    int32_t merged_classes; /* that both had */
    int32_t new_examples;   /* of both kinds of classes */
    int32_t known_examples; /* left out: the library has them */
} overfeat_imported;
/* Into a library, which is made if it is not there. A class that both have gets the examples of
 * both or, if keep_both is 1, becomes two. The file may come from anybody: one that is wrong
 * changes nothing. imported may be NULL. */
OVERFEAT_C_API overfeat_status overfeat_import_library(const char* library, const char* from,
                                                       int32_t keep_both,
                                                       overfeat_imported* imported, size_t size);

/* ---- Features ---- */

/* A network up to one of its layers. */
typedef struct overfeat_features overfeat_features;

/* layer: the name of any value of the ONNX graph, or NULL for the embedding. */
OVERFEAT_C_API overfeat_status overfeat_features_open(const char* model_file, const char* layer,
                                                      const overfeat_placement* placement,
                                                      overfeat_features** features);
/* Of a recogniser's first model, on the same device: the file is not read again. The extractor is
 * its own afterwards; the recogniser may be closed. */
OVERFEAT_C_API overfeat_status overfeat_features_of(overfeat_recogniser* recogniser,
                                                    const char* layer,
                                                    overfeat_features** features);
/* Gives the extractor back. */
OVERFEAT_C_API void overfeat_features_close(overfeat_features* features);

/* What is known of an extractor. */
typedef struct overfeat_features_info {
    size_t size;          /* of this struct */
    const char* layer;    /* its name */
    const char* device;   /* what computes */
    const int64_t* shape; /* of one picture's values */
    size_t rank;          /* of the shape: at most 8 */
    size_t count;         /* of values of one picture */
    int32_t window_px;    /* side of the centre view */
} overfeat_features_info;
/* Pointers are good until the extractor is closed. */
OVERFEAT_C_API overfeat_status overfeat_features_get_info(const overfeat_features* features,
                                                          overfeat_features_info* info,
                                                          size_t size);
/* What the layer says of the centre view. The values and the shape (its dims, at most 8, in ONNX's
 * order) belong to the extractor and are good until its next call. A failed one sets all four to
 * NULL and 0. Any of them may be NULL: it is not asked for. */
OVERFEAT_C_API overfeat_status overfeat_features_extract(overfeat_features* features,
                                                         const overfeat_image* image,
                                                         const float** values, size_t* count,
                                                         const int64_t** shape, size_t* rank);
/* Of several pictures, one after the other, into the caller's memory: overfeat_features_info.count
 * values each. capacity is the number of floats that there is room for. *done is the number of
 * pictures whose values are there, after a failure, too: the one that failed is the next. May be
 * NULL. */
OVERFEAT_C_API overfeat_status overfeat_features_extract_all(overfeat_features* features,
                                                             const overfeat_image* images,
                                                             size_t image_count, float* values,
                                                             size_t capacity, size_t* done);
/* As overfeat_cancel(), for the overfeat_features_extract() or _extract_all() that runs. */
OVERFEAT_C_API void overfeat_features_cancel(overfeat_features* features);

#ifdef __cplusplus
}
#endif
