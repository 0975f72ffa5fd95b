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
    for (learn::StoredEmbedding& one : library().embeddings(space_)) {
        std::string id = one.capture_id;
        embeddings_.emplace(std::move(id), std::move(one));
    }
    read_ = true;
}

void LibraryDesk::store(const std::vector<std::string>& capture_ids,
                        const std::vector<ExampleEmbedding>& embeddings) {
    for (std::size_t i = 0; i < std::min(capture_ids.size(), embeddings.size()); ++i) {
        unsaved_.push_back(learn::toStored(capture_ids[i], embeddings[i]));
        embeddings_[capture_ids[i]] = unsaved_.back();
    }
}

void LibraryDesk::save() {
    const std::vector<learn::StoredEmbedding> made = std::exchange(unsaved_, {});
    if (made.empty() || !library().readOnlyBecause().empty()) return;
    library().storeEmbeddings(space_, made);
}

LibraryNews LibraryDesk::news() {
    LibraryNews news;
    news.content = library().content();
    news.read_only = library().readOnlyBecause();
    news.notice = notice_;
    if (space_.empty()) return news;
    readEmbeddings();
    const auto want = [&](const learn::Capture& capture) {
        if (embeddings_.contains(capture.id) || hopeless_.contains(capture.id)) return;
        ++news.missing_count;
        if (news.missing.size() >= kAtOnce) return;
        try {
            news.missing.push_back({capture.id, exampleOf(capture, library().picture(capture.id))});
        } catch (const Error& error) {
            if (error.code() != ErrorCode::kInput) throw;
            --news.missing_count;
            giveUp(capture.id);  // its picture cannot be read
        }
    };
    for (const learn::TaughtClass& taught : news.content->classes)
        std::ranges::for_each(taught.captures, want);
    std::ranges::for_each(news.content->negatives, want);
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
