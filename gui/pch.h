// Headers that nearly every file of the window includes.
#pragma once
#include "cmake/pch.h"

#include <QAbstractItemModel>
#include <QApplication>
#include <QBoxLayout>
#include <QPainter>
#include <QPointer>
#include <QWidget>
