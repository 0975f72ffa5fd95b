// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "engine/backend/registry.h"
#include "engine/core/error.h"

namespace overfeat::backend {
namespace {

TEST(Registry, EndsWithTheReferenceWhichIsAlwaysAvailable) {
    ASSERT_FALSE(backends().empty());
    EXPECT_EQ(backends().back()->name(), "reference");
    EXPECT_TRUE(backends().back()->probe().available);
}

TEST(Registry, EveryBackendSaysWhatItIsOrWhyItCannotBeUsed) {
    for (const Backend* backend : backends()) {
        EXPECT_GT(backend->probe().sentence.size(), 10U) << backend->name();
    }
}

TEST(Registry, AutoTakesTheFirstAvailableOne) {
    const Backend* expected = nullptr;
    for (const Backend* backend : backends()) {
        if (expected == nullptr && backend->probe().available) expected = backend;
    }
    const Choice choice = chooseBackend("auto");
    EXPECT_EQ(choice.backend.get(), expected);
    EXPECT_EQ(choice.device.name, expected->name());
    EXPECT_EQ(choice.device.description, expected->probe().sentence);
    std::size_t worse = 0;
    while (backends()[worse] != expected)
        ++worse;
    EXPECT_EQ(choice.device.passed_over.size(), worse) << "each better one, with its reason";
}

TEST(Registry, ANamedBackendIsTakenOrRefusedButNeverReplaced) {
    for (const Backend* backend : backends()) {
        const Availability availability = backend->probe();
        try {
            const Choice choice = chooseBackend(backend->name());
            EXPECT_TRUE(availability.available);
            EXPECT_EQ(choice.backend.get(), backend);
        } catch (const Error& error) {
            EXPECT_FALSE(availability.available);
            EXPECT_EQ(error.code(), ErrorCode::kRuntime);
            EXPECT_NE(std::string(error.what()).find(availability.sentence), std::string::npos);
        }
    }
}

TEST(Registry, AGraphThatNoneCanRunIsTheModelsFault) {
    const net::Graph graph{};  // has no input
    for (const char* wanted : {"auto", "cpu", "reference"}) {
        try {
            chooseBackend(wanted, graph);
            ADD_FAILURE() << wanted << " runs nothing";
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), ErrorCode::kModel);
            EXPECT_EQ(error.what(), backends().back()->supports(graph).value_or(""));
        }
    }
}

TEST(Registry, AnUnknownNameIsAUsageErrorThatListsTheNames) {
    try {
        chooseBackend("abacus");
        FAIL() << "accepted an unknown device";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kUsage);
        const std::string message = error.what();
        EXPECT_NE(message.find("abacus"), std::string::npos);
        for (const Backend* backend : backends()) {
            EXPECT_NE(message.find(backend->name()), std::string::npos) << message;
        }
    }
}

TEST(Registry, AServerIsABackendOfItsOwnOrRefusedByASentence) {
    EXPECT_EQ(connectServer("cpu"), nullptr);
    for (const char* device : {"kserve:localhost:1/net", "kserve+grpc:localhost:1/net"}) {
        EXPECT_TRUE(mayBeReplaced(device));
        try {
            const auto server = connectServer(device);
            ASSERT_NE(server, nullptr);
            EXPECT_EQ(server->name(), "kserve");
            EXPECT_NE(server, connectServer(device)) << "nobody else has it";
        } catch (const Error& error) {  // a build without libcurl
            EXPECT_EQ(error.code(), ErrorCode::kRuntime);
            EXPECT_NE(std::string(error.what()).find("libcurl"), std::string::npos);
            EXPECT_THROW(chooseBackend(device), Error);
        }
    }
}

}  // namespace
}  // namespace overfeat::backend
