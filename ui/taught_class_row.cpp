// SPDX-License-Identifier: Apache-2.0
#include "ui/taught_class_row.h"

#include <QContextMenuEvent>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <QToolTip>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>

#include "ui/live_marks.h"
#include "ui/section.h"
#include "ui/switch.h"
#include "ui/taught_captures.h"
#include "ui/teach_requests.h"
#include "ui/theme.h"
#include "ui/threshold_meter.h"

namespace overfeat::ui {
namespace {

constexpr int kThumbnail = 48;
constexpr int kThumbnailLeft = 18;
constexpr int kTextLeft = kThumbnailLeft + kThumbnail + spacing::kSmall;
constexpr int kNumberWidth = 44;
constexpr int kDot = 10;

bool isMoveKey(int key) {
    switch (key) {
        case Qt::Key_Up:
        case Qt::Key_Down:
        case Qt::Key_Left:
        case Qt::Key_Right:
        case Qt::Key_Space:
        case Qt::Key_F2:
        case Qt::Key_Delete:
            return true;
        default:
            return false;
    }
}

}  // namespace

int TaughtClassRow::foldedHeight() {
    return scaled(64);
}

TaughtClassRow::TaughtClassRow(TeachRequests& requests, NameTaken name_taken, QWidget* parent)
    : QWidget(parent), requests_(requests), name_taken_(std::move(name_taken)) {
    setAttribute(Qt::WA_Hover);
    setMouseTracking(true);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(kThumbnailLeft, foldedHeight(), 0, 0);
    layout->setSpacing(0);
    meter_ = new ThresholdMeter(this);
    enabled_ = new Switch({}, this);
    setCurrent(false);
    connect(meter_, &ThresholdMeter::thresholdChosen, this,
            [this](double threshold) { emit requests_.thresholdRequested(view_.id, threshold); });
    connect(meter_, &ThresholdMeter::automaticWanted, this, [this] {
        if (!view_.threshold_is_automatic)
            emit requests_.thresholdRequested(view_.id, std::nullopt);
    });
    connect(enabled_, &QCheckBox::clicked, this, [this](bool on) {
        enabled_->setChecked(view_.enabled);  // until the program says that it is so
        emit requests_.enabledRequested(view_.id, on);
    });
}

void TaughtClassRow::setClass(const TaughtClassView& view, int number, bool read_only) {
    view_ = view;
    number_ = number >= 1 && number <= 9 ? number : 0;
    read_only_ = read_only;
    meter_->setColour(classColour(static_cast<std::size_t>(std::max(view.colour, 0))));
    meter_->setThreshold(view.threshold, view.threshold_is_automatic);
    meter_->setEnabled(view.enabled && !read_only);
    enabled_->setChecked(view.enabled);
    enabled_->setEnabled(!read_only);
    if (!view.enabled) setSimilarity(std::nullopt, false);
    showNames();
    if (unfolded_) showBody();
    update();
}

void TaughtClassRow::showNames() {
    setAccessibleName(QStringLiteral("%1, %2").arg(view_.name, summary()));
    meter_->setAccessibleName(tr("Threshold of %1").arg(view_.name));
    meter_->setToolTip(
        tr("How similar the picture is now, and the threshold from which on it is called so (%1)."
           " Pull the mark or use the arrow keys; a double click or A makes it automatic.")
            .arg(view_.threshold_is_automatic ? tr("automatic") : tr("set by hand")));
    enabled_->setAccessibleName(tr("Recognise %1").arg(view_.name));
    enabled_->setToolTip(view_.enabled ? tr("Recognised; switch off to leave it out")
                                       : tr("Left out; switch on to recognise it"));
}

QString TaughtClassRow::summary() const {
    const auto odd = std::ranges::count_if(view_.captures, &TaughtCaptureView::disagrees);
    QString text =
        view_.capture_count == 1 ? tr("1 capture") : tr("%1 captures").arg(view_.capture_count);
    if (!view_.enabled) return tr("%1, switched off").arg(text);
    if (accepted_) return tr("%1, in the picture").arg(text);
    if (odd == 1) return tr("%1, one does not fit").arg(text);
    if (odd > 1) return tr("%1, %2 do not fit").arg(text).arg(odd);
    return text;
}

void TaughtClassRow::setSimilarity(std::optional<double> similarity, bool accepted) {
    if (!view_.enabled) similarity.reset();
    accepted = accepted && similarity;
    if (similarity == similarity_ && accepted == accepted_) return;
    similarity_ = similarity;
    accepted_ = accepted;
    meter_->setSimilarity(similarity, accepted);
    // With every result, for each of hundreds of rows: most are scrolled away.
    if (!visibleRegion().isEmpty()) update(0, 0, width(), foldedHeight());
}

void TaughtClassRow::setCurrent(bool current) {
    current_ = current;
    const auto policy = current ? Qt::StrongFocus : Qt::ClickFocus;
    setFocusPolicy(policy);
    meter_->setFocusPolicy(policy);
    enabled_->setFocusPolicy(policy);
    if (captures_) captures_->setFocusPolicy(policy);
    update();
}

void TaughtClassRow::createBody() {
    if (body_) return;
    body_ = new QWidget(this);
    advice_ = remark({}, body_);
    captures_ = new TaughtCaptures(body_);
    captures_->setFocusPolicy(current_ ? Qt::StrongFocus : Qt::ClickFocus);
    auto* layout = new QVBoxLayout(body_);
    layout->setContentsMargins(0, 0, 0, spacing::kSmall);
    layout->setSpacing(spacing::kTight);
    layout->addWidget(captures_);
    layout->addWidget(advice_);
    this->layout()->addWidget(body_);
    connect(captures_, &TaughtCaptures::deleteWanted, this, [this](const QStringList& ids) {
        if (!read_only_) emit requests_.deleteCapturesRequested(view_.id, ids);
    });
    connect(captures_, &TaughtCaptures::menuWanted, this, &TaughtClassRow::captureMenuWanted);
    captures_->installEventFilter(this);
}

void TaughtClassRow::setUnfolded(bool unfolded) {
    if (unfolded == unfolded_) return;
    unfolded_ = unfolded;
    if (unfolded) createBody();
    body_->setVisible(unfolded);
    if (unfolded) showBody();
    updateGeometry();
    update();
    emit requests_.classOpened(view_.id, unfolded);
}

void TaughtClassRow::showBody() {
    const bool reading = view_.captures.empty() && view_.capture_count > 0;
    captures_->setVisible(!reading);
    captures_->setCaptures(view_.captures);
    QStringList says;
    if (reading) says << tr("Reading the captures\u2026");
    const auto odd = std::ranges::count_if(view_.captures, &TaughtCaptureView::disagrees);
    if (odd == 1) says << tr("The marked capture does not fit the others.");
    if (odd > 1) says << tr("%1 captures do not fit the others.").arg(odd);
    if (!view_.advice.isEmpty()) says << view_.advice;
    advice_->setText(says.join(QLatin1Char(' ')));
    advice_->setVisible(!says.isEmpty());
}

QRect TaughtClassRow::thumbnailRect() const {
    return {kThumbnailLeft, (foldedHeight() - kThumbnail) / 2, kThumbnail, kThumbnail};
}

QRect TaughtClassRow::dotRect() const {
    return {kTextLeft, scaled(13), kDot, kDot};
}

QRect TaughtClassRow::nameRect() const {
    const int left = kTextLeft + kDot + spacing::kTight + 2;
    return {left, scaled(6), enabled_->x() - left - spacing::kTight, scaled(24)};
}

void TaughtClassRow::resizeEvent(QResizeEvent* event) {
    const QSize size = enabled_->sizeHint();
    enabled_->setGeometry(width() - size.width() - spacing::kTight, scaled(6), size.width(),
                          size.height());
    meter_->setGeometry(kTextLeft - 2, scaled(28),
                        width() - kTextLeft - scaled(kNumberWidth) - spacing::kTight, scaled(20));
    if (rename_) rename_->setGeometry(nameRect().adjusted(-4, -3, 0, 3));
    QWidget::resizeEvent(event);
}

void TaughtClassRow::drawThumbnail(QPainter& painter) const {
    const Colours& c = colours(*this);
    const QRectF place(thumbnailRect());
    QPainterPath shape;
    shape.addRoundedRect(place, 5, 5);
    painter.fillPath(shape, c.picture_background);
    if (!view_.thumbnail.isNull()) {
        // Filled to its edges, cut where it is longer.
        const QSizeF size =
            QSizeF(view_.thumbnail.size()).scaled(place.size(), Qt::KeepAspectRatioByExpanding);
        QRectF target(QPointF(), size);
        target.moveCenter(place.center());
        painter.save();
        painter.setRenderHint(QPainter::SmoothPixmapTransform);
        painter.setClipPath(shape);
        painter.drawImage(target, view_.thumbnail);
        painter.restore();
    }
    if (number_ > 0) {
        const QRectF badge(place.left() - 4, place.bottom() - 13, 16, 16);
        painter.setPen(QPen(c.outline, 1));
        painter.setBrush(c.raised);
        painter.drawRoundedRect(badge, 4, 4);
        painter.setPen(c.text);
        painter.setFont(themeFont(TextSize::kSmall, true));
        painter.drawText(badge, Qt::AlignCenter, QString::number(number_));
    }
}

void TaughtClassRow::paintEvent(QPaintEvent*) {
    const Colours& c = colours(*this);
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QRectF row(0.5, 1, width() - 1, height() - 2);
    painter.setPen(Qt::NoPen);
    if (current_ || underMouse()) {
        painter.setBrush(current_ ? c.selected : c.hover);
        painter.drawRoundedRect(row, kRadius, kRadius);
    }
    if (hasFocus()) {
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(c.accent, 1.5));
        painter.drawRoundedRect(row.adjusted(0.5, 0.5, -0.5, -0.5), kRadius, kRadius);
    }
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(c.muted_text, 1.6, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    const QPointF at(9, foldedHeight() / 2.0);
    if (unfolded_) {
        painter.drawPolyline(
            QPolygonF{at + QPointF(-4, -2), at + QPointF(0, 2), at + QPointF(4, -2)});
    } else {
        painter.drawPolyline(
            QPolygonF{at + QPointF(-2, -4), at + QPointF(2, 0), at + QPointF(-2, 4)});
    }
    if (!view_.enabled) painter.setOpacity(0.5);
    drawThumbnail(painter);
    painter.setPen(Qt::NoPen);
    painter.setBrush(classColour(static_cast<std::size_t>(std::max(view_.colour, 0))));
    painter.drawRoundedRect(QRectF(dotRect()), 2.5, 2.5);
    const auto write = [&painter](const QRect& box, int alignment, const QString& text,
                                  const QFont& font, const QColor& colour) {
        painter.setFont(font);
        painter.setPen(colour);
        painter.drawText(box, alignment | Qt::AlignVCenter | Qt::TextSingleLine,
                         QFontMetrics(font).elidedText(text, Qt::ElideRight, box.width()));
    };
    if (!rename_) {
        write(nameRect(), Qt::AlignLeft, view_.name, themeFont(TextSize::kBody, true), c.text);
    }
    const QRect number(width() - scaled(kNumberWidth) - spacing::kTight, scaled(28),
                       scaled(kNumberWidth), scaled(20));
    write(number, Qt::AlignRight,
          similarity_ ? percentText(static_cast<float>(*similarity_)) : QStringLiteral("\u2013"),
          themeFont(TextSize::kBody, accepted_), accepted_ ? c.text : c.muted_text);
    write({kTextLeft, scaled(47), width() - kTextLeft - spacing::kTight, scaled(15)}, Qt::AlignLeft,
          summary(), themeFont(TextSize::kSmall), c.muted_text);
}

void TaughtClassRow::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton || event->position().y() > foldedHeight()) {
        QWidget::mousePressEvent(event);
        return;
    }
    setFocus(Qt::MouseFocusReason);
    const QPoint at = event->position().toPoint();
    if (dotRect().adjusted(-5, -5, 3, 5).contains(at)) {
        if (!read_only_) emit colourMenuWanted(event->globalPosition().toPoint());
    } else if (!nameRect().contains(at)) {
        setUnfolded(!unfolded_);
    }
}

