// SPDX-License-Identifier: Apache-2.0
#include "ui/status_strip.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QPainter>
#include <QStringList>
#include <algorithm>
#include <cmath>

#include "ui/clock_text.h"
#include "ui/section.h"
#include "ui/theme.h"

namespace overfeat::ui {
namespace {

QString rate(double fps) {
    return QLocale().toString(fps, 'f', 1);
}

// Pictures that rest have no rate.
QString rateText(const SourceStatusView& status) {
    if (status.form != SourceForm::kVideo && status.form != SourceForm::kLive) return {};
    const QString source =
        status.form == SourceForm::kVideo ? StatusStrip::tr("video") : StatusStrip::tr("camera");
    return source + (status.fps > 0 ? StatusStrip::tr(" %1 fps").arg(rate(status.fps))
                                    : QStringLiteral(" \u2013"));
}

QString phaseText(const SourceStatusView& status) {
    // The sign differs as well as the word, so that neither colour nor language is needed.
    switch (status.phase) {
        case SourcePhase::kNone:
            return StatusStrip::tr("no source");
        case SourcePhase::kOpening:
            return StatusStrip::tr("\u25cb opening");
        case SourcePhase::kLive:
            if (status.form == SourceForm::kVideo) return StatusStrip::tr("\u25b6 playing");
            return status.form == SourceForm::kPictures ? StatusStrip::tr("picture")
                                                        : StatusStrip::tr("\u25cf live");
        case SourcePhase::kPaused:
            return StatusStrip::tr("\u2016 paused");
        case SourcePhase::kStalled:
            return StatusStrip::tr("\u25b2 stalled");
        case SourcePhase::kLost:
            return StatusStrip::tr("\u25b2 lost");
        case SourcePhase::kEnded:
            return StatusStrip::tr("\u25a0 ended");
        case SourcePhase::kFailed:
            return StatusStrip::tr("\u25b2 failed");
    }
    return {};
}

QString sourceDetails(const SourceStatusView& status) {
    const QLocale locale;
    QStringList lines;
    if (!status.name.isEmpty()) lines << status.name;
    if (!status.size.empty()) {
        lines << StatusStrip::tr("%1 x %2 pixels").arg(status.size.width).arg(status.size.height);
    }
    if (status.damaged > 0) {
        lines << StatusStrip::tr("%1 damaged frames skipped").arg(locale.toString(status.damaged));
    }
    if (status.skipped_files > 0) {
        lines << StatusStrip::tr("%1 files skipped").arg(locale.toString(status.skipped_files));
    }
    if (!status.sentence.isEmpty()) lines << status.sentence;
    return lines.join(QLatin1Char('\n'));
}

// Tool tips are rich text if they look like it; names of files and devices must not be.
QString plainToolTip(const QString& text) {
    return text.isEmpty()
               ? QString()
               : QStringLiteral("<qt>%1</qt>")
                     .arg(text.toHtmlEscaped().replace(QLatin1Char('\n'), QStringLiteral("<br>")));
}

}  // namespace

QString leftOutText(const BudgetView& budget) {
    QStringList parts;
    const int strides = budget.dropped_fine_steps;
    const int scales = budget.dropped_scales;
    if (strides > 0) {
        parts << (strides == 1 ? StatusStrip::tr("1 finer grid")
                               : StatusStrip::tr("%1 finer grids").arg(strides));
    }
    if (scales > 0) {
        parts << (scales == 1 ? StatusStrip::tr("1 scale")
                              : StatusStrip::tr("%1 scales").arg(scales));
    }
    return parts.join(QStringLiteral(", "));
}

StatusStrip::StatusStrip(QWidget* parent) : QWidget(parent) {
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(spacing::kMedium, 0, spacing::kMedium, 0);
    layout->setSpacing(spacing::kLarge);
    source_ = addField(tr("\u25b2 stalled") + QStringLiteral("  99999 / 99999"), tr("Source"));
    recording_ = addField({}, tr("Recording"));
    layout->addStretch();
    left_out_ = addField({}, tr("Left out to keep up"));
    left_out_->setToolTip(
        tr("Scales and finer grids that are left out to keep up the rate set on the page Boxes."));
    left_out_->hide();
    source_fps_ = addField(tr("camera %1 fps").arg(rate(999.9)), tr("Source rate"));
    network_fps_ = addField(tr("network %1 fps").arg(rate(999.9)), tr("Network rate"));
    latency_ = addField(tr("latency %1 ms").arg(9999), tr("Latency from capture to screen"));
    dropped_ = addField(tr("%1 dropped").arg(QLocale().toString(999999)), tr("Dropped frames"));
    latency_->setToolTip(tr("From the capture of a picture to its result on the screen"));
    dropped_->setToolTip(
        tr("Pictures the network left out to stay current; the preview shows them all."));
    device_ = addField({}, tr("Device"));
    setFixedHeight(scaled(28));
    setSource({});
    setNetwork({}, 0);
    setDevice({});
    setRecording({});
}

QLabel* StatusStrip::addField(const QString& widest, const QString& name) {
    QLabel* label = remark({}, this);
    label->setWordWrap(false);
    label->setTextInteractionFlags(Qt::NoTextInteraction);
    label->setAccessibleName(name);
    if (!widest.isEmpty()) {
        label->setMinimumWidth(label->fontMetrics().horizontalAdvance(widest) + 2);
    }
    layout()->addWidget(label);
    return label;
}

void StatusStrip::setSource(const SourceStatusView& status) {
    QString text = phaseText(status);
    if (status.position >= 0) {
        const QLocale locale;
        text += QStringLiteral("  ") + locale.toString(status.position + 1);
        if (status.length > 0) text += QStringLiteral(" / ") + locale.toString(status.length);
    }
    source_->setText(text);
    source_->setToolTip(plainToolTip(sourceDetails(status)));
    const bool trouble = status.phase == SourcePhase::kStalled ||
                         status.phase == SourcePhase::kLost || status.phase == SourcePhase::kFailed;
    source_->setForegroundRole(trouble ? QPalette::BrightText : QPalette::PlaceholderText);
    source_fps_->setText(rateText(status));
    showWhatFits();
}

void StatusStrip::setNetwork(const NetworkStatusView& status, double screen_latency_ms) {
    network_fps_->setText(status.fps > 0 ? tr("network %1 fps").arg(rate(status.fps))
                                         : tr("network \u2013"));
    const double latency_ms = screen_latency_ms > 0 ? screen_latency_ms : status.latency_ms;
    latency_->setText(latency_ms > 0 ? tr("latency %1 ms").arg(std::lround(latency_ms))
                                     : tr("latency \u2013"));
    dropped_->setText(tr("%1 dropped").arg(QLocale().toString(status.dropped)));
}

void StatusStrip::setBudget(const BudgetView& budget) {
    const QString text = leftOutText(budget);
    left_out_->setText(text.isEmpty() ? QString() : tr("\u25bd without %1").arg(text));
    showWhatFits();
}

void StatusStrip::setDevice(const DeviceView& device) {
    device_view_ = device;
    showWhatFits();
    device_->setToolTip(plainToolTip(
        device.reason.isEmpty() ? device.label : device.label + QLatin1Char('\n') + device.reason));
    device_->setAccessibleDescription(device.reason);
}

void StatusStrip::resizeEvent(QResizeEvent*) {
    showWhatFits();
}

// The less needed numbers go first; the device's name is cut to what is left, but never short.
void StatusStrip::showWhatFits() {
    const auto wants = [](const QLabel* field) {
        return std::max(field->minimumWidth(), field->sizeHint().width()) + spacing::kLarge;
    };
    const int shortest_device = device_->fontMetrics().horizontalAdvance(QString(14, 'n'));
    int room = width() - 2 * spacing::kMedium - shortest_device;
    for (QLabel* field : {source_, recording_, network_fps_})
        room -= wants(field);
    for (QLabel* field : {latency_, source_fps_, left_out_, dropped_}) {
        const bool fits = !field->text().isEmpty() && wants(field) <= room;
        field->setVisible(fits);
        if (fits) room -= wants(field);
    }
    const QString sign = device_view_.is_fallback ? QStringLiteral("\u25b2 ") : QString();
    device_->setText(device_->fontMetrics().elidedText(sign + device_view_.label, Qt::ElideRight,
                                                       shortest_device + std::max(0, room)));
}

void StatusStrip::setRecording(const RecordingView& recording) {
    recording_->setText(recording.on ? tr("\u25cf recording %1, %2")
                                           .arg(clockText(recording.seconds),
                                                QLocale().formattedDataSize(recording.bytes, 1))
                                     : QString());
    recording_->setForegroundRole(QPalette::BrightText);
    showWhatFits();
}

void StatusStrip::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.fillRect(rect(), colours(*this).surface);
    painter.fillRect(QRect(0, 0, width(), 1), colours(*this).outline);
}

}  // namespace overfeat::ui
