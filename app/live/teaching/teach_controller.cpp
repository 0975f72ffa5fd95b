// SPDX-License-Identifier: Apache-2.0
#include "app/live/teaching/teach_controller.h"

#include <algorithm>
#include <utility>

#include "app/live/base/messages.h"
#include "app/live/base/text.h"
#include "app/live/teaching/box_judgement.h"
#include "app/live/teaching/teach_views.h"
#include "app/teach/example_picture.h"
#include "app/teach/picture_examples.h"
#include "engine/core/error.h"

namespace overfeat::app {
namespace {

constexpr int kThumbnailPx = 128;
constexpr int kLookElsewhereMs = 1500;

}  // namespace

TeachController::TeachController(live::Session& session,
                                 std::optional<std::filesystem::path> library)
    : session_(session), file_(std::move(library)) {
    if (file_) desk_ = std::make_shared<teach::LibraryDesk>(*file_);
}

TeachController::~TeachController() {
    stop(std::chrono::milliseconds(0));
}

void TeachController::start() {
    if (desk_) change([](teach::LibraryDesk& desk) { desk.library(); });
    connect(&other_programs_, &QTimer::timeout, this, &TeachController::lookElsewhere);
    other_programs_.start(kLookElsewhereMs);
    showView();
}

void TeachController::stop(std::chrono::milliseconds limit) {
    other_programs_.stop();
    worker_.stop(limit);
}

// Another program may teach the same library.
void TeachController::lookElsewhere() {
    if (!desk_ || !content_) return;
    worker_.run([this, desk = desk_]() -> Worker::Completion {
        try {
            if (!desk->library().changedElsewhere()) return {};
        } catch (const std::exception&) {
            return {};  // said when something is to be done with it
        }
        return [this] { change([](teach::LibraryDesk&) {}); };
    });
}

// Runs on the library's thread; what it throws is said, and what became of the library is shown
// either way.
void TeachController::change(std::function<void(teach::LibraryDesk&)> what,
                             std::function<void()> then) {
    if (!desk_) return;
    worker_.run([this, desk = desk_, what = std::move(what),
                 then = std::move(then)]() -> Worker::Completion {
        QString failure;
        std::optional<teach::LibraryNews> news;
        const auto attempt = [&failure](const auto& step) {
            try {
                step();
            } catch (const std::exception& error) {
                failure = shown(error.what());
            }
        };
        attempt([&] { what(*desk); });
        attempt([&] { news = desk->news(); });
        return [this, failure, news, then] {
            if (!failure.isEmpty()) emit messageWanted(errorMessage(failure));
            if (news) takeNews(*news);
            if (failure.isEmpty() && then) then();
        };
    });
}

void TeachController::connectTo(ui::TeachRequests& requests) {
    using Requests = ui::TeachRequests;
    using Library = learn::ClassLibrary;
    const auto done = [this](const std::function<void(Library&)>& what) {
        change([what](teach::LibraryDesk& desk) { what(desk.library()); });
    };
    connect(&requests, &Requests::teachRequested, this,
            [this](const QString& name, const FramePtr& frame, const RectPx& box) {
                capture(frame, box,
                        [name = name.toStdString()](Library& library, learn::NewCapture example) {
                            library.teach(name, {&example, 1});
                        });
            });
    connect(&requests, &Requests::captureRequested, this,
            [this](const QString& id, const FramePtr& frame, const RectPx& box) {
                capture(frame, box,
                        [id = id.toStdString()](Library& library, learn::NewCapture example) {
                            library.addCaptures(id, {&example, 1});
                        });
            });
    connect(&requests, &Requests::negativeRequested, this,
            [this](const QString& id, const FramePtr& frame, const RectPx& box) {
                capture(frame, box,
                        [id = id.toStdString()](Library& library, learn::NewCapture example) {
                            library.addNegatives(id, {&example, 1});
                        });
            });
    connect(&requests, &Requests::renameRequested, this,
            [done](const QString& id, const QString& name) {
                done([id = id.toStdString(), name = name.toStdString()](Library& library) {
                    library.rename(id, name);
                });
            });
    connect(&requests, &Requests::thresholdRequested, this,
            [done](const QString& id, std::optional<double> threshold) {
                done([id = id.toStdString(), threshold](Library& library) {
                    library.setThreshold(id, threshold);
                });
            });
    connect(&requests, &Requests::enabledRequested, this, [done](const QString& id, bool enabled) {
        done([id = id.toStdString(), enabled](Library& library) {
            library.setEnabled(id, enabled);
        });
    });
    connect(&requests, &Requests::colourRequested, this, [done](const QString& id, int colour) {
        done([id = id.toStdString(), colour](Library& library) { library.setColour(id, colour); });
    });
    connect(&requests, &Requests::mergeRequested, this,
            [done](const QString& id, const QString& into) {
                done([id = id.toStdString(), into = into.toStdString()](Library& library) {
                    library.merge(id, into);
                });
            });
    connect(&requests, &Requests::splitRequested, this,
            [done](const QString&, const QStringList& captures, const QString& name) {
                done([ids = idsOf(captures), name = name.toStdString()](Library& library) {
                    library.split(ids, name);
                });
            });
    connect(&requests, &Requests::deleteClassRequested, this, [done](const QString& id) {
        done([id = id.toStdString()](Library& library) { library.deleteClass(id); });
    });
    connect(&requests, &Requests::deleteCapturesRequested, this,
            [done](const QString&, const QStringList& captures) {
                done([ids = idsOf(captures)](Library& library) { library.deleteCaptures(ids); });
            });
    connect(&requests, &Requests::moveCapturesRequested, this,
            [done](const QString&, const QStringList& captures, const QString& to) {
                done([ids = idsOf(captures), to = to.toStdString()](Library& library) {
                    library.moveCaptures(ids, to);
                });
            });
    connect(&requests, &Requests::undoRequested, this,
            [done] { done([](Library& library) { library.undo(); }); });
    connect(&requests, &Requests::redoRequested, this,
            [done] { done([](Library& library) { library.redo(); }); });
    connect(&requests, &Requests::classOpened, this, [this](const QString& id, bool open) {
        open ? void(opened_.insert(id)) : void(opened_.remove(id));
        readThumbnails();
        judgeCaptures();
        showView();
    });
    connect(&requests, &Requests::onlyTaughtRequested, this, [this](bool only_taught) {
        only_taught_ = only_taught;
        emit taughtChanged(taught_, only_taught_);
        showView();
    });
    connect(&requests, &Requests::importRequested, this, [this](const QUrl& url) {
        auto report = std::make_shared<learn::ImportReport>();
        change(
            [file = std::filesystem::path(targetOf(url)), report](teach::LibraryDesk& desk) {
                *report = desk.library().importFrom(file, learn::KnownClass::kMerge);
            },
            [this, report] { emit messageWanted(infoMessage(importText(*report))); });
    });
    connect(&requests, &Requests::exportRequested, this,
            [this](const QUrl& url, const QStringList& classes) {
                const std::filesystem::path file(targetOf(url));
                change([file, ids = idsOf(classes)](
                           teach::LibraryDesk& desk) { desk.library().exportTo(file, ids); },
                       [this, file] {
                           emit messageWanted(
                               infoMessage(tr("The classes are in %1.").arg(shown(file.string()))));
                       });
            });
    connect(&requests, &Requests::examplesDropped, this, &TeachController::teachFiles);
    connect(&requests, &Requests::boxSettled, this, &TeachController::judgeBox);
    connect(&requests, &Requests::freezeRequested, this, &TeachController::freezeRequested);
}

void TeachController::capture(const FramePtr& frame, const RectPx& box,
                              std::function<void(learn::ClassLibrary&, learn::NewCapture)> into) {
    if (!frame) return;
    change([frame, box, into = std::move(into),
            source = source_name_.toStdString()](teach::LibraryDesk& desk) {
        into(desk.library(), teach::captureOf(teach::cutOut(frame->image, box), source));
    });
}

void TeachController::setNetwork(const detect::RecogniserInfo& network) {
    has_network_ = true;
    can_teach_ = !network.embedding_space.empty();
    embedding_.clear();  // answers of the network before mean nothing to this one
    upright_.reset();
    is_warm_ = false;
    missing_at_most_ = 0;
    taught_.reset();
    seen_.reset();
    fits_.clear();
    emit taughtChanged(taught_, only_taught_);  // what the one before was taught means nothing now
    change([space = network.embedding_space, size = network.embedding_size](
               teach::LibraryDesk& desk) { desk.setNetwork(space, size); });
    showView();
}

void TeachController::takeNews(const teach::LibraryNews& news) {
    content_ = news.content;
    read_only_ = shown(news.read_only);
    notice_ = shown(news.notice);
    missing_ = news.missing_count;
    missing_at_most_ = missing_ == 0 ? 0 : std::max(missing_at_most_, missing_);
    taught_ = news.taught;
    upright_ = news.upright;
    emit taughtChanged(taught_, only_taught_);
    embedNext(news);
    readThumbnails();
    judgeCaptures();
    showView();
}

// Of the classes that are looked at.
void TeachController::judgeCaptures() {
    to_judge_ = opened_;
    std::erase_if(fits_, [this](const auto& fit) {
        return !opened_.contains(QString::fromStdString(fit.first));
    });
    if (!judging_) judgeNext();
}

// After all captures are known to the network, and one class at a time: a lesson that comes
// meanwhile waits for no more than that.
void TeachController::judgeNext() {
    if (to_judge_.isEmpty() || !desk_ || missing_ > 0) return;
    const QString id = *to_judge_.begin();
    to_judge_.remove(id);
    judging_ = true;
    worker_.run([this, desk = desk_, id = id.toStdString()]() -> Worker::Completion {
        std::map<std::string, teach::ClassFit> fits;
        try {
            fits = desk->fitOf({id});
        } catch (const std::exception&) {
            // The library cannot be read: said by what needs it.
        }
        return [this, fits] {
            judging_ = false;
            for (const auto& [judged, fit] : fits)
                fits_[judged] = fit;
            showView();
            judgeNext();
        };
    });
}

// One request at a time: frames are looked at in between.
void TeachController::embedNext(const teach::LibraryNews& news) {
    if (can_teach_ && !news.missing.empty() && embedding_.empty())
        embed(news.missing, news.missing_depth);
}

// Nobody waits for it, as for one that is missing.
void TeachController::lookCloser() {
    if (can_teach_ && upright_ && embedding_.empty() && missing_ == 0)
        embed({*std::exchange(upright_, std::nullopt)}, ExampleDepth::kAll);
}

void TeachController::embed(std::vector<teach::MissingEmbedding> missing, ExampleDepth depth) {
    is_warm_ = true;
    std::vector<Example> examples;
    Embedding asked{.captures = {}, .depth = depth};
    for (teach::MissingEmbedding& one : missing) {
        examples.push_back(std::move(one.example));
        asked.captures.push_back(std::move(one.capture_id));
    }
    embedding_.emplace(session_.embed(std::move(examples), depth), std::move(asked));
}

bool TeachController::handle(const live::Update& update) {
    const auto found = embedding_.find(update.command);
    if (found == embedding_.end()) return false;
    const Embedding asked = std::move(found->second);
    embedding_.erase(found);
    // News that came meanwhile asked for it again.
    if (upright_ && std::ranges::find(asked.captures, upright_->capture_id) != asked.captures.end())
        upright_.reset();
    if (asked.captures.empty()) {
        if (missing_ > 0) change([](teach::LibraryDesk&) {});  // which waited for this answer
        return true;
    }
    if (update.failure && update.failure->code() == ErrorCode::kCancelled) return true;
    change([asked, made = update.embeddings](teach::LibraryDesk& desk) {
        if (made.size() == asked.captures.size()) {
            desk.store(asked.captures, made, asked.depth);
        } else {
            for (const std::string& id : asked.captures)
                desk.giveUp(id);
        }
    });
    // Behind what the next frame waits for.
    worker_.run([this, desk = desk_]() -> Worker::Completion {
        try {
            desk->save();
        } catch (const std::exception& error) {
            return [this, failure = shown(error.what())] {
                emit messageWanted(errorMessage(failure));
            };
        }
        return {};
    });
    if (update.failure) emit messageWanted(errorMessage(shown(update.failure->what())));
    return true;
}

void TeachController::noteRecognition(const std::shared_ptr<const Recognition>& seen) {
    seen_ = seen;
    if (taught_ && !taught_->classes.empty()) {
        similarities_ = similaritiesIn(*seen, *taught_);
        emit similaritiesChanged(similarities_);
    }
    showBoxHint();
    const std::optional<RectPx> suggested = suggestedBox(*seen);
    if (suggested == suggested_) return;
    suggested_ = suggested;
    emit suggestedBoxChanged(suggested_);
}

void TeachController::readThumbnails() {
    if (!content_ || !desk_) return;
    std::vector<learn::Capture> wanted;
    const auto want = [&](const learn::Capture& capture) {
        const QString id = QString::fromStdString(capture.id);
        if (thumbnails_asked_.contains(id)) return;
        thumbnails_asked_.insert(id);
        wanted.push_back(capture);
    };
    for (const learn::TaughtClass& taught : content_->classes) {
        if (opened_.contains(QString::fromStdString(taught.id))) {
            std::ranges::for_each(taught.captures, want);
        } else if (!taught.captures.empty()) {
            want(taught.captures.front());
        }
    }
    if (wanted.empty()) return;
    worker_.run([this, desk = desk_, wanted]() -> Worker::Completion {
        QHash<QString, QImage> made;
        for (const learn::Capture& capture : wanted) {
            try {
                const Example example =
                    teach::exampleOf(capture, desk->library().picture(capture.id));
                made.insert(QString::fromStdString(capture.id),
                            thumbnailImage(teach::thumbnailOf(example, kThumbnailPx)));
            } catch (const std::exception&) {
                // One that cannot be read has none; the page shows its place empty.
            }
        }
        return [this, made] {
            thumbnails_.insert(made);
            showView();
        };
    });
}

// A folder's name is its class's, unless a name was given.
void TeachController::teachFiles(const QList<QUrl>& urls, const QString& name) {
    std::vector<std::filesystem::path> paths;
    for (const QUrl& url : urls)
        paths.emplace_back(targetOf(url));
    auto report = std::make_shared<teach::FilesTaught>();
    change(
        [paths, name = name.toStdString(), report](teach::LibraryDesk& desk) {
            *report = teach::teachFiles(desk.library(), paths, name);
        },
        [this, report] { emit messageWanted(infoMessage(filesTaughtText(*report))); });
}

void TeachController::judgeBox(const FramePtr& frame, const std::optional<RectPx>& box) {
    boxed_frame_ = box ? frame : nullptr;
    box_ = box;
    quality_hint_ = frame && box ? boxHint(frame->image, *box) : QString();
    showBoxHint();
    if (frame && box) warmUp(frame, *box);
}

// The first example a network sees takes it several times as long, because its plans are compiled:
// it sees one while the name is typed. (What comes of it is forgotten.)
void TeachController::warmUp(const FramePtr& frame, const RectPx& box) {
    if (!can_teach_ || std::exchange(is_warm_, true)) return;
    worker_.run([this, frame, box]() -> Worker::Completion {
        try {
            return [this, example = teach::cutOut(frame->image, box)] {
                if (can_teach_ && embedding_.empty())
                    embedding_.emplace(session_.embed({example}, ExampleDepth::kUpright),
                                       Embedding{});
            };
        } catch (const std::exception&) {
            return {};  // said when it is taught
        }
    });
}

// What it looks like is known when the network has seen the very frame.
void TeachController::showBoxHint() {
    QString hint = quality_hint_;
    if (boxed_frame_ && seen_ && taught_ && seen_->frame_id == boxed_frame_->id) {
        const QString like = looksLikeText(*seen_, *taught_, *box_);
        if (!hint.isEmpty() && !like.isEmpty()) hint += QLatin1Char(' ');
        hint += like;
    }
    if (std::exchange(box_hint_, hint) != hint) showView();
}

void TeachController::showView() {
    const TeachFacts facts{.content = content_.get(),
                           .has_home = desk_ != nullptr,
                           .has_network = has_network_,
                           .can_teach = can_teach_,
                           .only_taught = only_taught_,
                           .read_only = read_only_,
                           .notice = notice_,
                           .box_hint = box_hint_,
                           .fits = &fits_,
                           .missing = missing_,
                           .missing_at_most = missing_at_most_};
    emit viewChanged(teachView(facts, thumbnails_, opened_));
}

}  // namespace overfeat::app