void TaughtClassRow::mouseDoubleClickEvent(QMouseEvent* event) {
    if (nameRect().contains(event->position().toPoint())) {
        rename();
    } else {
        mousePressEvent(event);  // two clicks, two changes
    }
}

void TaughtClassRow::mouseMoveEvent(QMouseEvent* event) {
    const QPoint at = event->position().toPoint();
    QString tip;
    if (nameRect().contains(at)) {
        tip = tr("Double click or F2 to rename");
    } else if (dotRect().contains(at)) {
        tip = tr("Another colour");
    } else if (thumbnailRect().contains(at) && number_ > 0) {
        tip = tr("Key %1 adds what is in the box; hold it and turn the object").arg(number_);
    }
    setToolTip(read_only_ ? QString() : tip);
    QWidget::mouseMoveEvent(event);
}

void TaughtClassRow::focusInEvent(QFocusEvent* event) {
    emit becameCurrent();
    QWidget::focusInEvent(event);
}

bool TaughtClassRow::event(QEvent* event) {
    if (event->type() == QEvent::ShortcutOverride && !rename_) {
        // These are the window's too, but not while a class has the keyboard.
        const auto* key = static_cast<QKeyEvent*>(event);
        if (isMoveKey(key->key()) && key->modifiers() == Qt::NoModifier) {
            event->accept();
            return true;
        }
    }
    return QWidget::event(event);
}

