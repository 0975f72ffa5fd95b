// SPDX-License-Identifier: Apache-2.0
#include "app/store/model_store.h"

#include <gtest/gtest.h>

#include <array>

#include "app/store/embedded_model.h"
#include "engine/core/error.h"
#include "tests/support/capability.h"
#include "tests/support/file_bytes.h"
#include "tests/support/temporary_folder.h"

namespace overfeat::store {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::byte, 3> kEmbedded{};

class ModelStoreTest : public ::testing::Test {
protected:
    std::vector<std::string> names(const ModelStore& store) {
        std::vector<std::string> found;
        for (const ModelEntry& entry : store.list())
            found.push_back(entry.name);
        return found;
    }
    ModelStore store(std::span<const std::byte> embedded = kEmbedded) {
        return ModelStore({folder_.path() / "mine", folder_.path() / "installed"}, embedded);
    }
    static std::string sentence(const ModelStore& store, const std::string& text) {
        try {
            store.resolve(text);
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), ErrorCode::kModel);
            return error.what();
        }
        ADD_FAILURE() << "resolved " << text;
        return {};
    }

    test::TemporaryFolder folder_;
};

TEST_F(ModelStoreTest, ListsTheDefaultFirstThenByNameWithTheUsersOwnWinning) {
    folder_.write("installed/zebra.onnx", "");
    folder_.write("installed/apple.onnx", "");
    const fs::path mine = folder_.write("mine/apple.onnx", "");
    folder_.write("mine/notes.txt", "");
    const ModelStore models = store();
    EXPECT_EQ(names(models), (std::vector<std::string>{"default", "apple", "zebra"}));
    EXPECT_EQ(models.list()[1].file, mine);
    EXPECT_TRUE(models.list()[0].file.empty());
    EXPECT_EQ(models.list()[0].embedded.data(), kEmbedded.data());
}

TEST_F(ModelStoreTest, NothingIsListedWhereNothingIs) {
    EXPECT_TRUE(store({}).list().empty());
}

TEST_F(ModelStoreTest, FindsNamesPathsAndVotes) {
    const fs::path apple = folder_.write("mine/apple.onnx", "");
    const fs::path elsewhere = folder_.write("some where/é,comma.onnx", "");
    const ModelStore models = store();

    EXPECT_EQ(models.resolve("apple").at(0).file, apple);
    EXPECT_EQ(models.resolve("").at(0).name, "default");
    EXPECT_EQ(models.resolve(elsewhere.string()).size(), 1U) << "a comma in a path splits nothing";
    EXPECT_EQ(models.resolve(elsewhere.string()).at(0).name, "é,comma");

    const auto voters = models.resolve(" default , " + apple.string());
    ASSERT_EQ(voters.size(), 2U);
    EXPECT_EQ(voters[0].embedded.size(), kEmbedded.size());
    EXPECT_EQ(voters[1].file, apple);
}

TEST_F(ModelStoreTest, WeightsOfTheReleaseAreModelsWithoutAnEnding) {
    const fs::path weights = folder_.write("mine/net_weight_0", "");
    folder_.write("mine/net_weight_0.json", "{}");
    EXPECT_EQ(names(store()), (std::vector<std::string>{"default", "net_weight_0"}));
    EXPECT_EQ(store().resolve("net_weight_0").at(0).file, weights);
    EXPECT_EQ(store().resolve(weights.string()).at(0).name, "net_weight_0");
    EXPECT_EQ(sentence(store(), "net_weight_1"),
              "There is no model file 'net_weight_1': check the path.");
}

TEST_F(ModelStoreTest, SaysWhatIsThereWhenANameIsUnknown) {
    folder_.write("mine/apple.onnx", "");
    EXPECT_EQ(sentence(store(), "pear"),
              "There is no model named 'pear': give the path of an .onnx file, or one of these "
              "names: default, apple.");
    EXPECT_EQ(sentence(store({}), "pear,apple").find("There is no model named 'pear'"), 0U);
    EXPECT_EQ(sentence(store(), "./pear.onnx"),
              "There is no model file './pear.onnx': check the path.");
}

TEST_F(ModelStoreTest, SaysThatABuildHasNoDefault) {
    EXPECT_EQ(sentence(store({}), "default"),
              "This build has no default model: give one with --model FILE.onnx.");
    EXPECT_EQ(sentence(store({}), ""), sentence(store({}), "default"));
}

TEST_F(ModelStoreTest, ADefaultInAFolderServesABuildWithoutOne) {
    const fs::path file = folder_.write("installed/default.onnx", "");
    EXPECT_EQ(store({}).resolve("").at(0).file, file);
    EXPECT_TRUE(store().resolve("").at(0).file.empty()) << "the embedded one comes first";
    EXPECT_EQ(names(store()), std::vector<std::string>{"default"});
}

TEST(EmbeddedModel, IsTheFileInModelsOrNothing) {
    const std::string expected = test::bytesOf(test::sourceRoot() / "models" / "default.onnx");
    const auto bytes = embeddedModel();
    ASSERT_EQ(bytes.size(), expected.size());
    EXPECT_TRUE(std::ranges::equal(std::as_bytes(std::span(expected)), bytes));
}

}  // namespace
}  // namespace overfeat::store
