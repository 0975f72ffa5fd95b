// SPDX-License-Identifier: Apache-2.0
//
// Memory that ends where much of it is asked for, at every such place in turn.
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <new>
#include <string>

#include "tests/engine/c/c_fixture.h"
#include "tests/support/replaced_new.h"
#include "tests/support/temporary_folder.h"

namespace {

// Smaller pieces are always there: without them libstdc++'s iterators over folders end the program,
// and protobuf loses what it has.
constexpr std::size_t kMuch = 4096;
// How often much is asked for until it is refused, once; 0 = there is enough.
std::atomic<long> left{0};

}  // namespace

void* overfeat::test::allocated(std::size_t bytes) {
    if (bytes >= kMuch && left > 0 && --left == 0) throw std::bad_alloc();
    return plainMemory(bytes);
}

namespace overfeat::test {
namespace {

// A model that there is no memory for is one that cannot be used; the list says so and has the
// others.
TEST(CNoMemory, AListOfModelsSaysWhichOneThereWasNoneFor) {
    const TemporaryFolder folder;
    std::filesystem::copy_file(OVERFEAT_ROOT "/models/light.onnx", folder.path() / "light.onnx");
    const std::string path = folder.path().string();
    overfeat_models* once = nullptr;  // protobuf leaks what it makes once if there is no memory
    ASSERT_EQ(overfeat_models_in(path.c_str(), &once), OVERFEAT_OK);
    overfeat_models_free(once);
    int refused = 0;
    for (long at = 1;; ++at) {
        overfeat_models* made = nullptr;
        left = at;
        const overfeat_status status = overfeat_models_in(path.c_str(), &made);
        const bool enough = left > 0;
        left = 0;
        const ModelsHandle models(made);
        ASSERT_EQ(status, OVERFEAT_OK) << overfeat_last_error();
        overfeat_model model;
        ASSERT_EQ(overfeat_model_at(made, 0, &model, sizeof model), OVERFEAT_OK);
        if (enough) {
            EXPECT_EQ(model.usable, 1) << model.sentence;
            break;
        }
        if (model.usable != 0) continue;  // what it was for can be done without
        EXPECT_STREQ(model.sentence, "There is not enough memory.");
        ++refused;
    }
    EXPECT_GT(refused, 10);
}

}  // namespace
}  // namespace overfeat::test