void TaughtClassRow::keyPressEvent(QKeyEvent* event) {
    switch (event->key()) {
        case Qt::Key_Up:
            emit neighbourWanted(-1);
            return;
        case Qt::Key_Down:
            emit neighbourWanted(1);
            return;
        case Qt::Key_Left:
            setUnfolded(false);
            return;
        case Qt::Key_Right:
            setUnfolded(true);
            return;
        case Qt::Key_Return:
        case Qt::Key_Enter:
            setUnfolded(!unfolded_);
            return;
        case Qt::Key_Space:
            enabled_->click();
            return;
        case Qt::Key_F2:
            rename();
            return;
        case Qt::Key_Delete:
            if (!read_only_) emit requests_.deleteClassRequested(view_.id);
            return;
        default:
            QWidget::keyPressEvent(event);
    }
}

void TaughtClassRow::contextMenuEvent(QContextMenuEvent* event) {
    emit becameCurrent();
    emit menuWanted(event->reason() == QContextMenuEvent::Keyboard
                        ? mapToGlobal(thumbnailRect().center())
                        : event->globalPos());
}

void TaughtClassRow::rename() {
    if (read_only_ || rename_) return;
    rename_ = new QLineEdit(view_.name, this);
    rename_->setMaxLength(200);
    rename_->setAccessibleName(tr("New name of %1").arg(view_.name));
    rename_->setGeometry(nameRect().adjusted(-4, -3, 0, 3));
    rename_->installEventFilter(this);
    connect(rename_, &QLineEdit::returnPressed, this, [this] { finishRename(true); });
    rename_->show();
    rename_->setFocus();
    rename_->selectAll();
    update();
}

