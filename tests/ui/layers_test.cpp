// SPDX-License-Identifier: Apache-2.0
//
// Looking into the layers of a network: list, mosaic, and one channel over the picture.
#include <gtest/gtest.h>

#include <QApplication>
#include <QLabel>
#include <QMouseEvent>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/ui/synthetic.h"
#include "ui/colour_map.h"
#include "ui/layer_inspector.h"
#include "ui/layer_mosaic.h"
#include "ui/layer_picture.h"
#include "ui/layer_table.h"
#include "ui/live_view.h"
#include "ui/main_window.h"
#include "ui/network_page.h"
#include "ui/side_panel.h"

namespace overfeat::ui {
namespace {

constexpr SizePx kFrame{320, 240};

// 4x3 cells over the frame; the cell number times the channel's, from `first` on.
std::shared_ptr<LayerMaps> mapsOf(const std::string& name, std::size_t channels,
                                  std::size_t first = 0) {
    auto maps = std::make_shared<LayerMaps>();
    maps->name = name;
    maps->channels = channels;
    maps->first_channel = first;
    maps->cells = {4, 3};
    maps->first_cell_px = {0, 0, 80, 80};
    for (std::size_t channel = first; channel < std::min(channels, first + 64); ++channel) {
        for (int cell = 0; cell < 12; ++cell)
            maps->values.push_back(static_cast<float>(cell) * static_cast<float>(channel));
    }
    return maps;
}

ModelView modelOf(const QString& name) {
    ModelView model;
    model.name = name;
    model.layers = {
        {.name = "stem", .node = "conv_0", .op = "Conv 3x3/2", .shape = "8 x 112 x 112"},
        {.name = "head", .node = "conv_1", .op = "Conv 1x1", .shape = "100 x 7 x 7"}};
    return model;
}

TEST(LayerPicture, ZeroIsAlwaysAmongTheColours) {
    const std::vector<float> positive{2, 5};
    EXPECT_EQ(channelRange(positive).low, 0);
    EXPECT_EQ(channelRange(positive).high, 5);
    const std::vector<float> negative{-2, -5};
    EXPECT_EQ(channelRange(negative).low, -5);
    EXPECT_EQ(channelRange(negative).high, 0);
    const std::vector<float> odd{std::numeric_limits<float>::quiet_NaN(), 3,
                                 std::numeric_limits<float>::infinity()};
    EXPECT_EQ(channelRange(odd).high, 3);
}

TEST(LayerPicture, HasOnePixelForACellInTheColoursOfScores) {
    const auto maps = mapsOf("stem", 3);
    const QImage picture = channelPicture(*maps, 2, false);
    ASSERT_EQ(picture.size(), QSize(4, 3));
    EXPECT_EQ(picture.pixel(0, 0),
              qRgb(qRed(colourMap().at(0)), qGreen(colourMap().at(0)), qBlue(colourMap().at(0))));
    EXPECT_EQ(picture.pixelColor(3, 2), scoreColour(1));
    EXPECT_EQ(qAlpha(channelPicture(*maps, 2, true).pixel(0, 0)), 0) << "what is low stays clear";
    EXPECT_EQ(channelPicture(*maps, 0, false).pixelColor(3, 2), picture.pixelColor(0, 0))
        << "a channel that says nothing is dark";
}

TEST(LayerPicture, CellsAreFoundByTheirPlaceInTheFrame) {
    const auto maps = mapsOf("stem", 3);
    EXPECT_EQ(cellAt(*maps, {0, 0}), (CellIndex{0, 0}));
    EXPECT_EQ(cellAt(*maps, {319.9, 239.9}), (CellIndex{2, 3}));
    EXPECT_EQ(cellAt(*maps, {79.9, 80}), (CellIndex{1, 0}));
    EXPECT_FALSE(cellAt(*maps, {320, 10}));
    EXPECT_FALSE(cellAt(*maps, {-0.1, 10}));
    EXPECT_FALSE(cellAt(LayerMaps(), {0, 0}));
    EXPECT_EQ(valueAt(*maps, 2, {2, 3}), 22);
}

class LayersTest : public ::testing::Test {
protected:
    void SetUp() override {
        window_.resize(1280, 900);
        window_.show();
        ASSERT_TRUE(QTest::qWaitForWindowExposed(&window_, 5000));
        window_.setModel(modelOf("one"));
        QObject::connect(&page_, &NetworkPage::layerWanted, &page_,
                         [this](const std::optional<LayerLook>& look) { wanted_.push_back(look); });
    }
    void choose(int row) {
        auto* table = window_.findChild<LayerTable*>();
        table->setCurrentIndex(table->model()->index(row, 0));
    }
    // A result with these maps.
    void show(const std::shared_ptr<LayerMaps>& maps) {
        const auto frame = test::plainFrame(kFrame, 90, ++frames_);
        const auto result =
            test::syntheticRecognition(kFrame, {{1, {100, 100}, 40, 0.8F}}, {}, frames_);
        result->layer = maps;
        window_.setFrame(frame);
        window_.setRecognition(result, frame);
    }
    void click(std::size_t channel) {
        LayerMosaic& mosaic = page_.inspector().mosaic();
        QTest::mouseClick(&mosaic, Qt::LeftButton, {}, mosaic.tile(channel).center());
    }
    bool says(const QString& part) {
        for (const QLabel* label : page_.inspector().findChildren<QLabel*>())
            if (label->text().contains(part)) return true;
        return false;
    }
    QToolButton* button(const QString& name) {
        for (auto* each : page_.inspector().findChildren<QToolButton*>())
            if (each->accessibleName() == name) return each;
        return nullptr;
    }

