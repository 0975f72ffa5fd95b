// SPDX-License-Identifier: Apache-2.0
#include "app/teach/library_desk.h"

#include <algorithm>
#include <span>
#include <utility>

#include "app/teach/example_picture.h"
#include "engine/core/error.h"
#include "engine/learn/assemble.h"

namespace overfeat::teach {
namespace {

// So few that frames are looked at in between.
constexpr std::size_t kAtOnce = 2;

}  // namespace

learn::ClassLibrary& LibraryDesk::library() {
    if (!library_) {
        learn::OpenedLibrary opened = learn::ClassLibrary::open(file_);
        notice_ = opened.notice;
        library_ = std::move(opened.library);
    }
    return *library_;
}

void LibraryDesk::setNetwork(const std::string& space, const EmbeddingSize& size) {
    if (space != space_) {
        save();
        read_ = false;
    }
    space_ = space;
    size_ = size;
    hopeless_.clear();
}

void LibraryDesk::readEmbeddings() {
    if (read_ || space_.empty()) return;
    embeddings_.clear();
    upright_.clear();
    for (learn::StoredEmbedding& one : library().embeddings(space_)) {
        std::string id = one.capture_id;
        embeddings_.emplace(std::move(id), std::move(one));
    }
    read_ = true;
}

void LibraryDesk::store(const std::vector<std::string>& capture_ids,
                        const std::vector<ExampleEmbedding>& embeddings, ExampleDepth depth) {
    for (std::size_t i = 0; i < std::min(capture_ids.size(), embeddings.size()); ++i) {
        const std::string& id = capture_ids[i];
        learn::StoredEmbedding made = learn::toStored(id, embeddings[i]);
        if (depth == ExampleDepth::kAll) {
            unsaved_.push_back(made);
            upright_.erase(id);
        } else {
            upright_.insert(id);
        }
        embeddings_[id] = std::move(made);
    }
}

void LibraryDesk::giveUp(const std::string& capture_id) {
    hopeless_.insert(capture_id);
    upright_.erase(capture_id);
}

void LibraryDesk::save() {
    const std::vector<learn::StoredEmbedding> made = std::exchange(unsaved_, {});
    if (made.empty() || !library().readOnlyBecause().empty()) return;
    library().storeEmbeddings(space_, made);
}

std::optional<MissingEmbedding> LibraryDesk::pictureOf(const learn::Capture& capture) {
    try {
        return MissingEmbedding{capture.id, exampleOf(capture, library().picture(capture.id))};
    } catch (const Error& error) {
        if (error.code() != ErrorCode::kInput) throw;
        giveUp(capture.id);  // its picture cannot be read
        return std::nullopt;
    }
}

LibraryNews LibraryDesk::news() {
    LibraryNews news;
    news.content = library().content();
    news.read_only = library().readOnlyBecause();
    news.notice = notice_;
    if (space_.empty()) return news;
    readEmbeddings();
    const auto want = [&](const learn::Capture& capture) {
        if (hopeless_.contains(capture.id)) return;
        if (!news.upright && upright_.contains(capture.id)) news.upright = pictureOf(capture);
        if (embeddings_.contains(capture.id)) return;
        if (news.missing.size() >= kAtOnce) {
            ++news.missing_count;
        } else if (auto missing = pictureOf(capture)) {
            news.missing.push_back(std::move(*missing));
            ++news.missing_count;
        }
    };
    for (const learn::TaughtClass& taught : news.content->classes)
        std::ranges::for_each(taught.captures, want);
    std::ranges::for_each(news.content->negatives, want);
    // The last ones of many are like the first.
    many_missing_ = news.missing_count > kAtOnce || (many_missing_ && news.missing_count > 0);
    if (!many_missing_) news.missing_depth = ExampleDepth::kUpright;
    std::vector<learn::StoredEmbedding> known;
    known.reserve(embeddings_.size());
    for (const auto& [id, one] : embeddings_)
        known.push_back(one);
    // The same as long as nothing of it is other: who follows objects begins anew with another one.
    auto taught = learn::assemble(*news.content, known, space_, size_);
    if (!taught_ || !taught || *taught != *taught_) taught_ = std::move(taught);
    news.taught = taught_;
    return news;
}

std::map<std::string, ClassFit> LibraryDesk::fitOf(const std::set<std::string>& class_ids) {
    if (space_.empty()) return {};
    readEmbeddings();
    return teach::fitOf(*library().content(), embeddings_, size_, class_ids);
}

}  // namespace overfeat::teach
