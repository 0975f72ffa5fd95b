// SPDX-License-Identifier: Apache-2.0
#pragma once

// Names of the widgets that the window arranges, for headers that hold pointers to them only.
class QAction;
class QActionGroup;
class QMenu;

namespace overfeat::ui {

class BoxesPage;
class LiveView;
class MessageStack;
class NetworkPage;
class PlayerBar;
class SeePage;
class SidePanel;
class SourceBar;
class StatusStrip;
class TeachPage;
class Teaching;
class TeachRequests;

}  // namespace overfeat::ui