    std::vector<std::optional<LayerLook>> wanted_;  // the window still says so when it goes
    MainWindow window_;
    NetworkPage& page_ = window_.networkPage();
    std::uint64_t frames_ = 0;
};

TEST_F(LayersTest, TheListSaysNamesAndShapesBeforeAnythingIsMeasured) {
    const QAbstractItemModel* rows = window_.findChild<LayerTable*>()->model();
    ASSERT_EQ(rows->rowCount(), 2);
    EXPECT_EQ(rows->index(0, LayerTable::kName).data().toString(), "stem");
    EXPECT_EQ(rows->index(1, LayerTable::kShape).data().toString(), "100 x 7 x 7");
    EXPECT_EQ(rows->index(0, LayerTable::kTime).data().toString(), "");
}

// Whatever bytes a file calls its layers by: a person reads none that drives a terminal or turns
// the text around, and the network is asked for the name as it is.
TEST_F(LayersTest, NamesOfAnyKindAreReadableAndAskedForAsTheyAre) {
    const std::string name = "\xD1\x81\xD0\xBB\xD0\xBE\xD0\xB9\x1b[2J\n<b>\xE2\x80\xAE\xFF";
    const QString readable = QStringLiteral("\u0441\u043b\u043e\u0439[2J<b>?");
    ModelView model = modelOf("odd");
    model.layers[0].name = layerId(name);
    window_.setModel(model);
    window_.findChild<SidePanel*>()->setCurrentPage(kNetworkPage);
    const QAbstractItemModel* rows = window_.findChild<LayerTable*>()->model();
    EXPECT_EQ(rows->index(0, LayerTable::kName).data().toString(), readable);
    EXPECT_TRUE(rows->index(0, LayerTable::kName)
                    .data(Qt::ToolTipRole)
                    .toString()
                    .contains(readable.toHtmlEscaped() + "<br>"));
    choose(0);
    ASSERT_EQ(wanted_.size(), 1U);
    EXPECT_EQ(wanted_.back(), (LayerLook{.name = name, .first_channel = 0}));
    EXPECT_TRUE(says(readable));
    show(mapsOf(name, 8));
    EXPECT_TRUE(says("8 channels"));
}

TEST_F(LayersTest, TimesGoToTheirLayersAndAnotherNetworkHasNone) {
    page_.setLayerTimings({{.node = "conv_1", .op = "Conv", .implementation = "x", .ms = 1.5},
                           {.node = "reorder", .op = "Reorder", .implementation = "x", .ms = 2}});
    const QAbstractItemModel* rows = window_.findChild<LayerTable*>()->model();
    ASSERT_EQ(rows->rowCount(), 3) << "what the program does besides is a row, too";
    EXPECT_EQ(rows->index(0, LayerTable::kTime).data().toString(), "");
    EXPECT_EQ(rows->index(1, LayerTable::kTime).data().toString(), QLocale().toString(1.5, 'f', 2));
    EXPECT_EQ(rows->index(2, LayerTable::kName).data().toString(), "reorder");
    window_.setModel(modelOf("two"));
    EXPECT_EQ(rows->rowCount(), 2);
    EXPECT_EQ(rows->index(1, LayerTable::kTime).data().toString(), "");
}

TEST_F(LayersTest, ALayerIsOnlyAskedForWhileItIsSeen) {
    window_.findChild<SidePanel*>()->setCurrentPage(kNetworkPage);
    choose(1);
    ASSERT_EQ(wanted_.size(), 1U);
    EXPECT_EQ(wanted_.back(), (LayerLook{.name = "head", .first_channel = 0}));
    window_.findChild<SidePanel*>()->setCurrentPage(kSeePage);
    ASSERT_EQ(wanted_.size(), 2U);
    EXPECT_EQ(wanted_.back(), std::nullopt);
    window_.findChild<SidePanel*>()->setCurrentPage(kNetworkPage);
    EXPECT_EQ(wanted_.size(), 3U);
    button("Close the layer")->click();
    EXPECT_EQ(wanted_.back(), std::nullopt);
    EXPECT_FALSE(page_.inspector().isVisible());
}

TEST_F(LayersTest, AChannelLiesOverThePictureUntilItIsClickedAgain) {
    window_.findChild<SidePanel*>()->setCurrentPage(kNetworkPage);
    choose(0);
    show(mapsOf("stem", 8));
    LiveView& view = window_.liveView();
    EXPECT_FALSE(view.showsChannel());
    click(5);
    EXPECT_TRUE(view.showsChannel());
    const QPoint last = view.geometry().toWidget(PointPx{300, 200}).toPoint();
    const QColor there = view.grab().toImage().pixelColor(last);
    EXPECT_GT(there.red(), there.blue() + 30) << "the highest value, in the colour of high scores";
    window_.findChild<SidePanel*>()->setCurrentPage(kSeePage);
    EXPECT_EQ(wanted_.back(), (LayerLook{.name = "stem", .first_channel = 0}))
        << "it is seen over the picture";
    window_.findChild<SidePanel*>()->setCurrentPage(kNetworkPage);
    click(5);
    EXPECT_FALSE(view.showsChannel());
}

TEST_F(LayersTest, EscapeTakesTheChannelAway) {
    window_.findChild<SidePanel*>()->setCurrentPage(kNetworkPage);
    choose(0);
    show(mapsOf("stem", 8));
    click(5);
    ASSERT_TRUE(window_.liveView().showsChannel());
    window_.findChild<SidePanel*>()->setCurrentPage(kSeePage);
    QTest::keyClick(&window_, Qt::Key_Escape);
    EXPECT_FALSE(window_.liveView().showsChannel());
    EXPECT_EQ(wanted_.back(), std::nullopt) << "nobody sees the layer any more";
}

// Another network may have a layer of the same name, with fewer channels.
TEST_F(LayersTest, AnotherNetworkIsLookedIntoFromItsFirstChannel) {
    window_.findChild<SidePanel*>()->setCurrentPage(kNetworkPage);
    choose(1);
    show(mapsOf("head", 100));
    button("Channels after these")->click();
    ASSERT_EQ(wanted_.back(), (LayerLook{.name = "head", .first_channel = 64}));
    show(mapsOf("head", 100, 64));
    click(70);
    ASSERT_TRUE(window_.liveView().showsChannel());
    window_.setModel(modelOf("one"));  // its device, say, is another one
    EXPECT_EQ(wanted_.back(), (LayerLook{.name = "head", .first_channel = 64}));
    ModelView other = modelOf("other");
    other.layers[1].shape = "40 x 7 x 7";
    window_.setModel(other);
    EXPECT_EQ(wanted_.back(), (LayerLook{.name = "head", .first_channel = 0}));
    EXPECT_FALSE(page_.inspector().mosaic().channel());
    EXPECT_FALSE(window_.liveView().showsChannel());
}

TEST_F(LayersTest, TheValueUnderThePointerIsSaid) {
    window_.findChild<SidePanel*>()->setCurrentPage(kNetworkPage);
    choose(0);
    show(mapsOf("stem", 8));
    LayerMosaic& mosaic = page_.inspector().mosaic();
    const QPointF at = mosaic.tile(3).bottomRight() - QPoint(2, 2);
    QMouseEvent move(QEvent::MouseMove, at, mosaic.mapToGlobal(at), Qt::NoButton, Qt::NoButton,
                     Qt::NoModifier);
    QApplication::sendEvent(&mosaic, &move);
    EXPECT_TRUE(says("channel 3: 33 at row 2, column 3"));
    show(mapsOf("stem", 8));
    EXPECT_TRUE(says("channel 3: 33")) << "the pointer rests while pictures come";
}

TEST_F(LayersTest, ThousandsOfChannelsAreTurnedLikePages) {
    window_.findChild<SidePanel*>()->setCurrentPage(kNetworkPage);
    choose(1);
    show(mapsOf("head", 100));
    EXPECT_TRUE(says("Channels 0 to 63 of 100"));
    EXPECT_FALSE(button("Channels before these")->isEnabled());
    click(7);
    button("Channels after these")->click();
    EXPECT_EQ(wanted_.back(), (LayerLook{.name = "head", .first_channel = 64}));
    EXPECT_FALSE(window_.liveView().showsChannel()) << "it is of the page before";
    show(mapsOf("head", 100, 64));
    EXPECT_TRUE(says("Channels 64 to 99 of 100"));
    EXPECT_FALSE(button("Channels after these")->isEnabled());
}

TEST_F(LayersTest, AnotherNetworkWithoutThatLayerClosesIt) {
    window_.findChild<SidePanel*>()->setCurrentPage(kNetworkPage);
    choose(1);
    show(mapsOf("head", 8));
    click(2);
    ModelView other = modelOf("two");
    other.layers.pop_back();
    window_.setModel(other);
    EXPECT_EQ(wanted_.back(), std::nullopt);
    EXPECT_FALSE(window_.liveView().showsChannel());
}

TEST_F(LayersTest, MapsOfAnotherLayerAreNotShown) {
    window_.findChild<SidePanel*>()->setCurrentPage(kNetworkPage);
    choose(1);
    show(mapsOf("stem", 8));
    EXPECT_EQ(page_.inspector().mosaic().maps(), nullptr);
    EXPECT_TRUE(says("Waiting"));
}

TEST_F(LayersTest, WhyThereAreNoneIsSaid) {
    window_.findChild<SidePanel*>()->setCurrentPage(kNetworkPage);
    choose(1);
    auto none = std::make_shared<LayerMaps>();
    none->name = "head";
    none->problem = "No map of <b>channels</b>.";
    show(none);
    EXPECT_TRUE(says("No map of <b>channels</b>."));
}

TEST_F(LayersTest, ChannelsByTheKeyboard) {
    window_.findChild<SidePanel*>()->setCurrentPage(kNetworkPage);
    choose(0);
    show(mapsOf("stem", 8));
    LayerMosaic& mosaic = page_.inspector().mosaic();
    QTest::keyClick(&mosaic, Qt::Key_Return);
    EXPECT_EQ(mosaic.channel(), 0U);
    QTest::keyClick(&mosaic, Qt::Key_Right);
    QTest::keyClick(&mosaic, Qt::Key_Down);
    EXPECT_EQ(mosaic.channel(), 4U) << "three columns for eight channels";
    EXPECT_TRUE(window_.liveView().showsChannel());
    QTest::keyClick(&mosaic, Qt::Key_Return);
    EXPECT_EQ(mosaic.channel(), std::nullopt);
}

TEST_F(LayersTest, TheSnapshotShowsTheChannel) {
    window_.findChild<SidePanel*>()->setCurrentPage(kNetworkPage);
    choose(0);
    show(mapsOf("stem", 8));
    click(5);
    const QImage with = window_.snapshot(true);
    EXPECT_NE(with.pixelColor(300, 200), window_.snapshot(false).pixelColor(300, 200));
    EXPECT_EQ(with.size(), QSize(kFrame.width, kFrame.height));
}

}  // namespace
}  // namespace overfeat::ui
