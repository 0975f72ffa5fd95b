// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>
#include <QImage>
#include <QList>
#include <QObject>
#include <QSet>
#include <QStringList>
#include <QTimer>
#include <QUrl>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/live/base/worker.h"
#include "app/teach/library_desk.h"
#include "engine/core/recognition.h"
#include "engine/live/session.h"
#include "ui/teach_models.h"
#include "ui/teach_requests.h"
#include "ui/view_models.h"

namespace overfeat::app {

// What a person teaches: from the requests of the window to the class library, which has a thread
// of its own, to the network, which makes the embeddings, and back to the window and to what is
// looked for in the next frame.
// Threads: GUI thread only.
class TeachController : public QObject {
    Q_OBJECT
public:
    // `library` is nothing where there is no home: then nothing can be kept, and nothing is taught.
    TeachController(live::Session& session, std::optional<std::filesystem::path> library);
    ~TeachController() override;

    void start();
    void connectTo(ui::TeachRequests& requests);
    // Another network sees the frames from now on.
    void setNetwork(const detect::RecogniserInfo& network);
    // What frames come from, for people; kept with each capture.
    void setSourceName(const QString& name) { source_name_ = name; }
    // The session's answer, if it is to something that was asked from here.
    bool handle(const live::Update& update);
    void noteRecognition(const std::shared_ptr<const Recognition>& seen);
    // Nobody waits for a result: what was learnt in a hurry may be looked at closer.
    void lookCloser();
    // Finishes what was begun, or leaves a slow disk alone after `limit`.
    void stop(std::chrono::milliseconds limit);

    // For Look::taught.
    const std::shared_ptr<const TaughtClasses>& taught() const { return taught_; }

signals:
    // Something else is to be looked for.
    void taughtChanged(const std::shared_ptr<const overfeat::TaughtClasses>& taught,
                       bool only_taught);
    void viewChanged(const overfeat::ui::TeachView& view);
    void similaritiesChanged(const std::vector<overfeat::ui::TaughtSimilarity>& similarities);
    void suggestedBoxChanged(const std::optional<overfeat::RectPx>& box);
    void freezeRequested(bool freeze);
    void messageWanted(const overfeat::ui::MessageView& message);

private:
    using Desk = std::shared_ptr<teach::LibraryDesk>;

    void change(std::function<void(teach::LibraryDesk&)> what, std::function<void()> then = {});
    void capture(const FramePtr& frame, const RectPx& box,
                 std::function<void(learn::ClassLibrary&, learn::NewCapture)> into);
    void takeNews(const teach::LibraryNews& news);
    void embedNext(const teach::LibraryNews& news);
    void embed(std::vector<teach::MissingEmbedding> missing, ExampleDepth depth);
    void warmUp(const FramePtr& frame, const RectPx& box);
    void readThumbnails();
    void teachFiles(const QList<QUrl>& urls, const QString& name);
    void judgeBox(const FramePtr& frame, const std::optional<RectPx>& box);
    void showBoxHint();
    void judgeCaptures();
    void judgeNext();
    void lookElsewhere();
    void showView();

    live::Session& session_;
    std::optional<std::filesystem::path> file_;
    Worker worker_;
    Desk desk_;
    QString source_name_;
    bool has_network_ = false;
    bool can_teach_ = false;

    std::shared_ptr<const learn::LibraryContent> content_;
    std::shared_ptr<const TaughtClasses> taught_;
    struct Embedding {
        std::vector<std::string> captures;  // none: nobody waits for the answer
        ExampleDepth depth = ExampleDepth::kAll;
    };
    std::map<std::uint64_t, Embedding> embedding_;    // by the command
    std::optional<teach::MissingEmbedding> upright_;  // to be looked at closer
    bool is_warm_ = false;                            // the network has been shown an example
    std::size_t missing_ = 0;
    std::size_t missing_at_most_ = 0;  // since there were none
    QSet<QString> opened_;
    QHash<QString, QImage> thumbnails_;
    QSet<QString> thumbnails_asked_;
    bool only_taught_ = false;
    QString read_only_;
    QString notice_;
    FramePtr boxed_frame_;  // with the box that was drawn in it
    std::optional<RectPx> box_;
    QString quality_hint_;  // of the box
    QString box_hint_;
    std::shared_ptr<const Recognition> seen_;  // the newest
    std::map<std::string, teach::ClassFit> fits_;
    bool judging_ = false;
    QSet<QString> to_judge_;
    std::vector<ui::TaughtSimilarity> similarities_;
    std::optional<RectPx> suggested_;
    QTimer other_programs_;
};

}  // namespace overfeat::app
