#pragma once
#include "CKernelsAggregation.h"
