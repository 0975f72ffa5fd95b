// SPDX-License-Identifier: Apache-2.0
#include "tests/engine/net/random_network.h"

#include "tests/engine/backend/graph_maker.h"

namespace overfeat::test {
namespace {

using net::Extent2;
using net::Padding2;
using net::ValueId;

class Builder {
public:
    Builder(std::uint32_t seed, bool padded)
        : maker_(Shape{-1, 3, -1, -1}, seed * 2654435761U + 1),
          padded_(padded),
          extent_(25 + pick(8)),
          window_px_(static_cast<int>(extent_)) {}

    RandomNetwork build() {
        ValueId x = conv(maker_.input(), 3 + 2 * pick(2), 1 + pick(2));
        x = maker_.node(net::Activate{net::Activation::relu()}, {x});
        x = block(x);
        x = normalised(x);
        x = pool(x);
        x = block(x);
        x = conv(x, 2 + pick(2), 1);
        if (extent_ >= 6) x = pool(x);
        return finish(x);
    }

private:
    std::int64_t pick(std::int64_t count) {
        return static_cast<std::int64_t>((maker_.next() + 1) / 2 * static_cast<float>(count));
    }

    net::SlidingWindow window(std::int64_t kernel, std::int64_t stride) {
        net::SlidingWindow result{.kernel = {kernel, kernel}, .stride = {stride, stride}};
        // More after than before, as frameworks with "same" padding have it.
        if (padded_ && kernel > 1) {
            const std::int64_t before = (kernel - 1) / 2;
            const std::int64_t after = kernel - 1 - before;
            result.padding = {before, before, after, after};
        }
        const std::int64_t padding = result.padding.top + result.padding.bottom;
        extent_ = (extent_ + padding - kernel) / stride + 1;
        return result;
    }

    ValueId conv(ValueId x, std::int64_t kernel, std::int64_t stride) {
        const std::int64_t in = channels_;
        channels_ = 4 + 2 * pick(2);
        const std::int64_t groups = in % 2 == 0 && pick(3) == 0 ? 2 : 1;
        return maker_.conv(
            x, {.in = in, .out = channels_, .window = window(kernel, stride), .groups = groups});
    }

    ValueId pool(ValueId x) {
        const std::int64_t kernel = 2 + pick(2);
        if (pick(2) == 0) return maker_.node(net::MaxPool{.window = window(kernel, kernel)}, {x});
        return maker_.node(
            net::AveragePool{.window = window(kernel, 2), .count_include_padding = pick(2) == 0},
            {x});
    }

    ValueId normalised(ValueId x) {
        const Shape per_channel{channels_};
        return maker_.node(
            net::BatchNormalization{},
            {x, maker_.random(per_channel, 0.5F, 1), maker_.random(per_channel, 0.5F),
             maker_.random(per_channel, 0.5F), maker_.random(per_channel, 0.5F, 1)});
    }

    // A residual block, or two branches side by side.
    ValueId block(ValueId x) {
        const std::int64_t kernel = padded_ ? 3 : 1;
        const auto same = [&] {
            return GraphMaker::ConvSpec{
                .in = channels_, .out = channels_, .window = window(kernel, 1)};
        };
        const ValueId inner =
            maker_.node(net::Activate{net::Activation::relu()}, {maker_.conv(x, same())});
        const ValueId branch = maker_.conv(inner, same());
        if (pick(3) == 0) {
            const ValueId joined = maker_.node(net::Concat{.axis = 1}, {branch, x});
            channels_ *= 2;
            return joined;
        }
        const ValueId sum = maker_.node(net::Add{}, {x, branch});
        return maker_.node(net::Activate{{.low = -0.5F, .high = 2}}, {sum});
    }

    ValueId gemm(ValueId x, std::int64_t in, std::int64_t out) {
        const bool transposed = pick(2) == 0;
        const ValueId weight = maker_.random(transposed ? Shape{out, in} : Shape{in, out}, 0.2F);
        return maker_.node(net::Gemm{.alpha = 0.5F, .beta = 2, .transpose_b = transposed},
                           {x, weight, maker_.random({out}, 0.3F)});
    }

    RandomNetwork finish(ValueId x) {
        // Few classes, so that for some networks averaging late pays.
        const ValueId mean =
            maker_.node(net::Flatten{}, {maker_.node(net::GlobalAveragePool{}, {x})});
        const std::int64_t classes = 2 + pick(3);
        ValueId scores = gemm(mean, channels_, classes);
        if (pick(2) == 0) scores = maker_.node(net::Softmax{.axis = -1}, {scores});

        const ValueId all = maker_.node(net::Flatten{}, {x});
        const std::int64_t hidden = 6;
        ValueId boxes = gemm(all, channels_ * extent_ * extent_, hidden);
        boxes = maker_.node(net::Activate{net::Activation::relu()}, {boxes});
        boxes = gemm(boxes, hidden, 4);
        return {maker_.finish({scores, boxes}), window_px_};
    }

    GraphMaker maker_;
    bool padded_;
    std::int64_t channels_ = 3;
    std::int64_t extent_;
    int window_px_;
};

}  // namespace

RandomNetwork randomNetwork(std::uint32_t seed, bool padded) {
    return Builder(seed, padded).build();
}

Tensor randomPicture(std::uint32_t seed, std::int64_t height, std::int64_t width) {
    GraphMaker numbers(Shape{1}, seed);
    Tensor picture(Shape{1, 3, height, width});
    for (float& value : picture.values())
        value = numbers.next();
    return picture;
}

}  // namespace overfeat::test
