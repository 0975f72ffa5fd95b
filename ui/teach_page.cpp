// SPDX-License-Identifier: Apache-2.0
#include "ui/teach_page.h"

#include <QCompleter>
#include <QDropEvent>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QMenu>
#include <QMimeData>
#include <QPainter>
#include <QProgressBar>
#include <QPushButton>
#include <QStringListModel>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>
#include <utility>

#include "ui/icons.h"
#include "ui/section.h"
#include "ui/switch.h"
#include "ui/tab_order.h"
#include "ui/taught_class_row.h"
#include "ui/taught_list.h"
#include "ui/teach_menus.h"
#include "ui/teach_requests.h"
#include "ui/teach_sketch.h"
#include "ui/theme.h"

namespace overfeat::ui {

// Over the page while something is dragged there.
class DropPlate : public QWidget {
public:
    explicit DropPlate(QWidget* parent) : QWidget(parent) {
        setAttribute(Qt::WA_TransparentForMouseEvents);
        hide();
    }
    void setText(const QString& text) { text_ = text; }

protected:
    void paintEvent(QPaintEvent*) override {
        const Colours& c = colours(*this);
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        QColor cover = c.surface;
        cover.setAlphaF(0.92F);
        painter.fillRect(rect(), cover);
        painter.setPen(QPen(c.accent, 2, Qt::DashLine));
        painter.drawRoundedRect(QRectF(rect()).adjusted(6, 6, -6, -6), kRadius, kRadius);
        painter.setPen(c.text);
        painter.setFont(themeFont(TextSize::kBody));
        painter.drawText(rect().adjusted(24, 24, -24, -24),
                         static_cast<int>(Qt::AlignCenter) | Qt::TextWordWrap, text_);
    }

private:
    QString text_;
};

namespace {

constexpr int kNameShown = 24;  // so much of a name in a sentence

QToolButton* iconButton(Icon which, const QString& name, QWidget* parent) {
    auto* button = new QToolButton(parent);
    button->setIcon(icon(which));
    button->setIconSize(QSize(scaled(18), scaled(18)));
    button->setFixedSize(scaled(30), scaled(30));
    button->setAccessibleName(name);
    return button;
}

}  // namespace

TeachPage::TeachPage(TeachRequests& requests, QWidget* parent)
    : QWidget(parent), requests_(requests) {
    setAcceptDrops(true);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(spacing::kMedium, spacing::kSmall, spacing::kMedium,
                               spacing::kMedium);
    layout->setSpacing(spacing::kSmall);
    layout->addWidget(createNaming());
    layout->addWidget(separator(this));
    layout->addWidget(createLibrary(), 1);
    drop_plate_ = new DropPlate(this);
    setTeach({});
}

TeachPage::~TeachPage() = default;

QWidget* TeachPage::createNaming() {
    auto* part = new QWidget(this);
    what_to_do_ = paragraph({}, part);
    what_to_do_->setAccessibleName(tr("What to do"));
    // Two lines always: what is below must not move when the text changes.
    what_to_do_->setMinimumHeight(2 * what_to_do_->fontMetrics().lineSpacing());
    what_to_do_->setAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    name_ = new QLineEdit(part);
    name_->setPlaceholderText(tr("Name of the object"));
    name_->setAccessibleName(tr("Name of the object"));
    name_->setMaxLength(200);
    name_->setTextMargins(spacing::kTight, 0, spacing::kTight, 0);
    name_->installEventFilter(this);
    names_ = new QStringListModel(this);
    auto* completer = new QCompleter(names_, this);
    completer->setCaseSensitivity(Qt::CaseInsensitive);
    completer->setFilterMode(Qt::MatchContains);
    name_->setCompleter(completer);
    teach_button_ = new QPushButton(tr("Teach"), part);
    freeze_ = new QPushButton(part);
    only_taught_ = new Switch(tr("Only what I taught"), part);
    only_taught_->setToolTip(tr("Leaves out the classes the network was built with"));
    auto* naming = new QHBoxLayout;
    naming->setSpacing(spacing::kSmall);
    naming->addWidget(name_, 1);
    naming->addWidget(teach_button_);
    auto* looking = new QHBoxLayout;
    looking->setSpacing(spacing::kSmall);
    looking->addWidget(freeze_);
    looking->addStretch();
    looking->addWidget(only_taught_);
    auto* layout = new QVBoxLayout(part);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(spacing::kSmall);
    layout->addWidget(what_to_do_);
    layout->addLayout(naming);
    layout->addLayout(looking);
    connect(name_, &QLineEdit::textChanged, this, [this](const QString& text) {
        showWhatToDo();
        const TaughtClassView* known = classNamed(text.simplified());
        if (known) list_->setCurrent(list_->row(known->id));
    });
    connect(name_, &QLineEdit::returnPressed, this, &TeachPage::enterName);
    connect(teach_button_, &QPushButton::clicked, this, &TeachPage::enterName);
    connect(freeze_, &QPushButton::clicked, this, &TeachPage::freezeToggled);
    connect(only_taught_, &QCheckBox::clicked, this, [this](bool on) {
        only_taught_->setChecked(teach_.only_taught);  // until the program says that it is so
        emit requests_.onlyTaughtRequested(on);
    });
    setFrozen(false, false);
    return part;
}

QWidget* TeachPage::createLibrary() {
    auto* part = new QWidget(this);
    count_ = remark({}, part);
    count_->setWordWrap(false);
    notice_ = remark({}, part);
    progress_ = new QProgressBar(part);
    progress_->setRange(0, 100);
    progress_->setTextVisible(false);
    progress_->setFixedHeight(6);
    progress_->setAccessibleName(tr("Making the captures known to this network"));
    list_ = new TaughtList(requests_, part);
    sketch_ = new TeachSketch(part);
    undo_ = iconButton(Icon::kUndo, tr("Undo"), part);
    redo_ = iconButton(Icon::kRedo, tr("Redo"), part);
    import_ = new QPushButton(tr("Import\u2026"), part);
    import_->setToolTip(tr("Add the classes of a library file"));
    export_ = new QPushButton(tr("Export\u2026"), part);
    export_->setToolTip(tr("Save all classes with their captures as one file"));
    auto* header = new QHBoxLayout;
    header->addWidget(sectionTitle(tr("What it was taught"), part));
    header->addStretch();
    header->addWidget(count_);
    auto* files = new QHBoxLayout;
    files->setSpacing(spacing::kSmall);
    files->addWidget(undo_);
    files->addWidget(redo_);
    files->addStretch();
    files->addWidget(import_);
    files->addWidget(export_);
    auto* layout = new QVBoxLayout(part);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(spacing::kSmall);
    layout->addLayout(header);
    layout->addWidget(notice_);
    layout->addWidget(progress_);
    layout->addWidget(list_, 1);
    layout->addWidget(sketch_, 1);
    layout->addLayout(files);
    connect(undo_, &QToolButton::clicked, &requests_, &TeachRequests::undoRequested);
    connect(redo_, &QToolButton::clicked, &requests_, &TeachRequests::redoRequested);
    connect(import_, &QPushButton::clicked, this, &TeachPage::importLibrary);
    connect(export_, &QPushButton::clicked, this, [this] { exportLibrary({}); });
    connect(list_, &TaughtList::classMenuWanted, this, &TeachPage::showClassMenu);
    connect(list_, &TaughtList::captureMenuWanted, this,
            [this](const QString& id, const QStringList& captures, const QPoint& at) {
                auto* menu = new QMenu(this);
                fillCaptureMenu(*menu, teach_, {id, captures}, requests_);
                popUp(menu, at);
            });
    connect(list_, &TaughtList::colourMenuWanted, this,
            [this](const QString& id, const QPoint& at) {
                const TaughtClassView* of = classOf(id);
                if (!of) return;
                auto* menu = new QMenu(this);
                fillColourMenu(*menu, *of, requests_);
                popUp(menu, at);
            });
    connect(&requests_, &TeachRequests::splitRequested, this,
            [this](const QString&, const QStringList&, const QString& new_name) {
                renamed_when_there_ = new_name;
            });
    return part;
}

void TeachPage::popUp(QMenu* menu, const QPoint& at) {
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->popup(at);
}

void TeachPage::setTeach(const TeachView& teach) {
    teach_ = teach;
    list_->setTeach(teach_);
    QStringList names;
    for (const TaughtClassView& each : teach_.classes)
        names << each.name;
    if (names != names_->stringList()) names_->setStringList(names);
    showLibrary();
    showWhatToDo();
    if (renamed_when_there_.isEmpty()) return;
    if (const TaughtClassView* split_off = classNamed(renamed_when_there_)) {
        renamed_when_there_.clear();
        renameClass(split_off->id);
    }
}

void TeachPage::showLibrary() {
    int captures = 0;
    for (const TaughtClassView& each : teach_.classes)
        captures += each.capture_count;
    const auto classes = teach_.classes.size();
    const bool empty = classes == 0;
    count_->setText(empty ? QString()
                          : tr("%1, %2").arg(
                                classes == 1 ? tr("1 class") : tr("%1 classes").arg(classes),
                                captures == 1 ? tr("1 capture") : tr("%1 captures").arg(captures)));
    const bool working = teach_.progress >= 0;
    QStringList says;
    if (!teach_.notice.isEmpty()) says << teach_.notice;
    if (working) {
        says << tr("Making the captures known to this network: %1 %")
                    .arg(std::lround(std::clamp(teach_.progress, 0.0, 1.0) * 100));
    }
    notice_->setText(says.join(QLatin1Char(' ')));
    notice_->setVisible(!says.isEmpty());
    progress_->setVisible(working);
    progress_->setValue(static_cast<int>(std::lround(std::clamp(teach_.progress, 0.0, 1.0) * 100)));
    list_->setVisible(!empty);
    sketch_->setVisible(empty);
    only_taught_->setChecked(teach_.only_taught);
    only_taught_->setEnabled(!empty || teach_.only_taught);
    const bool can_undo = !teach_.undo_text.isEmpty() && !teach_.read_only;
    const bool can_redo = !teach_.redo_text.isEmpty() && !teach_.read_only;
    undo_->setEnabled(can_undo);
    redo_->setEnabled(can_redo);
    const auto tip = [](const QString& what) {
        return QStringLiteral("<qt>%1</qt>").arg(what.toHtmlEscaped());
    };
    undo_->setToolTip(can_undo ? tip(tr("Undo: %1 (Ctrl+Z)").arg(teach_.undo_text))
                               : tr("Nothing to undo"));
    redo_->setToolTip(can_redo ? tip(tr("Redo: %1 (Ctrl+Shift+Z)").arg(teach_.redo_text))
                               : tr("Nothing to redo"));
    import_->setEnabled(!teach_.read_only);
    export_->setEnabled(!empty);
}

QString TeachPage::problem() const {
    if (!teach_.problem.isEmpty()) return teach_.problem;
    if (teach_.read_only) return tr("The library can only be read: nothing can be taught.");
    if (box_ == TeachableBox::kNoPicture) {
        return tr("Choose a source above first: a camera, a video or a picture.");
    }
    return {};
}

// One line: the next thing to do, or why nothing can be done.
void TeachPage::showWhatToDo() {
    const QString why_not = problem();
    const QString name = name_->text().simplified();
    const TaughtClassView* known = classNamed(name);
    const bool drawn = box_ == TeachableBox::kDrawn;
    QString text;
    if (!why_not.isEmpty()) {
        text = why_not;
    } else if (name.isEmpty()) {
        text = drawn ? tr("Now type what is in the box, and press Enter.")
                     : tr("Draw a box around an object in the picture.");
    } else if (known) {
        text = (drawn ? tr("Enter adds what is in the box to \u201c%1\u201d.")
                      : tr("Enter adds what is in the dashed box to \u201c%1\u201d."))
                   .arg(known->name.left(kNameShown));
    } else {
        text = (drawn ? tr("Enter teaches \u201c%1\u201d.")
                      : tr("Enter teaches what is in the dashed box as \u201c%1\u201d."))
                   .arg(name.left(kNameShown));
    }
    if (drawn && why_not.isEmpty() && !teach_.box_hint.isEmpty()) {
        text += QLatin1Char(' ') + teach_.box_hint;
    }
    what_to_do_->setText(text);
    teach_button_->setText(known ? tr("Add") : tr("Teach"));
    teach_button_->setEnabled(why_not.isEmpty() && !name.isEmpty());
    teach_button_->setToolTip(!why_not.isEmpty() ? why_not
                              : name.isEmpty()   ? tr("It needs a name first.")
                                                 : QString());
}

void TeachPage::enterName() {
    const QString name = name_->text().simplified();
    if (name.isEmpty() || !problem().isEmpty()) return;
    emit nameEntered(name);
}

void TeachPage::setSimilarities(const std::vector<TaughtSimilarity>& similarities) {
    list_->setSimilarities(similarities);
}

void TeachPage::setBox(TeachableBox box) {
    if (box == box_) return;
    box_ = box;
    showWhatToDo();
}

void TeachPage::setFrozen(bool frozen, bool can_freeze) {
    // Comes with every frame.
    if (frozen == frozen_ && can_freeze == can_freeze_) return;
    frozen_ = frozen;
    can_freeze_ = can_freeze;
    freeze_->setText(frozen ? tr("Live") : tr("Freeze"));
    freeze_->setIcon(icon(frozen ? Icon::kPlay : Icon::kPause));
    freeze_->setEnabled(can_freeze);
    freeze_->setToolTip(!can_freeze ? tr("Only what moves can be frozen.")
                        : frozen    ? tr("Let the picture move again (F)")
                                    : tr("Let the picture stand still (F)"));
}

const TaughtClassView* TeachPage::classAt(std::size_t row) const {
    return row < list_->rows().size() ? &list_->rows()[row]->view() : nullptr;
}

const TaughtClassView* TeachPage::classOf(const QString& class_id) const {
    const auto found = std::ranges::find(teach_.classes, class_id, &TaughtClassView::id);
    return found == teach_.classes.end() ? nullptr : &*found;
}

const TaughtClassView* TeachPage::classNamed(const QString& name) const {
    const auto found = std::ranges::find_if(teach_.classes, [&](const TaughtClassView& each) {
        return each.name.compare(name, Qt::CaseInsensitive) == 0;
    });
    return found == teach_.classes.end() ? nullptr : &*found;
}

void TeachPage::focusName(const QString& text) {
    if (!text.isEmpty()) name_->setText(text);
    focusVisibly(*name_, Qt::ShortcutFocusReason);
    name_->selectAll();
}

void TeachPage::clearName() {
    name_->clear();
}

void TeachPage::renameClass(const QString& class_id) {
    if (TaughtClassRow* row = list_->row(class_id)) {
        list_->setCurrent(row);
        row->rename();
    }
}

void TeachPage::showClassMenu(const QString& class_id, const QPoint& at) {
    const TaughtClassView* of = classOf(class_id);
    if (!of) return;
    auto* menu = new QMenu(this);
    const auto add = [&](const QString& text, bool enabled, auto&& what) {
        QAction* action = menu->addAction(text);
        action->setEnabled(enabled);
        connect(action, &QAction::triggered, this, std::forward<decltype(what)>(what));
    };
    const bool writable = !teach_.read_only;
    add(tr("Add a capture"), problem().isEmpty(),
        [this, class_id] { emit captureWanted(class_id); });
    add(tr("Rename"), writable, [this, class_id] { renameClass(class_id); });
    QMenu* colour_menu = menu->addMenu(tr("Colour"));
    fillColourMenu(*colour_menu, *of, requests_);
    colour_menu->menuAction()->setEnabled(writable);
    add(tr("Automatic threshold"), writable && !of->threshold_is_automatic,
        [this, class_id] { emit requests_.thresholdRequested(class_id, std::nullopt); });
    menu->addSeparator();
    if (writable) {
        addClassChoice(*menu, tr("Merge into"), teach_, class_id,
                       [this, class_id](const QString& into) {
                           emit requests_.mergeRequested(class_id, into);
                       });
    }
    add(tr("Export\u2026"), true, [this, class_id] { exportLibrary({class_id}); });
    menu->addSeparator();
    add(tr("Delete"), writable,
        [this, class_id] { emit requests_.deleteClassRequested(class_id); });
    popUp(menu, at);
}

void TeachPage::importLibrary() {
    auto* dialog = new QFileDialog(this, tr("Import taught classes"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QDialog::accepted, this, [this, dialog] {
        for (const QUrl& url : dialog->selectedUrls())
            emit requests_.importRequested(url);
    });
    dialog->open();
}

void TeachPage::exportLibrary(const QStringList& class_ids) {
    auto* dialog = new QFileDialog(
        this, class_ids.isEmpty() ? tr("Export all taught classes") : tr("Export a taught class"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::AnyFile);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(kLibrarySuffix);
    connect(dialog, &QDialog::accepted, this, [this, dialog, class_ids] {
        for (const QUrl& url : dialog->selectedUrls())
            emit requests_.exportRequested(url, class_ids);
    });
    dialog->open();
}

bool TeachPage::eventFilter(QObject* watched, QEvent* event) {
    if (watched == name_ && event->type() == QEvent::KeyPress &&
        static_cast<QKeyEvent*>(event)->key() == Qt::Key_Escape && !name_->text().isEmpty()) {
        name_->clear();
        return true;
    }
    return QWidget::eventFilter(watched, event);
}

void TeachPage::dragEnterEvent(QDragEnterEvent* event) {
    if (!event->mimeData()->hasUrls() || teach_.read_only) return;
    event->setDropAction(Qt::CopyAction);
    event->accept();
    const QString name = name_->text().simplified();
    drop_plate_->setText(
        name.isEmpty()
            ? tr("Drop pictures or folders as examples: the name of a folder is the name"
                 " of its class.")
            : tr("Drop pictures as examples of \u201c%1\u201d.").arg(name.left(kNameShown)));
    drop_plate_->setGeometry(rect());
    drop_plate_->raise();
    drop_plate_->show();
}

void TeachPage::dragLeaveEvent(QDragLeaveEvent* event) {
    drop_plate_->hide();
    QWidget::dragLeaveEvent(event);
}

void TeachPage::dropEvent(QDropEvent* event) {
    drop_plate_->hide();
    if (!event->mimeData()->hasUrls()) return;
    event->setDropAction(Qt::CopyAction);
    event->accept();
    emit requests_.examplesDropped(event->mimeData()->urls(), name_->text().simplified());
    clearName();
}

void TeachPage::resizeEvent(QResizeEvent* event) {
    drop_plate_->setGeometry(rect());
    QWidget::resizeEvent(event);
}

}  // namespace overfeat::ui
