// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <overfeat.h>
#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "call.h"

namespace overfeat::python {

struct Close {
    void operator()(overfeat_recogniser* one) const { overfeat_close(one); }
    void operator()(overfeat_seen* one) const { overfeat_free(one); }
    void operator()(overfeat_features* one) const { overfeat_features_close(one); }
    void operator()(overfeat_models* one) const { overfeat_models_free(one); }
};
template <class Handle>
using Held = std::unique_ptr<Handle, Close>;

// Raises UsageError if it is closed.
template <class Handle>
Handle* opened(const std::shared_ptr<Handle>& handle, const char* what) {
    if (handle == nullptr) {
        require(Outcome{OVERFEAT_USAGE, std::string(what) + " is closed; open another one."});
    }
    return handle.get();
}

// What was seen, as arrays that are views into it and keep it.
class Seen {
public:
    explicit Seen(Held<overfeat_seen> seen) : seen_(std::move(seen)) {}

    pybind11::array scores(const pybind11::object& self) const;
    std::vector<std::size_t> top(std::size_t count) const;
    // (id, label, taught, background) of a class.
    pybind11::tuple classAt(std::size_t index) const;
    std::size_t classCount() const { return overfeat_class_count(seen_.get()); }
    // (class index, score, confidence, votes, (x, y, width, height)) of each object.
    std::vector<pybind11::tuple> objects() const;
    // (values, first class, (x, y, width, height), (step x, step y)) of each scale.
    std::vector<pybind11::tuple> scales(const pybind11::object& self) const;
    double stageMs(const std::string& stage) const {
        return overfeat_stage_ms(seen_.get(), stage.c_str());
    }

private:
    Held<overfeat_seen> seen_;
};

class Features {
public:
    explicit Features(Held<overfeat_features> features) : features_(std::move(features)) {}

    pybind11::dict info() const;
    // The values of all pictures, one after the other, into `out`: contiguous floats.
    void extract(const pybind11::sequence& pictures, const std::string& format,
                 pybind11::array_t<float>& out);
    void cancel() const {
        if (const auto running = features_) overfeat_features_cancel(running.get());
    }
    void close();

private:
    std::shared_ptr<overfeat_features> features_;
    Turns turns_;
};

// What is asked; a name that there is none of is a UsageError.
using Options = pybind11::dict;

class Recogniser {
public:
    Recogniser(const std::vector<std::string>& files, const std::string& device,
               std::int32_t threads);
    Recogniser(const pybind11::bytes& onnx, const std::string& name, const std::string& device,
               std::int32_t threads);

    pybind11::dict info() const;
    // (id, label) of each of the network's classes.
    std::vector<pybind11::tuple> classes() const;
    // (name, operation, shape) of each layer.
    std::vector<pybind11::tuple> layers() const;
    std::unique_ptr<Seen> recognise(const pybind11::object& picture, const std::string& format,
                                    const Options& options);
    std::unique_ptr<Features> features(const std::optional<std::string>& layer);
    void teach(const std::string& name, const pybind11::object& picture, const std::string& format,
               const std::array<double, 4>& box);
    void forget(const std::optional<std::string>& name);
    // Returns how many examples were never shown to this model.
    std::size_t useLibrary(const std::string& file);
    void cancel() const {
        if (const auto running = recogniser_) overfeat_cancel(running.get());
    }
    void close();

private:
    std::shared_ptr<overfeat_recogniser> recogniser_;
    Turns turns_;
};

}  // namespace overfeat::python