void TaughtClassRow::finishRename(bool keep) {
    if (!rename_) return;
    const QString name = rename_->text().simplified();
    if (keep && name_taken_(name, view_.id)) {
        QToolTip::showText(rename_->mapToGlobal(QPoint(0, rename_->height())),
                           tr("There is another class called so. To make them one, use "
                              "\u201cMerge into\u201d in the menu of the class."),
                           rename_);
        return;
    }
    const bool had_focus = rename_->hasFocus();
    QLineEdit* editor = std::exchange(rename_, nullptr);
    editor->removeEventFilter(this);
    editor->hide();
    editor->deleteLater();
    if (had_focus) setFocus(Qt::OtherFocusReason);
    update();
    if (keep && !name.isEmpty() && name != view_.name) {
        emit requests_.renameRequested(view_.id, name);
    }
}

bool TaughtClassRow::eventFilter(QObject* watched, QEvent* event) {
    if (watched == rename_) {
        if (event->type() == QEvent::KeyPress &&
            static_cast<QKeyEvent*>(event)->key() == Qt::Key_Escape) {
            finishRename(false);
            return true;
        }
        if (event->type() == QEvent::FocusOut &&
            static_cast<QFocusEvent*>(event)->reason() != Qt::PopupFocusReason) {
            finishRename(!name_taken_(rename_->text().simplified(), view_.id));
        }
    }
    if (watched == captures_ && event->type() == QEvent::FocusIn) emit becameCurrent();
    return QWidget::eventFilter(watched, event);
}

}  // namespace overfeat::ui
